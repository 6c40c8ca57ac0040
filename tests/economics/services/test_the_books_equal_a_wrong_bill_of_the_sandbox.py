"""Pods at a running sandbox whose bill comes late, changes twice and misses an hour: the
day stays closed, corrections are lines, and the total is the provider's, over real HTTP."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from economics.models import BillingObservation, CostLine, DailyProfit, Scope
from economics.selectors.reconciliation import Asked, State, compared_days, compared_hours
from economics.services.billing import read_billing
from economics.services.close import close_day
from fleet.models import Pod
from fleet.providers.runpod import RunPodProvider
from tests.clock import TODAY, Clock, at
from tests.economics.services.bills import booked
from tests.factories import make_deployment, make_pod
from tests.sandbox.harness import KEY, Sandbox, settings_for

pytestmark = pytest.mark.django_db
HOURS = 20  # from 10:00 of one day to 06:00 of the next
MICRO = Decimal("0.000001")


@pytest.fixture
def sandbox(tmp_path: Path):
    running = Sandbox(settings_for(tmp_path / "state"), Clock(at(10))).start()
    yield running
    running.stop()


@pytest.fixture
def rented(sandbox: Sandbox) -> Pod:
    """A pod that really runs at the sandbox, as the console's row has it."""
    made = sandbox.create()
    return make_pod(
        deployment=make_deployment(created_at=at(9)),
        name=made["name"],
        provider="fake",
        provider_id=made["id"],
        billed_from=at(10),
        usd_per_pod_hour=Decimal(str(made["cost"])),
        container_disk_gb=made["disk"],
    )


def billed_total(account: RunPodProvider) -> Decimal:
    """What the provider's own bill adds up to."""
    buckets = account.billing(at(0), at(0) + timedelta(days=3), bucket="hour")
    return sum((each.total_usd for each in buckets), Decimal(0))


def test_late_twice_changed_and_missing_hours_end_in_the_providers_total(
    sandbox: Sandbox, rented: Pod
):
    account = RunPodProvider(api_key=KEY, base_url=sandbox.url, name="fake")
    clock = sandbox.clock
    late = {"kind": "bill_late", "times": None, "params": {"seconds": 2 * 3600}}
    gap = {"kind": "bill_gap", "times": None, "params": {"hour": "2026-03-10T15:00:00Z"}}
    sandbox.order(late, gap)

    def forward(hours: int) -> None:
        for _ in range(hours):
            clock.now += timedelta(hours=1)
            read_billing(provider=account, now=clock.now + timedelta(minutes=16))

    forward(14)  # midnight: 22:00 and 23:00 are not in the bill yet
    assert close_day(TODAY, clock.now + timedelta(minutes=20))
    closed = list(DailyProfit.objects.order_by("pk").values())
    for factor in ("0.9", "1.1"):  # the bill changes its mind, twice
        change = {"factor": factor, "hour": "2026-03-10T17:00:00Z"}
        sandbox.order({"kind": "bill_change", "times": None, "params": change})
        forward(1)
    forward(HOURS - 16)
    sandbox.ask("DELETE", f"/v2/pods/{rented.provider_id}", status=204)
    Pod.objects.filter(pk=rented.pk).update(billed_until=clock.now)
    clock.now += timedelta(hours=5)
    read_billing(provider=account, now=clock.now)

    assert list(DailyProfit.objects.order_by("pk").values()) == closed
    (row,) = DailyProfit.objects.filter(scope=Scope.DEPLOYMENT)
    assert booked() == sum(CostLine.objects.values_list("amount_usd", flat=True))
    assert row.cost_usd == sum(
        CostLine.objects.filter(day=TODAY).values_list("amount_usd", flat=True)
    )
    total = billed_total(account)
    assert total > 10
    assert abs(booked() - total) <= 2 * HOURS * MICRO  # a rounding an hour and kind

    five = BillingObservation.objects.filter(bucket_start=at(17)).order_by("revision")
    assert [each.revision for each in five] == [1, 2, 3]
    (hole,) = BillingObservation.objects.filter(is_inferred=True)
    assert hole.bucket_start == at(15)
    moved = CostLine.objects.filter(observation__isnull=False, kind="gpu").exclude(
        amount_usd=0
    )
    assert {line.day for line in moved.filter(hour_start=at(17))} == {
        TODAY + timedelta(days=1)
    }
    assert all(line.corrects is not None for line in moved)
    asked = Asked(TODAY, TODAY + timedelta(days=1))
    days = compared_days(asked, now=clock.now)
    assert [each.states[State.UNBILLED] for each in days] == [0, 1]
    assert sum(each.booked_usd for each in days) == booked()
    (changed,) = compared_hours(
        Asked(TODAY, TODAY, state=State.CORRECTED), now=clock.now, most=9
    )
    assert changed.key == datetime(2026, 3, 10, 17, tzinfo=UTC)
    assert changed.revision == 3


def test_an_hour_that_the_bill_forgot_comes_back_when_it_names_it(
    sandbox: Sandbox, rented: Pod
):
    account = RunPodProvider(api_key=KEY, base_url=sandbox.url, name="fake")
    sandbox.order(
        {"kind": "bill_gap", "times": None, "params": {"hour": "2026-03-10T11:00:00Z"}}
    )
    sandbox.clock.now = at(17)
    read_billing(provider=account, now=at(17))
    without = booked()
    sandbox.ask("DELETE", "/sandbox/faults", status=204)

    read_billing(provider=account, now=at(17))

    assert booked() - without == pytest.approx(Decimal("0.745479"), abs=MICRO)
    hours = compared_hours(Asked(TODAY, TODAY), now=at(17), most=99)
    assert [each.worst for each in hours if each.key == at(11)] == [State.CORRECTED]
