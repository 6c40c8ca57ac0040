from datetime import timedelta
from decimal import Decimal

import pytest

from economics.calc.profit import Provenance
from economics.calc.unknown import Unknown
from economics.models import DayClose
from economics.selectors import kinds_of_money, pod_money, profit_days, today
from economics.services.accrual import accrue
from economics.services.close import close_day
from economics.services.metering import seal_hours, settle_usage
from economics.services.revenue import post_revenue
from fleet.models import Deployment, Pod
from tests import factories
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod, price, sample

NOON = at(12)


def test_what_runs_up_counts_at_once_before_any_line_is_booked():
    served = pod()
    price(served)
    sample(served, at(10, 59), 1_000_000, 0, 0)
    settle_usage(at(11))

    seen = today(NOON)

    assert seen.whole.figures.cost_usd == Decimal("1.125")  # 1.5 h at $0.75
    assert seen.whole.figures.revenue_usd == Decimal("1")
    assert seen.whole.figures.profit_usd == Decimal("-0.125")
    assert seen.whole.figures.provenance == Provenance.ACCRUED


def test_booking_lines_does_not_move_the_figures_of_today():
    served = pod()
    price(served)
    sample(served, at(10, 59), 1_000_000, 400_000, 70_000)
    settle_usage(at(11))
    now = at(12, 47, 11)
    before = today(now)

    accrue(now)
    seal_hours(now)
    post_revenue(now)

    after = today(now)
    assert after.whole.sums.cost_usd == pytest.approx(before.whole.sums.cost_usd)
    assert after.whole.sums.revenue_usd == before.whole.sums.revenue_usd
    assert after.whole.sums.counts == before.whole.sums.counts
    assert after.whole.sums.gpu_seconds == before.whole.sums.gpu_seconds == 8231


def test_each_deployment_and_fleet_has_its_own_figures():
    one, other = pod(), pod()
    idle = factories.make_deployment()

    seen = today(NOON)

    assert seen.deployments[one.deployment_id].figures.cost_usd == Decimal("1.125")
    assert seen.fleets[other.deployment.fleet_id].figures.cost_usd == Decimal("1.125")
    assert seen.deployments[idle.pk].figures.cost_usd == 0
    assert seen.whole.figures.cost_usd == Decimal("2.25")


def test_play_money_and_real_money_never_mix():
    pod()
    simulated = factories.make_fleet(simulated=True)
    pod(
        deployment=factories.make_deployment(fleet=simulated),
        usd_per_pod_hour=Decimal("9.99"),
    )

    assert kinds_of_money() == [False, True]
    assert today(NOON).whole.figures.cost_usd == Decimal("1.125")
    played = today(NOON, simulated=True)
    assert played.whole.figures.cost_usd == Decimal("15")
    assert played.whole.figures.provenance == Provenance.SIMULATED


def test_the_target_of_the_day_looks_ahead_to_midnight():
    pod()

    seen = today(NOON)

    # 1.5 h so far and 12 h to come, at $0.75/h
    assert seen.whole.needed_usd == Decimal("10.125")
    assert seen.whole.usd_per_hour == Decimal("0.75")


def test_the_projection_follows_the_pace_and_is_not_made_in_the_first_hour():
    served = pod()
    price(served)
    sample(served, at(10, 59), 3_000_000, 0, 0)
    settle_usage(at(11))

    assert today(NOON).whole.projected_usd == Decimal("6")
    early = today(NEXT_MIDNIGHT + timedelta(minutes=30)).whole.projected_usd
    assert early == Unknown("too early in the day for a pace")


def test_tokens_without_a_price_are_counted_apart():
    served = pod()
    sample(served, at(10, 59), 1000, 0, 200)
    settle_usage(at(11))

    seen = today(NOON)

    assert seen.whole.sums.unpriced_tokens == 1200
    assert seen.whole.sums.counts.total == 1200
    assert seen.whole.figures.revenue_usd == 0


def test_before_anything_was_sold_break_even_tokens_have_no_mix_but_the_target_stands():
    pod()
    assert not isinstance(today(NOON).whole.needed_usd, Unknown)


def test_the_history_is_what_was_closed_and_today_as_it_runs():
    served = pod()
    price(served)
    sample(served, at(10, 59), 1_000_000, 0, 0)
    close_day(DAY, NEXT_MIDNIGHT + timedelta(minutes=20))

    rows, first, last = profit_days(NEXT_MIDNIGHT + timedelta(hours=2), days=30)

    assert (first, last) == (DAY - timedelta(days=28), DAY + timedelta(days=1))
    assert [row.day for row in rows] == [DAY, last]
    assert [row.is_partial for row in rows] == [False, True]
    assert rows[0].profit == Decimal("1") - Decimal("10.125")
    assert rows[1].cost == Decimal("1.5")


