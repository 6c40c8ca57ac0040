"""The figures of some lines, by hand: 10 USD of revenue, 1 of fees, 6 of cost."""

from decimal import Decimal

import pytest

from economics.calc.profit_parts import Figures, Part
from economics.calc.token_mix import TokenCounts
from economics.calc.unknown import Unknown

LINES = Figures(
    parts={
        Part.REVENUE: Decimal(10),
        Part.FEES: Decimal(1),
        Part.SERVING: Decimal(4),
        Part.IDLE: Decimal(1),
        Part.VOLUMES: Decimal("0.50"),
        Part.EXPENSES: Decimal("0.25"),
        Part.VARIANCE: Decimal("0.25"),
    },
    counts=TokenCounts(1_000_000, 0, 1_000_000),
    peak_seconds=Decimal(1800),
    judged_seconds=3600,
)


def test_what_is_left_of_revenue_less_all_cost_is_the_profit():
    assert (LINES.net_revenue_usd, LINES.cost_usd, LINES.profit_usd) == (9, 6, 3)


def test_shared_cost_is_no_part_of_the_contribution():
    assert LINES.shared_usd == 1
    assert LINES.contribution_usd == 9 - (6 - 1)
    assert LINES.contribution_ratio == Decimal(4) / 9


def test_a_million_tokens_cost_half_of_what_two_do():
    assert LINES.usd_per_million == 3


def test_two_thirds_of_the_tokens_and_of_the_utilization_would_have_paid():
    assert LINES.cover == Decimal(6) / 9
    assert LINES.break_even_tokens == 2_000_000 * (Decimal(6) / 9)
    assert LINES.utilization == Decimal("0.5")
    assert LINES.break_even_utilization == Decimal("0.5") * (Decimal(6) / 9)


def test_lines_add_up_field_by_field():
    both = LINES + LINES

    assert (both.profit_usd, both.counts.total, both.judged_seconds) == (6, 4_000_000, 7200)
    assert both.peak_seconds == 3600
    assert both.utilization == LINES.utilization


def test_nothing_added_changes_nothing():
    assert (Figures() + LINES).peak_seconds == LINES.peak_seconds
    assert (Figures() + LINES).profit_usd == LINES.profit_usd


def test_an_unknown_peak_makes_the_sum_unknown():
    unknown = LINES + Figures(peak_seconds=None, judged_seconds=60)

    assert unknown.peak_seconds is None
    assert isinstance(unknown.utilization, Unknown)


@pytest.mark.parametrize("lines", [Figures(), Figures(counts=TokenCounts(1, 0, 1))])
def test_without_tokens_or_revenue_there_is_no_break_even(lines):
    assert isinstance(lines.cover, Unknown)
    assert isinstance(lines.break_even_tokens, Unknown)
