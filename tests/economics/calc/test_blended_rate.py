from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.money import round_stored
from economics.calc.token_mix import (
    TokenCounts,
    TokenMix,
    TokenRates,
    blended_rate_per_million,
    revenue,
    token_mix,
)
from economics.calc.unknown import Unknown
from tests.economics.formula_page import worked_rows

COUNTS = st.builds(TokenCounts, *[st.integers(0, 10**9)] * 3)
RATES = TokenRates.from_per_million(
    uncached_prompt=Decimal("0.60"),
    cached_prompt=Decimal("0.12"),
    completion=Decimal("1.92"),
)


@pytest.mark.parametrize("row", worked_rows("blended-rate"))
def test_the_worked_examples_of_the_blended_rate_page_hold(row):
    counts = TokenCounts(int(row["uncached"]), int(row["cached"]), int(row["completion"]))
    rates = TokenRates.from_per_million(
        uncached_prompt=Decimal(row["p_uncached"]),
        cached_prompt=Decimal(row["p_cached"]),
        completion=Decimal(row["p_completion"]),
    )
    assert str(round_stored(revenue(counts, rates))) == row["revenue_usd"]
    mix = token_mix(counts)
    if isinstance(mix, Unknown):
        assert row["blended"] == "unknown"
    else:
        assert str(round_stored(blended_rate_per_million(mix, rates))) == row["blended"]


@given(COUNTS, COUNTS)
def test_revenue_adds_up_over_any_cut_of_the_traffic(one, other):
    assert revenue(one + other, RATES) == revenue(one, RATES) + revenue(other, RATES)


@given(COUNTS.filter(lambda counts: counts.total > 0))
def test_the_blended_rate_lies_between_the_cheapest_and_the_dearest_class(counts):
    blended = blended_rate_per_million(TokenMix(counts), RATES)
    assert Decimal("0.12") <= blended <= Decimal("1.92")


def test_shares_name_the_classes_and_sum_to_one():
    mix = TokenMix(TokenCounts(uncached_prompt=1, cached_prompt=2, completion=1))
    assert mix.shares == {
        "uncached_prompt": Decimal("0.25"),
        "cached_prompt": Decimal("0.5"),
        "completion": Decimal("0.25"),
    }


def test_without_tokens_the_mix_is_unknown_with_its_reason():
    mix = token_mix(TokenCounts())
    assert isinstance(mix, Unknown)
    assert "no tokens" in str(mix)


def test_an_unknown_figure_can_not_slip_through_as_false():
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(Unknown("nobody looked"))


def test_negative_counts_and_negative_prices_are_refused():
    with pytest.raises(ValueError, match="0 or more"):
        TokenCounts(cached_prompt=-1)
    with pytest.raises(ValueError, match="0 or more"):
        TokenRates(Decimal(0), Decimal("-1E-9"), Decimal(0))
