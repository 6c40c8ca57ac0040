from decimal import Decimal

import pytest

from economics.alerts import drifted_bills, drifted_prices, stray_bills
from economics.services.billing import read_billing
from fleet.models import Incident, Pod
from fleet.services.alerts.watch import watch
from tests.economics.services.bills import SaidBill
from tests.economics.services.rows import at, pod

ONE = Decimal(1)


@pytest.fixture
def billed():
    """A pod and its bill for 10:30 to 12:00, read at 12:20."""

    def read(gpu: str) -> Pod:
        rented, bill = pod(), SaidBill()
        bill.say(rented, at(10), "0.37", "0.005")
        bill.say(rented, at(11), gpu, "0.01")
        read_billing(provider=bill, now=at(12, 20))
        return rented

    return read


def test_a_bill_above_ours_by_more_than_the_limit_is_found_with_its_numbers(billed):
    rented = billed("0.80")

    (found,) = drifted_bills(at(12, 20), ONE)

    assert (found.subject, found.pod) == (rented.name, rented)
    assert "5.1 %" in found.title
    assert "Billed 1.185000 USD against 1.125000 USD of ours" in found.detail


def test_a_bill_below_ours_is_drift_too(billed):
    billed("0.60")

    assert len(drifted_bills(at(12, 20), ONE)) == 1


def test_a_limit_above_the_drift_or_less_than_a_cent_is_silent(billed):
    billed("0.80")
    assert drifted_bills(at(12, 20), Decimal(6)) == []
    billed("0.749")  # 0.8 % and less than a cent
    assert len(drifted_bills(at(12, 20), Decimal("0.1"))) == 1


def test_what_matches_is_silent(billed):
    billed("0.74")

    assert drifted_bills(at(12, 20), Decimal(0)) == []


def test_a_running_pod_listed_at_another_price_is_found_before_any_bill():
    rented = pod(listed_usd_per_pod_hour=Decimal("0.80"))
    pod(listed_usd_per_pod_hour=Decimal("0.745"))

    (found,) = drifted_prices(at(11), ONE)

    assert found.subject == rented.name
    assert found.title == f"{rented.name} is listed at 0.8 USD/h, agreed were 0.74 USD/h"


def test_a_billed_pod_that_is_not_ours_is_found_for_three_days(billed):
    billed("0.74")
    bill = SaidBill()
    bill.say(Pod(provider_id="stray0001"), at(10), "2.69", "0")
    read_billing(provider=bill, now=at(12, 20))

    (found,) = stray_bills(at(13), Decimal("0.01"))

    assert "2.69 USD billed for stray0001" in found.title
    assert stray_bills(at(13 + 73), Decimal("0.01")) == []
    assert stray_bills(at(13), Decimal(3)) == []


def test_the_watch_opens_an_incident(billed):
    rented = billed("0.80")

    watch(now=at(12, 20), troubles=[])

    assert Incident.objects.open().filter(key=f"bill-drift:{rented.name}").exists()