def test_a_day_between_its_end_and_its_close_is_shown_as_it_runs():
    pod()

    rows, _, _ = profit_days(NEXT_MIDNIGHT + timedelta(minutes=5))

    assert [(row.day, row.is_partial, row.cost) for row in rows] == [
        (DAY, True, Decimal("10.125")),
        (DAY + timedelta(days=1), True, Decimal("0.0625")),
    ]


def test_a_closed_day_without_a_row_is_missing_and_not_zero():
    pod(billed_from=NEXT_MIDNIGHT)
    DayClose.objects.create(day=DAY, closed_at=NEXT_MIDNIGHT)

    rows, _, _ = profit_days(NEXT_MIDNIGHT + timedelta(hours=1))

    assert [row.day for row in rows] == [DAY + timedelta(days=1)]


def test_the_history_of_a_deployment_is_its_own():
    one, _ = pod(), pod()
    close_day(DAY, NEXT_MIDNIGHT + timedelta(minutes=20))
    now = NEXT_MIDNIGHT + timedelta(hours=1)

    rows, _, _ = profit_days(now, deployment=one.deployment)
    of_fleet, _, _ = profit_days(now, fleet=one.deployment.fleet)
    of_all, _, _ = profit_days(now)

    assert rows[0].cost == of_fleet[0].cost == Decimal("10.125")
    assert of_all[0].cost == Decimal("20.25")


def test_the_money_of_a_pod_is_the_same_before_and_after_booking():
    served = pod()
    price(served)
    sample(served, at(10, 59), 1_000_000, 400_000, 70_000)
    settle_usage(at(11))
    before = pod_money(served, at(12))
    accrue(at(12))
    seal_hours(at(12))
    post_revenue(at(12))
    after = pod_money(served, at(12))

    assert before.cost_usd == after.cost_usd == Decimal("1.125")
    assert before.revenue_usd == after.revenue_usd == Decimal("0.78")
    assert before.counts == after.counts
    assert after.counts.total == 1_070_000
    assert after.cost_provenance == Provenance.ACCRUED
    assert after.revenue_provenance == Provenance.MEASURED


def scheduled(start: int, end: int, **columns) -> Pod:
    """The pod of the story, under a deployment that only rents at some hours."""
    deployment = factories.make_deployment(
        **factories.daily_hours(start, end),
        max_usd_per_gpu_hour=Decimal("0.80"),
        container_disk_gb=73,
        created_at=at(0),
    )
    return pod(deployment=deployment, **columns)


def test_the_target_counts_the_scheduled_hours_and_not_the_rest_of_the_day():
    scheduled(10, 14)

    # 1.5 h so far and 2 h to come, at $0.75/h
    assert today(NOON).whole.needed_usd == Decimal("2.625")


def test_the_target_counts_scheduled_hours_that_have_not_begun_at_the_price_limit():
    factories.make_deployment(
        **factories.daily_hours(13, 21),
        replicas=2,
        max_usd_per_gpu_hour=Decimal("0.80"),
        container_disk_gb=73,
    )

    # 8 h x 2 replicas x ($0.80 + $0.01 of disk)
    assert today(NOON).whole.needed_usd == Decimal("12.96")


def test_stopped_scheduled_hours_cost_nothing_more():
    served = scheduled(10, 14, status="terminated", billed_until=at(11))
    Deployment.objects.filter(pk=served.deployment_id).update(replicas=0)

    assert today(NOON).whole.needed_usd == Decimal("0.375")


def test_a_pace_is_taken_over_the_open_hours_only():
    served = scheduled(10, 14)
    price(served)
    sample(served, at(10, 59), 3_000_000, 0, 0)
    settle_usage(at(11))

    # $3 in 2 of 4 open hours
    assert today(NOON).whole.projected_usd == Decimal("6")


def test_there_is_no_projection_while_scheduled_hours_are_still_to_begin():
    served = pod()
    price(served)
    factories.make_deployment(**factories.daily_hours(13, 21))

    seen = today(NOON)

    assert seen.deployments[served.deployment_id].projected_usd == 0
    assert isinstance(seen.whole.projected_usd, Unknown)
    assert "scheduled hours are still to begin" in seen.whole.projected_usd.reason
