"""The page of a spot deployment: where its replicas are, and what interruptions cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.models import Deployment, PodStatus
from fleet.selectors.spot import reloads_of, spot_shown
from tests.factories import make_deployment, make_pod, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def deployment(settings, now) -> Deployment:
    """Taken once after ten hours; what stands in on demand took six minutes to serve."""
    settings.PROVIDER_NAME, settings.SPOT_PROVIDER_NAME = "runpod", "spotmarket"
    row = make_deployment(
        rental_kind="spot",
        max_spot_usd_per_gpu_hour=Decimal("0.40"),
        on_demand_fallback=True,
        replicas=1,
        container_disk_gb=0,
    )
    taken = now - timedelta(hours=1)
    make_pod(
        deployment=row,
        provider="spotmarket",
        status=PodStatus.TERMINATED,
        requested_at=taken - timedelta(hours=10),
        billed_from=taken - timedelta(hours=10),
        billed_until=taken,
        interrupted_at=taken,
    )
    make_pod(
        deployment=row,
        requested_at=taken,
        billed_from=taken,
        ready_at=taken + timedelta(minutes=6),
        usd_per_pod_hour=Decimal("0.74"),
    )
    return row


def page_of(deployment: Deployment, client: Client) -> str:
    address = reverse("fleet:deployment", args=[deployment.pk])
    return client.get(address).content.decode()


def test_it_counts_replicas_interruptions_and_the_reload(deployment, now):
    shown = spot_shown(deployment, now=now)

    assert shown is not None
    assert (shown.on_spot, shown.standing_in) == (0, 1)
    assert (shown.interruptions, shown.pod_hours) == (1, 10)
    assert shown.per_hour == Decimal("0.1")
    assert (shown.reloads, shown.reload_usd) == (1, Decimal("0.074"))


def test_the_page_says_it_with_its_source(deployment, client):
    client.force_login(make_user())
    page = page_of(deployment, client)

    assert "0 on spot, 1 on demand in their place" in page
    assert "On demand, because spot does not list this GPU" in page
    assert "1 in the last 7 days, in 10 pod-hours on spot" in page
    assert "rent of 1 start that followed an interruption" in page


def test_a_deployment_of_another_rental_has_no_such_card(client):
    client.force_login(make_user())
    assert 'id="spot"' not in page_of(make_deployment(), client)


def test_one_start_is_the_reload_of_one_interruption_only(deployment, now):
    make_pod(
        deployment=deployment,
        provider="spotmarket",
        requested_at=now - timedelta(hours=3),
        interrupted_at=now - timedelta(hours=2),
        status=PodStatus.TERMINATED,
    )
    pods = list(deployment.pods.order_by("requested_at"))

    assert len(reloads_of(pods)) == 1
