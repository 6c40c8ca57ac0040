from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.money import STORED_STEP
from economics.calc.shares import split_exactly
from tests.economics.formula_page import worked_rows

AMOUNTS = st.decimals(min_value=-(10**4), max_value=10**4, places=6)
WEIGHTS = st.lists(st.integers(0, 3600), min_size=1, max_size=6).filter(any)


@pytest.mark.parametrize("row", worked_rows("largest-remainder"))
def test_the_worked_examples_of_the_page_hold(row):
    parts = split_exactly(Decimal(row["amount_usd"]), [*map(int, row["weights"].split())])

    assert " ".join(f"{part:f}" for part in parts) == row["parts_usd"]


@given(AMOUNTS, WEIGHTS)
def test_the_parts_add_up_to_the_last_digit(amount, weights):
    assert sum(split_exactly(amount, weights)) == amount


@given(AMOUNTS, WEIGHTS)
def test_no_part_is_a_step_away_from_its_exact_share(amount, weights):
    for part, weight in zip(split_exactly(amount, weights), weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < STORED_STEP


@given(AMOUNTS, WEIGHTS)
def test_a_correction_of_minus_x_is_the_mirror_of_x(amount, weights):
    mirrored = [-part for part in split_exactly(-amount, weights)]
    assert mirrored == split_exactly(amount, weights)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [3, -1]])
def test_weights_that_share_nothing_out_are_refused(weights):
    with pytest.raises(ValueError, match="weights must be"):
        split_exactly(Decimal(1), weights)


def test_an_amount_that_no_line_can_hold_is_refused():
    with pytest.raises(ValueError, match="at most 6 decimals"):
        split_exactly(Decimal("0.0000001"), [1])
