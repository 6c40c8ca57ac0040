from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.day_unit_cost import day_unit_cost, usd_per_million
from economics.calc.token_mix import TokenCounts
from economics.calc.unit_cost import TokenSeconds
from economics.calc.unknown import Unknown
from tests.economics.formula_page import worked_rows

CLASSES = ("uncached", "cached", "completion")


@pytest.mark.parametrize("row", worked_rows("day-unit-cost"))
def test_the_worked_examples_of_the_page_hold(row):
    cost = day_unit_cost(
        cost_usd=Decimal(row["cost_usd"]),
        counts=TokenCounts(*(int(row[name]) for name in CLASSES)),
        seconds=TokenSeconds(*(Decimal(row[f"s_{name}"]) for name in CLASSES)),
    )

    found = ["unknown"] * 4
    if not isinstance(cost, Unknown):
        figures = (cost.uncached_prompt, cost.cached_prompt, cost.completion, cost.blended)
        found = [f"{figure:.6f}" for figure in figures]
    assert found == [row[f"c_{name}"] for name in (*CLASSES, "blended")]


@pytest.mark.parametrize("row", worked_rows("day-unit-cost"))
def test_a_days_cost_over_its_tokens_is_the_pages_blended_figure(row):
    tokens = sum(int(row[name]) for name in CLASSES)

    whole = usd_per_million(Decimal(row["cost_usd"]), tokens)

    if row["c_blended"] != "unknown":  # there no token takes any time, or none was served
        assert f"{whole:.6f}" == row["c_blended"]


@given(st.lists(st.integers(1, 10**9), min_size=3, max_size=3))
def test_the_classes_add_up_to_the_cost_of_the_day(counts):
    seconds = TokenSeconds(Decimal("0.0001"), Decimal("0.00001"), Decimal("0.0005"))

    cost = day_unit_cost(
        cost_usd=Decimal("17.76"), counts=TokenCounts(*counts), seconds=seconds
    )

    classes = (cost.uncached_prompt, cost.cached_prompt, cost.completion)
    total = sum(n * each / 10**6 for n, each in zip(counts, classes, strict=True))
    assert total == pytest.approx(Decimal("17.76"), abs=Decimal("1e-18"))


def test_a_day_without_tokens_has_no_cost_per_million():
    assert isinstance(usd_per_million(Decimal(1), 0), Unknown)
