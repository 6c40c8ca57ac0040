from datetime import timedelta
from decimal import Decimal

from economics.models import CostLine, DayClose, Provenance
from economics.services.accrual import accrue
from tests import factories
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, STARTED, at, pod


def lines(of, kind="gpu"):
    return [
        (line.hour_start.hour, line.seconds, line.amount_usd)
        for line in CostLine.objects.filter(pod=of, kind=kind)
    ]


def test_each_full_hour_becomes_a_line_for_rent_and_one_for_the_disk():
    rented = pod()

    assert accrue(at(12, 20)) == 4

    assert lines(rented) == [(10, 1800, Decimal("0.37")), (11, 3600, Decimal("0.74"))]
    assert lines(rented, "disk") == [
        (10, 1800, Decimal("0.005")),
        (11, 3600, Decimal("0.01")),
    ]


def test_accruing_twice_adds_no_line_and_the_next_hour_goes_on():
    rented = pod()
    accrue(at(12, 20))

    assert accrue(at(12, 59)) == 0
    assert accrue(at(13, 0)) == 2
    assert [hour for hour, _, _ in lines(rented)] == [10, 11, 12]


def test_a_pod_is_booked_up_to_its_end_and_no_further():
    rented = pod(billed_until=at(11, 0, 40))

    accrue(at(14))

    assert lines(rented) == [(10, 1800, Decimal("0.37")), (11, 40, Decimal("0.008222"))]
    assert accrue(at(15)) == 0


def test_the_end_is_booked_at_once_and_not_at_the_next_full_hour():
    rented = pod(billed_until=at(10, 45))

    accrue(at(10, 50))

    assert lines(rented) == [(10, 900, Decimal("0.185"))]


def test_an_end_in_the_future_is_not_booked_ahead():
    rented = pod(billed_until=at(20))

    accrue(at(11, 5))

    assert [hour for hour, _, _ in lines(rented)] == [10]


def test_parts_add_up_to_the_whole_although_the_pod_began_within_a_second():
    began = STARTED + timedelta(microseconds=640_000)
    rented = pod(billed_from=began, billed_until=began + timedelta(hours=5, seconds=7))

    for hour in range(11, 17):
        accrue(at(hour, 1))

    assert [seconds for _, seconds, _ in lines(rented)] == [1799, *[3600] * 4, 1808]
    assert sum(seconds for _, seconds, _ in lines(rented)) == 5 * 3600 + 7
    total = sum(amount for _, _, amount in lines(rented))
    assert total == Decimal("3.701439")  # 18007 s x 0.74 / 3600


def test_a_pod_that_was_never_rented_costs_nothing():
    factories.make_requested_pod()

    assert accrue(at(12)) == 0


def test_the_price_that_the_provider_agreed_to_counts_and_a_quote_is_an_estimate():
    agreed = pod(quoted_usd_per_pod_hour=Decimal("9.99"))
    quoted = pod(usd_per_pod_hour=None, quoted_usd_per_pod_hour=Decimal("0.80"))

    accrue(at(11))

    assert lines(agreed)[0][2] == Decimal("0.37")
    assert lines(quoted)[0][2] == Decimal("0.40")
    tags = dict(CostLine.objects.filter(kind="gpu").values_list("pod", "provenance"))
    assert tags == {agreed.pk: Provenance.ACCRUED, quoted.pk: Provenance.ESTIMATED}


def test_play_money_is_marked_on_every_line():
    deployment = factories.make_deployment(fleet=factories.make_fleet(simulated=True))
    pod(deployment=deployment)

    accrue(at(11))

    assert set(CostLine.objects.values_list("provenance", flat=True)) == {"simulated"}


def test_seconds_of_a_closed_day_count_in_the_first_open_one():
    rented = pod(billed_from=NEXT_MIDNIGHT - timedelta(minutes=30))
    DayClose.objects.create(day=DAY, closed_at=NEXT_MIDNIGHT + timedelta(minutes=20))

    accrue(NEXT_MIDNIGHT + timedelta(hours=1))

    days = CostLine.objects.filter(pod=rented, kind="gpu").values_list("hour_start", "day")
    assert list(days) == [
        (at(23), DAY + timedelta(days=1)),
        (NEXT_MIDNIGHT, DAY + timedelta(days=1)),
    ]
