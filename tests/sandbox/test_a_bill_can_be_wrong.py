"""Faults of the bill: what it says changes, what was charged does not."""

from decimal import Decimal

import pytest

from tests.sandbox.harness import Sandbox

HOUR = "2026-03-10T12:00:00Z"  # the clock starts at its beginning
NEXT = "2026-03-10T13:00:00Z"


def buckets(sandbox: Sandbox) -> dict[str, Decimal]:
    query = "startTime=2026-03-10T00:00:00Z&endTime=2026-03-11T00:00:00Z&bucketSize=hour"
    records = sandbox.ask("GET", f"/v2/billing/pods?{query}")["records"]
    return {each["startTime"]: each["totalAmount"] for each in records}


@pytest.fixture
def two_hours(sandbox: Sandbox) -> Sandbox:
    sandbox.create()
    sandbox.clock.forward(hours=2)
    return sandbox


def test_an_hour_can_be_left_out_of_one_bill(two_hours: Sandbox):
    two_hours.order({"kind": "bill_gap", "params": {"hour": HOUR}})

    assert set(buckets(two_hours)) == {NEXT}
    assert set(buckets(two_hours)) == {HOUR, NEXT}


def test_buckets_can_come_late(two_hours: Sandbox):
    two_hours.order({"kind": "bill_late", "times": None, "params": {"seconds": 3600}})

    assert set(buckets(two_hours)) == {HOUR}
    two_hours.clock.forward(hours=1)
    assert set(buckets(two_hours)) == {HOUR, NEXT}


def test_a_bucket_can_say_something_else_while_the_balance_stays(two_hours: Sandbox):
    before, balance = buckets(two_hours), two_hours.balance()
    two_hours.order({"kind": "bill_change", "params": {"factor": "0.5", "hour": HOUR}})

    said = buckets(two_hours)

    assert abs(said[HOUR] * 2 - before[HOUR]) < Decimal("1e-11")
    assert said[NEXT] == before[NEXT]
    assert two_hours.balance() == balance


@pytest.mark.parametrize("hour", ["noon", "2026-03-10T12:30:00Z", 12, None])
def test_an_hour_that_is_none_is_refused(sandbox: Sandbox, hour):
    fault = {"kind": "bill_gap", "params": {"hour": hour}}

    problem = sandbox.ask("POST", "/sandbox/faults", fault, status=422)

    assert "want a full hour such as" in problem["errors"][0]
