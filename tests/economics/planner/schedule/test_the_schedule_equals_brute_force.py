"""On small questions the solver's schedule earns what the best of all schedules earns."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from economics.planner.schedule.kept import broken_limits
from economics.planner.schedule.problem import Limits, Problem, Rental
from economics.planner.schedule.solve import NoSchedule, Solved, solve
from tests.economics.planner.schedule.brute_force import best_of_all
from tests.economics.planner.schedule.problems import candidate, demand, problem

CENT = Decimal("0.01")
HOURS = 3
BOUNDED = settings(max_examples=40, deadline=None, derandomize=True)


def assert_equal_to_brute_force(asked: Problem) -> None:
    found, best = solve(asked, gap=0), best_of_all(asked)
    if best is None:
        assert isinstance(found, NoSchedule)
        assert found.infeasible
        return
    assert isinstance(found, Solved), found
    assert broken_limits(asked, found.schedule, found.money) == ()
    assert abs(found.profit_usd - best.profit_usd) < CENT
    assert found.gap_usd < CENT


candidates = st.builds(
    candidate,
    usd=st.sampled_from(["0.5", "2", "3.5"]),
    load_seconds=st.sampled_from([Decimal(0), Decimal(900), Decimal(4500)]),
    load_usd=st.sampled_from([Decimal(0), Decimal("0.75")]),
    min_run_hours=st.integers(1, 3),
    stock=st.integers(0, 2),
    running=st.just(0),
    most_utilization=st.sampled_from([Decimal(1), Decimal("0.7")]),
    allowed=st.one_of(st.none(), st.tuples(*[st.booleans()] * HOURS)),
)
spots = st.builds(
    candidate,
    key=st.just("spot"),
    usd=st.sampled_from(["0.5", "1.5"]),
    rental=st.just(Rental.SPOT),
    interruptions_per_hour=st.sampled_from([Decimal("0.1"), Decimal(1)]),
    load_seconds=st.sampled_from([Decimal(300), Decimal(1800)]),
    stock=st.integers(0, 2),
)
demands = st.builds(
    lambda tokens, **more: demand(*tokens, **more),
    tokens=st.lists(st.integers(0, 8000), min_size=HOURS, max_size=HOURS),
    share=st.sampled_from([Decimal(1), Decimal("0.4")]),
    least_replicas=st.sampled_from([0, 0, 1]),
    most_replicas=st.sampled_from([None, 1, 2]),
    uptime=st.sampled_from([Decimal(0), Decimal(0), Decimal("0.5")]),
)
limits = st.builds(
    Limits,
    usd_per_hour=st.sampled_from([None, Decimal(2), Decimal(5)]),
    usd_per_day=st.sampled_from([None, Decimal(4), Decimal(9)]),
    most_replicas=st.sampled_from([None, 1, 3]),
)


@BOUNDED
@given(demands, candidates, spots, limits)
def test_two_kinds_of_pods_within_limits(asked, one, other, within):
    assert_equal_to_brute_force(problem(asked, one, other, limits=within))


@BOUNDED
@given(
    st.lists(st.integers(0, 8000), min_size=HOURS, max_size=HOURS),
    candidates,
    st.sampled_from(["3", "9"]),
    st.integers(0, 600),
)
def test_a_pod_beside_serverless(tokens, pod, usd, cold):
    worker = candidate(
        "worker",
        usd,
        rental=Rental.SERVERLESS,
        stock=5,
        load_seconds=Decimal(cold),
        idle_seconds=Decimal(10),
    )

    assert_equal_to_brute_force(problem(demand(*tokens), pod, worker))


@pytest.mark.parametrize("budget", [None, Decimal(2), Decimal(4)])
def test_two_models_share_one_budget(budget):
    asked = problem(
        demand(3600, 0, 7200),
        demand(1800, 3600, 3600, model="llama"),
        candidate(stock=2, load_usd=Decimal("0.3")),
        candidate("l4", "1.5", model="llama", stock=1, min_run_hours=2),
        limits=Limits(usd_per_hour=budget),
    )

    assert_equal_to_brute_force(asked)
