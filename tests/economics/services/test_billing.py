from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from economics.models import BillingObservation, CostLine, DayClose, Provenance
from economics.selectors import unattributed_pods
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from fleet.providers.base import BillingBucket
from fleet.providers.errors import ProviderUnavailable
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod


class Bill:
    """A provider that says what it is told to have charged."""

    name = "runpod"

    def __init__(self, *buckets, silent=False):
        self.buckets, self.silent = list(buckets), silent

    def billing(self, start, end, *, bucket):
        assert bucket == "hour"
        if self.silent:
            raise ProviderUnavailable("no answer")
        return [each for each in self.buckets if start <= each.start < end]

    def volume_billing(self, start, end, *, bucket):
        return []

    def serverless_billing(self, start, end, *, bucket):
        return []


def charged(of, hour, gpu, disk, *, provider_pod_id=None, cpu="0"):
    return BillingBucket(
        provider_pod_id=provider_pod_id or of.provider_id,
        start=at(hour),
        end=at(hour + 1),
        gpu_usd=Decimal(gpu),
        disk_usd=Decimal(disk),
        total_usd=Decimal(gpu) + Decimal(disk) + Decimal(cpu),
    )


def cost(of, kind="gpu"):
    return sum(
        CostLine.objects.filter(pod=of, kind=kind).values_list("amount_usd", flat=True)
    )


def corrections():
    return [
        (line.hour_start.hour, line.kind, line.amount_usd)
        for line in CostLine.objects.filter(observation__isnull=False).order_by(
            "hour_start", "-kind"
        )
    ]


def test_a_closed_hour_is_corrected_by_the_difference_to_the_bill():
    rented = pod()
    bill = Bill(charged(rented, 10, "0.35", "0.005"))

    read_billing(provider=bill, now=at(11, 20))

    assert cost(rented) == Decimal("0.35")
    assert corrections() == [
        (10, "gpu", Decimal("-0.020000")),
        (10, "disk", Decimal("0.000000")),
    ]
    line = CostLine.objects.get(kind="gpu", observation__isnull=False)
    assert line.corrects == CostLine.objects.get(kind="gpu", observation__isnull=True)
    assert line.provenance == Provenance.BILLED


def test_reading_the_same_bill_twice_changes_nothing():
    rented = pod()
    bill = Bill(charged(rented, 10, "0.35", "0.005"))
    read_billing(provider=bill, now=at(11, 20))

    again = read_billing(provider=bill, now=at(11, 25))

    assert (again.changed, again.corrected) == (0, 0)
    assert BillingObservation.objects.count() == 1
    assert cost(rented) == Decimal("0.35")


def test_a_long_bill_that_says_nothing_new_costs_no_more_queries():
    rented = pod()
    hours = [charged(rented, hour, "0.37", "0.01") for hour in range(10, 13)]
    read_billing(provider=Bill(*hours), now=at(13, 20))
    counts = []
    for bill in (Bill(hours[0]), Bill(*hours)):
        with CaptureQueriesContext(connection) as queries:
            read_billing(provider=bill, now=at(13, 25))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_an_hour_in_progress_is_observed_and_not_corrected():
    rented = pod()

    read_billing(provider=Bill(charged(rented, 10, "0.30", "0.004")), now=at(10, 58))
    assert corrections() == []
    read_billing(provider=Bill(charged(rented, 10, "0.37", "0.005")), now=at(11, 20))

    assert [row.is_final for row in BillingObservation.objects.all()] == [False, True]
    assert [amount for _, _, amount in corrections()] == [0, 0]


def test_a_bill_that_changes_later_is_a_new_observation_and_a_new_line():
    rented = pod()
    read_billing(provider=Bill(charged(rented, 10, "0.37", "0.005")), now=at(11, 20))

    read_billing(provider=Bill(charged(rented, 10, "0.30", "0.005")), now=at(13, 20))

    assert [row.revision for row in BillingObservation.objects.all()] == [1, 2]
    assert cost(rented) - Decimal("0.74") * 2 == Decimal("0.30")


def test_less_than_a_stored_step_is_no_difference():
    rented = pod()

    read_billing(
        provider=Bill(charged(rented, 10, "0.370000499", "0.0049999999")), now=at(11, 20)
    )

    assert [amount for _, _, amount in corrections()] == [0, 0]


def test_what_is_neither_rent_nor_disk_is_not_lost():
    rented = pod()

    read_billing(
        provider=Bill(charged(rented, 10, "0.37", "0.005", cpu="0.02")), now=at(12)
    )

    assert cost(rented) == Decimal("0.37") + Decimal("0.02") + Decimal("0.74")


def test_a_pod_that_ended_is_settled_without_waiting_for_the_hour():
    rented = pod(billed_until=at(10, 40))

    read_billing(provider=Bill(charged(rented, 10, "0.12", "0.001666")), now=at(10, 56))

    assert cost(rented) == Decimal("0.12")


def test_a_pod_that_no_row_explains_is_shown_and_charged_to_nobody():
    known = pod()
    stray = charged(known, 10, "2.69", "0.01", provider_pod_id="stray0001")

    reading = read_billing(provider=Bill(stray), now=at(11, 20))

    assert reading.unattributed == 1
    assert CostLine.objects.filter(observation__isnull=False).count() == 0
    (found,) = unattributed_pods()
    assert (found.provider_pod_id, found.usd) == ("stray0001", Decimal("2.70"))


def test_only_the_newest_figure_of_a_stray_bucket_counts():
    known = pod()
    for usd, minute in (("1.00", 20), ("2.00", 40)):
        stray = charged(known, 10, usd, "0", provider_pod_id="stray0001")
        read_billing(provider=Bill(stray), now=at(11, minute))

    assert [found.usd for found in unattributed_pods()] == [Decimal("2.00")]


def test_hours_after_a_pod_vanished_are_taken_back_when_the_bill_does_not_have_them():
    rented = pod(billed_until=at(14))  # it was gone at 11:00, and missed at 14:00
    bill = Bill(charged(rented, 10, "0.37", "0.005"))
    accrue(at(14))

    read_billing(provider=bill, now=at(14, 20))
    assert cost(rented) == Decimal("0.37") + 3 * Decimal("0.74")
    read_billing(provider=bill, now=at(18, 20))

    assert cost(rented) == Decimal("0.37")
    assert cost(rented, "disk") == Decimal("0.005")


def test_an_empty_bill_takes_nothing_back_from_a_pod_that_was_never_billed():
    rented = pod(billed_until=at(12))

    read_billing(provider=Bill(), now=at(20))

    assert cost(rented) == Decimal("0.37") + Decimal("0.74")


def test_a_correction_of_a_closed_day_counts_in_the_open_one_and_names_its_line():
    rented = pod()
    accrue(NEXT_MIDNIGHT)
    DayClose.objects.create(day=DAY, closed_at=NEXT_MIDNIGHT)

    read_billing(
        provider=Bill(charged(rented, 10, "0.35", "0.005")),
        now=NEXT_MIDNIGHT + timedelta(hours=1),
    )

    line = CostLine.objects.get(kind="gpu", observation__isnull=False)
    assert line.day == DAY + timedelta(days=1)
    assert line.corrects is not None
    assert line.corrects.day == DAY


def test_a_silent_provider_changes_nothing():
    pod()

    with pytest.raises(ProviderUnavailable):
        read_billing(provider=Bill(silent=True), now=at(12))

    assert CostLine.objects.count() == 0
    assert BillingObservation.objects.count() == 0
