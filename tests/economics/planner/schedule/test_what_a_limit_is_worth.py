"""docs/schedule.md: one unit more of each limit, by hand and against all schedules."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from economics.planner.schedule.problem import Limits, Problem
from economics.planner.schedule.shadow import (
    Lift,
    ShadowPrice,
    lifts_of,
    shadow_prices,
)
from economics.planner.schedule.solve import Solved, solve
from tests.economics.formula_page import worked_rows
from tests.economics.planner.schedule.brute_force import best_of_all
from tests.economics.planner.schedule.problems import candidate, demand, problem

PAGE, HEADING = str(Path("..") / "schedule"), "Shadow prices by hand"
CENT = Decimal("0.01")
NOTHING = " is worth nothing: no schedule earns a cent more with it."
BOUNDED = settings(max_examples=25, deadline=None, derandomize=True)
OF_MODEL = ("least_replicas", "uptime")


def prices(asked: Problem) -> tuple[ShadowPrice, ...]:
    found = solve(asked, gap=0)
    assert isinstance(found, Solved), found
    return shadow_prices(found, lifts_of(asked), gap=0)


def asked_of(row: dict[str, str]) -> Problem:
    name, value = row["limit"], Decimal(row["is"])
    whole = name not in ("usd_per_hour", "usd_per_day", "uptime")
    given = {name: int(value) if whole else value}
    return problem(
        demand(*map(int, row["demand"].split()), **(given if name in OF_MODEL else {})),
        candidate(usd=row["usd"], stock=5, **(given if name == "min_run_hours" else {})),
        limits=Limits(**(given if hasattr(Limits(), name) else {})),
    )


@pytest.mark.parametrize(
    "row", worked_rows(PAGE, HEADING), ids=lambda row: f"{row['limit']} {row['usd']}"
)
def test_the_page_and_the_solver_agree(row):
    asked = asked_of(row)

    (price,) = prices(asked)

    found = solve(asked, gap=0)
    assert isinstance(found, Solved)
    assert found.profit_usd == Decimal(row["profit_usd"])
    assert price.found_usd == Decimal(row["worth_usd"])
    assert price.least_usd <= price.found_usd <= price.most_usd + CENT


demands = st.lists(st.integers(0, 12000), min_size=3, max_size=3)


@BOUNDED
@given(
    demands,
    st.sampled_from(["0.5", "1", "2"]),
    st.sampled_from([None, Decimal(1), Decimal(2)]),
    st.sampled_from([None, Decimal(3), Decimal("4.5")]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([0, 1]),
    st.sampled_from([Decimal(0), Decimal("0.34")]),
    st.integers(1, 3),
)
def test_a_worth_is_what_the_best_of_all_schedules_earns_more(
    tokens, usd, per_hour, per_day, most, least, uptime, run
):
    asked = problem(
        demand(*tokens, least_replicas=least, uptime=uptime),
        candidate(usd=usd, stock=3, min_run_hours=run, load_usd=Decimal("0.3")),
        limits=Limits(per_hour, per_day, most),
    )
    best = best_of_all(asked)
    if best is None:
        return

    for price in prices(asked):
        eased = best_of_all(price.lift.eased)
        assert eased is not None
        worth = eased.profit_usd - best.profit_usd
        assert abs(price.found_usd - worth) < CENT
        assert price.most_usd is not None
        assert price.least_usd - CENT < worth < price.most_usd + CENT


def test_each_limit_has_its_sentence():
    """Two models; each full replica-hour earns 3.60 for 1.00."""
    asked = problem(
        demand(7200, 7200, least_replicas=1, uptime=Decimal("0.5")),
        demand(0, 0, model="llama", most_replicas=2),
        candidate(usd="1", stock=3, min_run_hours=2),
        candidate("l4", "1", model="llama"),
        limits=Limits(Decimal(1), Decimal(50), 9),
    )

    assert [each.sentence for each in prices(asked)] == [
        "One more $/h of budget ($1.00/h to $2.00/h) is worth $5.20 over 2 hours.",
        "One more $ of budget a day ($50.00 to $51.00 a day)" + NOTHING,
        "One more replica at once (9 to 10)" + NOTHING,
        "A floor of one replica less of qwen (1 to 0)" + NOTHING,
        "One percentage point less of uptime for qwen (50 % to 49 %)" + NOTHING,
        "One more replica of llama (2 to 3)" + NOTHING,
        "A minimum run one hour shorter (2 h to 1 h at most)" + NOTHING,
    ]


def test_what_the_solver_could_not_settle_is_told_as_a_range():
    lift = Lift(
        "usd_per_hour",
        "One more $/h of budget",
        "$8.00/h to $9.00/h",
        problem(demand(1), candidate()),
    )
    usd = Decimal

    assert ShadowPrice(lift, usd("3.1"), usd("2.9"), usd("3.4")).sentence == (
        "One more $/h of budget ($8.00/h to $9.00/h) is worth $3.10 in the hour (proven: "
        "$2.90 to $3.40)."
    )
    assert ShadowPrice(lift, usd(0), usd(0), usd("3.4")).sentence == (
        "One more $/h of budget ($8.00/h to $9.00/h) may be worth nothing, and at most "
        "$3.40 in the hour."
    )
    assert ShadowPrice(lift).sentence == (
        "One more $/h of budget ($8.00/h to $9.00/h): the solver had too little time to "
        "say what it is worth."
    )


def test_a_question_without_limits_has_nothing_to_give_way():
    assert prices(problem(demand(3600), candidate())) == ()
