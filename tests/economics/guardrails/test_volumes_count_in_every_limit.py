"""A volume of 7,300 GB at $0.05 per GB-month is $0.50/h; it is billed from 02:00."""

from decimal import Decimal

import pytest

from economics.selectors.guardrails.world import read_world
from economics.services.accrual import accrue
from fleet.models import NetworkVolume, ResourceStatus
from tests.economics.guardrails.story import NOW
from tests.economics.services.rows import DAY, at

pytestmark = pytest.mark.django_db
SPENT = Decimal("5.00")  # ten hours, 02:00 to 12:00


@pytest.fixture(autouse=True)
def volume(deployment) -> NetworkVolume:
    return NetworkVolume.objects.create(
        deployment=deployment,
        name="kerne-demo-glm-5-volume-1",
        status=ResourceStatus.LIVE,
        status_since=at(2),
        requested_at=at(2),
        provider="runpod",
        provider_id="vol1",
        data_center_id="EU-1",
        size_gb=7_300,
        billed_from=at(2),
    )


def spent(deployment) -> Decimal:
    world = read_world(now=NOW)
    return world.spent([deployment.pk], since=DAY).quantize(Decimal("0.01"))


def test_it_counts_before_a_line_is_booked_and_once_afterwards(deployment):
    before = spent(deployment)
    accrue(now=NOW)

    assert (before, spent(deployment)) == (SPENT, SPENT)


def test_it_counts_in_the_rate_of_its_fleet_and_of_all(deployment):
    world = read_world(now=NOW)

    assert world.rate(deployment.fleet_id) == Decimal("0.5")
    assert world.rate(None) == Decimal("0.5")


def test_an_ended_one_costs_no_more(deployment, volume):
    NetworkVolume.objects.update(status=ResourceStatus.ENDED, billed_until=at(4))

    assert spent(deployment) == Decimal("1.00")
    assert read_world(now=NOW).rate(deployment.fleet_id) == 0


def test_play_money_is_another_matter(deployment):
    deployment.fleet.simulated = True
    deployment.fleet.save()

    assert read_world(now=NOW).money.spent == {}
