from datetime import timedelta
from decimal import Decimal

import pytest

from economics.models import CostLine
from economics.selectors.reconciliation import (
    Asked,
    State,
    compared_days,
    compared_hours,
    compared_pods,
)
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from fleet.models import SIMULATED_PAST, Pod
from tests.economics.services.bills import SaidBill
from tests.economics.services.rows import DAY, at, pod
from tests.factories import make_deployment, make_fleet

ASKED = Asked(DAY, DAY)


def hours(now, asked=ASKED):
    return {each.key.hour: each for each in compared_hours(asked, now=now, most=100)}


@pytest.fixture
def bill():
    return SaidBill()


def test_an_hour_stands_three_times_side_by_side(bill):
    rented = pod(listed_usd_per_pod_hour=Decimal("0.80"))
    bill.say(rented, at(10), "0.40", "0.005")

    read_billing(provider=bill, now=at(11, 20))

    hour = hours(at(11, 20))[10]
    assert (hour.seconds, hour.ours_usd) == (1800, Decimal("0.375"))
    assert hour.listed_usd == Decimal("0.405")
    assert hour.billed_usd == Decimal("0.405")
    assert hour.difference_usd == hour.corrections_usd == Decimal("0.03")
    assert hour.booked_usd == hour.billed_usd
    assert hour.worst == State.CORRECTED
    assert hour.why == "billed at the provider's price, which is not the agreed one"


@pytest.mark.parametrize(
    ("gpu", "state", "words"),
    [
        ("0.37", State.MATCHED, "billed as it was booked"),
        ("0.3", State.CORRECTED, "as much as 341 s less of its price"),
    ],
)
def test_a_closed_bucket_matches_or_corrects(bill, gpu, state, words):
    bill.say(pod(), at(10), gpu, "0.005")

    read_billing(provider=bill, now=at(11, 20))

    hour = hours(at(11, 20))[10]
    assert (hour.worst, hour.why) == (state, words)


def test_an_open_bucket_is_provisional_and_no_difference(bill):
    bill.say(pod(), at(10), "0.30", "0.004")

    read_billing(provider=bill, now=at(11, 5))

    hour = hours(at(11, 5))[10]
    assert (hour.worst, hour.difference_usd) == (State.PROVISIONAL, None)


def test_an_hour_without_a_bucket_is_provisional_at_first_and_unbilled_later():
    pod(billed_until=at(11))
    accrue(at(11))

    assert hours(at(13, 59))[10].worst == State.PROVISIONAL
    late = hours(at(14))[10]
    assert late.worst == State.UNBILLED
    assert "accrued figure counts" in late.why


def test_an_hour_that_the_bill_leaves_out_is_unbilled_and_taken_back(bill):
    rented = pod(billed_until=at(12))
    bill.say(rented, at(10), "0.37", "0.005")

    read_billing(provider=bill, now=at(20))

    hour = hours(at(20))[11]
    assert (hour.worst, hour.is_inferred) == (State.UNBILLED, True)
    assert hour.booked_usd == 0
    assert "taken back" in hour.why


def test_a_pod_that_is_not_ours_is_unexplained_and_in_no_book(bill):
    known = pod(billed_until=at(11))
    stray = Pod(provider_id="stray0001")
    bill.say(stray, at(10), "2.69", "0")

    read_billing(provider=bill, now=at(11, 20))

    rows = {each.pod_name: each for each in compared_pods(ASKED, now=at(11, 20))}
    assert set(rows) == {known.name, "stray0001"}
    found = rows["stray0001"]
    assert (found.pod_id, found.worst) == (None, State.UNEXPLAINED)
    assert (found.billed_usd, found.booked_usd) == (Decimal("2.69"), 0)


def test_an_hour_billed_outside_of_our_seconds_is_unexplained_and_booked(bill):
    rented = pod(billed_until=at(11))
    bill.say(rented, at(11), "0.10", "0")

    read_billing(provider=bill, now=at(12, 20))

    hour = hours(at(12, 20))[11]
    assert (hour.worst, hour.booked_usd) == (State.UNEXPLAINED, Decimal("0.10"))
    assert "no second by our rows" in hour.why


def test_days_and_pods_are_the_sums_of_their_hours(bill):
    first, second = pod(), pod(listed_usd_per_pod_hour=Decimal("0.74"))
    for hour in range(10, 24):
        bill.say(first, at(hour), "0.5", "0.01")
    now = at(24, 20)
    read_billing(provider=bill, now=now)
    asked = Asked(DAY, DAY + timedelta(days=1))
    every = compared_hours(asked, now=now, most=1000)

    days = compared_days(asked, now=now)
    pods = compared_pods(asked, now=now)

    for rows in (days, pods):
        for figure in ("ours_usd", "corrections_usd", "booked_usd", "hours", "seconds"):
            assert sum(getattr(each, figure) for each in rows) == sum(
                getattr(each, figure) for each in every
            )
    assert days[0].booked_usd == sum(CostLine.objects.values_list("amount_usd", flat=True))
    assert {each.pod_id for each in pods} == {first.pk, second.pk}
    (of_second,) = [each for each in pods if each.pod_id == second.pk]
    assert of_second.listed_usd == of_second.ours_usd
    (of_first,) = [each for each in pods if each.pod_id == first.pk]
    assert of_first.listed_usd is None  # its price was never listed


def test_one_deployment_one_pod_one_state_and_one_kind_of_money_can_be_asked_for(bill):
    mine, other = pod(), pod()
    play = pod(deployment=make_deployment(fleet=make_fleet(simulated=True)))
    bill.say(mine, at(10), "0.37", "0.005")
    read_billing(provider=bill, now=at(11, 20))

    def found(**asked):
        rows = compared_pods(Asked(DAY, DAY, **asked), now=at(11, 20))
        return {each.pod_id for each in rows}

    assert found() == {mine.pk, other.pk}
    assert found(simulated=True) == {play.pk}
    assert found(simulated=None) == {mine.pk, other.pk, play.pk}
    assert found(deployment_id=other.deployment_id) == {other.pk}
    assert found(pod_id=mine.pk) == {mine.pk}
    assert found(state=State.MATCHED) == {mine.pk}


def test_the_simulated_past_was_billed_by_nobody_and_is_left_out():
    pod(provider_id=f"{SIMULATED_PAST}llama-1")
    accrue(at(14))

    assert compared_days(ASKED, now=at(14)) == []


def test_three_levels_take_one_query_each(bill, django_assert_num_queries):
    for _ in range(5):
        bill.say(pod(), at(10), "0.37", "0.005")
    read_billing(provider=bill, now=at(13, 20))

    for question in (compared_days, compared_pods):
        with django_assert_num_queries(1):
            question(ASKED, now=at(14))
    with django_assert_num_queries(1):
        compared_hours(ASKED, now=at(14), most=100)
