"""Where no replica is launched any more, no page promises one."""

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.models import Deployment

PROMISE = "ontroller looks every 15 s"


def pages(client: Client, deployment: Deployment) -> list[str]:
    addresses = ("/fleet/", reverse("fleet:deployment", args=[deployment.pk]))
    return [client.get(each).content.decode() for each in addresses]


def give_up(deployment: Deployment) -> None:
    stopped = {"launches_stopped_at": timezone.now(), "launches_stopped_reason": "crash"}
    Deployment.objects.filter(pk=deployment.pk).update(**stopped)


def test_one_that_waits_is_promised_a_pod(operator: Client, deployment: Deployment):
    assert all(PROMISE in page for page in pages(operator, deployment))


def test_one_that_was_given_up_is_promised_nothing(
    operator: Client, deployment: Deployment
):
    give_up(deployment)

    for page in pages(operator, deployment):
        assert PROMISE not in page
        assert "by itself until somebody tries again" in page
        assert f"/actions/plan/start/?deployment={deployment.slug}&amp;replicas=1" in page
