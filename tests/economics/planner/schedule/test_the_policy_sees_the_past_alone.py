"""The policy that plans anew: what it does depends on nothing that comes after."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from economics.calc.token_mix import TokenCounts
from economics.planner.schedule.autoscaler import autoscaled
from economics.planner.schedule.closed_loop import closed_loop
from economics.planner.schedule.played import STEPS, Played, even_rates
from tests.economics.planner.schedule.problems import candidate, demand, problem

LOOK = 5  # steps of a minute between two looks
HOURS = st.lists(st.integers(0, 9000), min_size=4, max_size=8)
DAY = [3600] * 8 + [10_800] * 8 + [3600] * 8


def counts(*completions: int) -> tuple[TokenCounts, ...]:
    return tuple(TokenCounts(completion=each) for each in completions)


def played(*completions: int, history=(), **pod) -> Played:
    pod = {"stock": 4, "load_seconds": Decimal(600), **pod}
    asked = problem(demand(*completions), candidate(**pod))
    return closed_loop(asked, asked.candidates[0], history=history)


@settings(max_examples=15, deadline=None)
@given(HOURS, HOURS, st.lists(st.integers(0, 9000), max_size=30))
def test_hours_to_come_change_nothing_before_them(first, second, past):
    shared, known = first[:3], counts(*past)
    one = played(*shared, *first[3:], history=known)
    two = played(*shared, *second, history=known)

    # The first five minutes of an hour are decided before anything of it is seen.
    until = 3 * STEPS + LOOK
    assert one.counts[:until] == two.counts[:until]


def test_minutes_to_come_change_nothing_before_them():
    asked = problem(demand(7200, 7200), candidate(stock=4))
    pod = asked.candidates[0]
    rates = even_rates(asked, pod)
    turned = rates[:30] + [Decimal(0)] * 90

    one, two = (closed_loop(asked, pod, rates=each).counts for each in (rates, turned))

    assert one[: 30 + LOOK] == two[: 30 + LOOK]
    assert (one[30 + LOOK], two[30 + LOOK]) == (2, 0)


def test_of_an_unknown_model_nothing_is_rented_before_it_is_asked():
    assert played(0, 7200).counts[: STEPS + LOOK] == (0,) * (STEPS + LOOK)


def test_after_five_minutes_what_is_asked_is_followed():
    assert played(7200).counts[: LOOK + 1] == (0,) * LOOK + (2,)


def test_steady_traffic_is_served_as_the_optimum_would_once_it_is_known():
    done = played(*[7200] * 6, history=counts(*[7200] * 48), running=2)

    assert done.counts == (2,) * 6 * STEPS
    assert done.profit_usd == Decimal("19.2")


def test_a_morning_that_every_day_had_is_loaded_for_before_it_comes():
    done = played(*[3600] * 8, *[10_800] * 2, history=counts(*DAY * 6), running=1)

    loading = done.counts[8 * STEPS - 10 : 8 * STEPS]
    assert loading == (3,) * 10
    assert done.counts[8 * STEPS - 11] == 1


def test_what_runs_goes_on_until_something_is_seen():
    done = played(0, running=2)

    assert done.counts[:LOOK] == (2,) * LOOK
    assert done.counts[LOOK] == 0


def test_a_started_replica_is_kept_for_its_minimum_run():
    done = played(7200, 0, 0, 0, min_run_hours=3)

    started = done.counts.index(2)
    assert done.counts[started : started + 3 * STEPS] == (2,) * 3 * STEPS


def test_what_may_not_run_in_an_hour_does_not():
    done = played(*[7200] * 4, allowed=(False, True) * 2)

    assert [sum(done.counts[hour * STEPS : hour * STEPS + STEPS]) for hour in (0, 2)] == [
        0,
        0,
    ]
    assert max(done.counts) == 2


def test_no_more_than_the_stock_is_rented():
    assert max(played(*[36_000] * 3).counts) == 4


def test_a_floor_is_kept_from_the_first_minute():
    asked = problem(demand(0, 0, 0), candidate(stock=4))

    done = closed_loop(asked, asked.candidates[0], least=2)

    assert done.counts == (2,) * 3 * STEPS


def test_bursts_cost_less_than_an_autoscaler_loses_on_them():
    asked = problem(demand(*[7200, 0] * 12), candidate(stock=2, load_seconds=Decimal(600)))
    pod = asked.candidates[0]

    done = closed_loop(asked, pod)

    assert done.profit_usd > autoscaled(asked, pod, least=0, most=2).profit_usd > 0
