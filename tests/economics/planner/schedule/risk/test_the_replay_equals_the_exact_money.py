"""A thousand worlds at once give the money that `money_of` gives of each, in Decimal."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from economics.calc.money import round_stored
from economics.planner.schedule.money import Schedule, money_of
from economics.planner.schedule.problem import Rental
from economics.planner.schedule.risk.draws import draws_of, given_draws
from economics.planner.schedule.risk.inputs import Input, Kind
from economics.planner.schedule.risk.outcome import outcome_of
from economics.planner.schedule.risk.replay import MICRO, replayed
from tests.economics.planner.schedule.problems import candidate, demand, problem
from tests.economics.planner.schedule.risk.worlds import (
    WIDE,
    a_schedule,
    every_input,
    every_rental,
    exact_profit,
)

MICRO_USD = Decimal("0.000001")
BOUNDED = settings(max_examples=30, deadline=None, derandomize=True)


def test_the_world_in_which_all_comes_as_asked_is_the_money_of_the_schedule():
    asked, schedule = every_rental(fixed_usd_per_day=Decimal("1.23")), a_schedule()

    outcome = outcome_of(draws_of(asked, (), seed=1), schedule, cap_usd=Decimal(0))

    exact = money_of(asked, schedule).profit_usd
    assert abs(outcome.base_usd - exact) <= 2 * MICRO_USD  # one rounding for each model
    assert set(outcome.profits) == {int(outcome.base_usd * MICRO)}


@pytest.mark.parametrize("seed", range(4))
def test_every_drawn_world_earns_what_its_exact_money_says(seed):
    draws = draws_of(every_rental(), every_input(), seed=seed, count=100)

    profits = replayed(draws, a_schedule())

    for k in range(100):
        exact = round_stored(exact_profit(draws, k, a_schedule()))
        assert abs(Decimal(int(profits[k])) / MICRO - exact) <= 2 * MICRO_USD


@pytest.mark.parametrize("kind", list(Kind))
def test_each_input_moves_the_money_that_the_exact_way_says(kind):
    mine = [each for each in every_input() if each.kind == kind]
    draws = draws_of(every_rental(), mine, seed=3, count=100)

    profits = replayed(draws, a_schedule())

    assert len(set(map(int, profits))) > 1
    for k in range(20):
        exact = exact_profit(draws, k, a_schedule())
        assert abs(Decimal(int(profits[k])) / MICRO - exact) <= 3 * MICRO_USD


schedules = st.builds(
    lambda pods, workers: Schedule(
        (pods[0], pods[1], (0,) * 6, pods[2]),
        ((Decimal(0),) * 6, (Decimal(0),) * 6, workers, (Decimal(0),) * 6),
    ),
    pods=st.lists(st.tuples(*[st.integers(0, 2)] * 6), min_size=3, max_size=3),
    workers=st.tuples(*[st.sampled_from([Decimal(0), Decimal("0.3"), Decimal(1)])] * 6),
)


@BOUNDED
@given(schedules, st.integers(0, 9))
def test_any_schedule_in_any_world_earns_what_its_exact_money_says(schedule, seed):
    draws = draws_of(every_rental(), every_input(), seed=seed, count=100)

    profits = replayed(draws, schedule)

    for k in (0, 50, 99):
        exact = exact_profit(draws, k, schedule)
        assert abs(Decimal(int(profits[k])) / MICRO - exact) <= 3 * MICRO_USD


def test_more_demand_than_the_workers_can_do_is_not_taken():
    """Two workers do 7,200 tokens in an hour, of 9,000 that would come to half of it."""
    worker = candidate("worker", "0", rental=Rental.SERVERLESS, stock=2)
    asked, level = problem(demand(1800), worker), Input(Kind.DEMAND, ("qwen",), WIDE)
    half = Schedule(((0,),), ((Decimal("0.5"),),))

    ten_times = given_draws(asked, [level], [{level.name: Decimal(10)}])

    assert replayed(ten_times, half)[0] == 7_200_000  # millionths: $7.20, not $9.00
    assert exact_profit(ten_times, 0, half) == Decimal("7.2")
