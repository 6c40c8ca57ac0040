from datetime import timedelta

from django.test import Client
from django.utils import timezone

from fleet.models import Deployment
from tests.factories import make_pod


def creating(deployment: Deployment, *, seconds: int) -> None:
    sent = timezone.now() - timedelta(seconds=seconds)
    make_pod(
        deployment=deployment,
        status="creating",
        provider_id="",
        requested_at=sent,
        sent_at=sent,
        status_since=sent,
    )


def test_after_a_minute_the_page_says_that_the_pod_may_exist_and_bill(
    operator: Client, deployment: Deployment
):
    creating(deployment, seconds=60)

    page = operator.get("/fleet/").content.decode()

    assert "not answered" in page and "the pod may exist and be billed" in page


def test_a_fresh_create_is_just_being_created(operator: Client, deployment: Deployment):
    creating(deployment, seconds=5)

    assert "not answered" not in operator.get("/fleet/").content.decode()
