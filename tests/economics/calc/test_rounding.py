from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.money import (
    per_million,
    per_token,
    round_shown,
    round_shown_rate,
    round_stored,
    shown_usd,
    stored_difference,
)
from tests.economics.formula_page import worked_rows

AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=9)


@pytest.mark.parametrize("row", worked_rows("rounding"))
def test_the_worked_examples_of_the_rounding_page_hold(row):
    amount = Decimal(row["amount_usd"])
    assert str(round_stored(amount)) == row["stored_usd"]
    assert shown_usd(amount) == row["shown_usd"]


@given(AMOUNTS)
def test_a_correction_of_minus_x_is_the_mirror_of_x(amount):
    assert round_stored(-amount) == -round_stored(amount)


@given(st.lists(AMOUNTS, min_size=2, max_size=20))
def test_stored_parts_add_up_to_the_stored_whole(sums):
    parts = [
        stored_difference(sum_until=after, sum_from=before)
        for before, after in zip(sums, sums[1:], strict=False)
    ]
    assert sum(parts) == round_stored(sums[-1]) - round_stored(sums[0])


def test_nothing_is_ever_shown_as_minus_zero():
    assert str(round_stored(Decimal("-0.0000001"))) == "0.000000"
    assert str(round_shown(Decimal("-0.001"))) == "0.00"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_refused_before_it_reaches_a_line(amount):
    with pytest.raises(ValueError, match="finite"):
        round_stored(Decimal(amount))


@given(st.decimals(min_value=0, max_value=1000, places=6))
def test_a_price_per_million_survives_the_way_to_per_token_and_back(price):
    assert per_million(per_token(price)) == price


def test_a_price_per_million_is_shown_with_four_decimals():
    assert str(round_shown_rate(Decimal("0.00005"))) == "0.0001"
