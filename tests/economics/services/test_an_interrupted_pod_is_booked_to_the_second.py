"""A pod of the sandbox's spot market, over real HTTP: its notice, its end, its money."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from economics.models import CostLine
from economics.services.billing import read_billing
from fleet.models import Orphan, Pod, PodStatus
from fleet.providers.sandbox_spot import SpotMarketProvider
from fleet.services import cloud_list, termination
from tests.clock import Clock, at
from tests.economics.services.bills import booked
from tests.factories import make_deployment, make_pod
from tests.sandbox.harness import KEY, Sandbox, pod_body, settings_for

pytestmark = pytest.mark.django_db
MICRO = Decimal("0.000001")


@pytest.fixture
def sandbox(tmp_path: Path):
    terms = settings_for(tmp_path / "state", spot_interruptions_per_hour=0.0)
    running = Sandbox(terms, Clock(at(10))).start()
    yield running
    running.stop()


@pytest.fixture
def market(sandbox: Sandbox) -> SpotMarketProvider:
    return SpotMarketProvider(sandbox_url=sandbox.url, api_key=KEY)


@pytest.fixture
def rented(sandbox: Sandbox) -> Pod:
    """A pod that really runs at the market, as the console's row has it."""
    made = sandbox.ask("POST", "/spot/v2/pods", pod_body(), status=201)
    return make_pod(
        deployment=make_deployment(replicas=1, created_at=at(9)),
        name=made["name"],
        provider="spotmarket",
        provider_id=made["id"],
        billed_from=at(10),
        usd_per_pod_hour=Decimal(str(made["cost"])),
        container_disk_gb=made["disk"],
    )


def end_of(pod: Pod, market: SpotMarketProvider, clock: Clock) -> Pod:
    """Drive its end as reconcile does; the row afterwards."""
    row = Pod.objects.select_related("deployment").get(pk=pod.pk)
    termination.drive_terminations(
        [row], provider=market, clock=clock, last_scrape=len, troubles=[]
    )
    return Pod.objects.get(pk=pod.pk)


def test_a_noticed_interruption_is_booked_as_it_was_charged(sandbox, market, rented):
    clock = sandbox.clock
    clock.forward(minutes=7, seconds=13)
    sandbox.ask("POST", "/spot/sandbox/faults", {"kind": "interrupt"}, status=201)
    clock.forward(seconds=2)

    done = cloud_list.compare(provider=market, now=clock.now)
    assert done.interrupted == [rented.name]
    assert end_of(rented, market, clock).status == PodStatus.TERMINATING
    clock.forward(seconds=30)
    row = end_of(rented, market, clock)

    assert row.status == PodStatus.TERMINATED
    assert row.billed_until == at(10, 7, 18)
    clock.forward(hours=2)
    done = read_billing(provider=market, now=clock.now)
    assert done.corrected == 0
    billed = market.billing(at(0), at(23), bucket="hour")
    assert abs(booked() - sum(each.total_usd for each in billed)) <= MICRO


def test_one_that_nobody_saw_is_an_upper_bound_that_the_bill_corrects(
    sandbox, market, rented
):
    clock = sandbox.clock
    clock.forward(minutes=7, seconds=13)
    sandbox.ask("POST", "/spot/sandbox/faults", {"kind": "interrupt"}, status=201)
    clock.forward(seconds=60)
    for _ in range(2):
        cloud_list.compare(provider=market, now=clock.now)

    row = Pod.objects.get(pk=rented.pk)
    assert row.status == PodStatus.TERMINATED
    assert row.interrupted_at == row.billed_until == clock.now
    clock.forward(hours=2)
    read_billing(provider=market, now=clock.now)

    billed = market.billing(at(0), at(23), bucket="hour")
    assert abs(booked() - sum(each.total_usd for each in billed)) <= MICRO
    assert CostLine.objects.filter(corrects__isnull=False, amount_usd__lt=0).exists()


def test_a_pod_that_nobody_ordered_at_the_market_is_a_stray(sandbox, market, settings):
    name = f"kerne-{settings.KERNE_ENV}-nobodys-1"
    sandbox.ask("POST", "/spot/v2/pods", pod_body(name), status=201)

    for _ in range(2):
        cloud_list.compare(provider=market, now=sandbox.clock.now)
        sandbox.clock.now += timedelta(seconds=settings.ORPHAN_GRACE_SECONDS)
    cloud_list.compare(provider=market, now=sandbox.clock.now)

    assert Orphan.objects.get().provider == "spotmarket"
    assert market.pods() == []
