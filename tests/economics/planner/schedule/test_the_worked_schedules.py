"""docs/schedule.md: each worked example is what the solver and the money say."""

from decimal import Decimal
from pathlib import Path

import pytest

from economics.planner.schedule.money import Schedule, money_of
from economics.planner.schedule.solve import Solved, solve
from tests.economics.formula_page import PAGES, worked_rows
from tests.economics.planner.schedule.problems import candidate, demand, problem

PAGE = str(Path("..") / "schedule")


def asked_of(row: dict[str, str]):
    return problem(
        demand(*map(int, row["demand"].split())),
        candidate(
            usd=row["usd"],
            load_seconds=Decimal(row["load"]),
            load_usd=Decimal(row["load_usd"]),
            min_run_hours=int(row["kept"]),
            stock=int(row["stock"]),
        ),
    )


@pytest.mark.parametrize("row", worked_rows(PAGE), ids=lambda row: row["demand"])
def test_the_page_and_the_solver_agree(row):
    asked, replicas = asked_of(row), tuple(map(int, row["replicas"].split()))

    found = solve(asked, gap=0)

    assert isinstance(found, Solved)
    assert found.profit_usd == Decimal(row["profit_usd"])
    money = money_of(asked, Schedule.of_replicas([replicas]))
    assert money.profit_usd == Decimal(row["profit_usd"])


def test_the_page_lies_beside_the_formulas():
    assert (PAGES / f"{PAGE}.md").is_file()
