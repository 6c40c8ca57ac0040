from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.money import round_stored
from economics.calc.profit import DayFigures, Provenance, weakest
from economics.calc.unknown import Unknown
from tests.economics.formula_page import worked_rows

AMOUNTS = st.lists(st.decimals(min_value=-100, max_value=1000, places=6), max_size=10)


@pytest.mark.parametrize("row", worked_rows("daily-profit"))
def test_the_worked_examples_of_the_daily_profit_page_hold(row):
    figures = DayFigures.from_sums(
        cost_usd=Decimal(row["cost_usd"]),
        revenue_usd=Decimal(row["revenue_usd"]),
        take_rate=Decimal(row["take_rate"]),
        tags=[Provenance(tag) for tag in row["tags"].split(", ") if tag],
    )
    assert str(round_stored(figures.profit_usd)) == row["profit_usd"]
    assert figures.provenance == row["tag"]
    needed = figures.break_even_revenue_usd
    shown = "unknown" if isinstance(needed, Unknown) else str(round_stored(needed))
    assert shown == row["break_even_usd"]


def figures(costs, revenues, take_rate="0.055") -> DayFigures:
    return DayFigures.from_sums(
        cost_usd=sum(costs, Decimal(0)),
        revenue_usd=sum(revenues, Decimal(0)),
        take_rate=Decimal(take_rate),
        tags=[],
    )


@given(AMOUNTS, AMOUNTS, st.randoms())
def test_the_order_of_the_lines_does_not_matter(costs, revenues, random):
    shuffled_costs, shuffled_revenues = list(costs), list(revenues)
    random.shuffle(shuffled_costs)
    random.shuffle(shuffled_revenues)
    assert figures(costs, revenues) == figures(shuffled_costs, shuffled_revenues)


@given(AMOUNTS, AMOUNTS)
def test_a_pod_that_costs_and_earns_nothing_changes_no_profit(costs, revenues):
    with_idle_pod = figures([*costs, Decimal(0)], [*revenues, Decimal(0)])
    assert with_idle_pod.profit_usd == figures(costs, revenues).profit_usd


def test_a_sum_has_the_weakest_tag_of_its_parts_in_any_order():
    for tags in permutations(Provenance):
        assert weakest(tags) == Provenance.SIMULATED
    assert weakest([Provenance.MEASURED, Provenance.BILLED]) == Provenance.BILLED


def test_a_day_at_exactly_the_break_even_revenue_earns_nothing_and_loses_nothing():
    needed = figures([Decimal(57)], []).break_even_revenue_usd
    assert not isinstance(needed, Unknown)
    assert round_stored(figures([Decimal(57)], [needed]).profit_usd) == 0


def test_a_take_rate_in_percent_is_refused():
    with pytest.raises(ValueError, match="fraction"):
        figures([], [], take_rate="5.5")
