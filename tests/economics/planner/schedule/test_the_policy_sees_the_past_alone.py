"""The policy that plans anew: no decision depends on its own hour or a later one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from economics.calc.token_mix import TokenCounts
from economics.planner.schedule.closed_loop import closed_loop
from economics.planner.schedule.forecast import forecast
from economics.planner.schedule.leader import follow_the_leader
from economics.planner.schedule.money import money_of
from tests.economics.planner.schedule.problems import candidate, demand, problem

HOURS = st.lists(st.integers(0, 9000), min_size=4, max_size=8)


def counts(*completions: int) -> tuple[TokenCounts, ...]:
    return tuple(TokenCounts(completion=each) for each in completions)


def test_without_a_past_nothing_is_expected():
    assert forecast([], hours=2) == (TokenCounts(), TokenCounts())


def test_before_a_day_is_over_the_newest_hour_is_expected():
    assert [each.completion for each in forecast(counts(100, 300), hours=2)][0] >= 300


def test_the_same_hour_of_earlier_days_is_expected_at_the_level_of_the_last_hours():
    day = [100] * 12 + [1000] * 12
    # Two days alike, then two hours with twice as much: the noon of the third day.
    past = counts(*day, *day, *[100] * 10, 200, 200)

    expected = forecast(past, hours=2)

    assert [each.completion for each in expected] == [2000, 1900]  # the level fades


@settings(max_examples=15, deadline=None)
@given(HOURS, HOURS)
def test_hours_to_come_change_no_decision_before_them(first, second):
    shared = first[:3]
    pod = candidate(stock=3)
    one = follow_the_leader(problem(demand(*shared, *first[3:]), pod)).schedule
    two = follow_the_leader(problem(demand(*shared, *second), pod)).schedule

    assert one.replicas[0][:4] == two.replicas[0][:4]  # the fourth knows three


def test_steady_traffic_is_served_as_the_optimum_would_once_it_is_known():
    steady = problem(demand(*[7200] * 6), candidate(stock=4))

    done = closed_loop(steady, history=[counts(*[7200] * 48)])

    assert done.replicas == ((2,) * 6,)
    assert money_of(steady, done).profit_usd == Decimal("19.2")


def test_a_started_replica_is_kept_for_its_minimum_run():
    rush = problem(demand(7200, 0, 0, 0), candidate(stock=2, min_run_hours=3))

    done = closed_loop(rush, history=[counts(*[7200, *[0] * 23] * 3)])

    assert done.replicas[0][:3] == (2, 2, 2) or done.replicas[0] == (0, 0, 0, 0)


def test_bursts_that_no_day_repeats_are_left_to_a_fixed_number():
    """A forecast that is always an hour late loses; the policy finds out."""
    bursts = problem(demand(*[7200, 0] * 12), candidate(stock=2))
    late = closed_loop(bursts)

    done = follow_the_leader(bursts)

    earned = money_of(bursts, done.schedule).profit_usd
    assert earned >= money_of(bursts, late).profit_usd


def test_what_may_not_run_in_an_hour_does_not():
    night = candidate(stock=2, allowed=(False, True) * 3)

    done = follow_the_leader(problem(demand(*[7200] * 6), night)).schedule

    assert [done.replicas[0][hour] for hour in (0, 2, 4)] == [0, 0, 0]


def test_the_history_judges_the_plans_and_is_no_part_of_the_answer():
    asked = problem(demand(3600, 3600), candidate(stock=1))

    done = follow_the_leader(asked, history=[counts(*[3600] * 24)])

    assert done.schedule.replicas == ((1, 1),)
    assert len(done.leaders) == 2


def test_a_decision_does_not_change_with_the_requests_of_later_hours():
    one = demand(3600, 3600, 3600)
    other = replace(one, requests=(36, 36, 9000))
    pod = candidate(stock=1)

    assert closed_loop(problem(one, pod)) == closed_loop(problem(other, pod))
