from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.spread import equal_shares, proportional_shares, spread_over_days
from tests.economics.formula_page import worked_rows

FIRST = date(2026, 1, 1)
CENTS = st.decimals(min_value=-100_000, max_value=100_000, places=2)


@pytest.mark.parametrize("row", worked_rows("expense-spread"))
def test_the_page_and_the_code_agree(row: dict[str, str]):
    last_day = FIRST + timedelta(days=int(row["days"]) - 1)

    shares = spread_over_days(
        Decimal(row["amount_usd"]), first_day=FIRST, last_day=last_day
    )

    assert [day for day, _ in shares][:: len(shares) - 1 or 1] in (
        [FIRST, last_day],
        [FIRST],
    )
    assert shares[0][1] == Decimal(row["first"])
    assert shares[-1][1] == Decimal(row["last"])
    assert sum(usd for _, usd in shares) == Decimal(row["sum"])


@given(CENTS, st.integers(1, 1_100))
def test_shares_add_up_and_differ_by_a_cent_at_most(amount: Decimal, count: int):
    shares = equal_shares(amount, count)

    assert sum(shares, Decimal(0)) == amount
    assert len(shares) == count
    assert max(shares) - min(shares) <= Decimal("0.01")


@given(CENTS, st.lists(st.decimals(min_value=0, max_value=1000, places=6), max_size=9))
def test_shares_after_weights_add_up_too(amount: Decimal, weights: list[Decimal]):
    shares = proportional_shares(amount, weights, step=Decimal("0.01"))

    assert len(shares) == len(weights)
    assert not weights or sum(shares, Decimal(0)) == amount


def test_the_largest_remainder_gets_the_step_that_is_left():
    shares = proportional_shares(
        Decimal("1.00"), [Decimal(1), Decimal(3), Decimal(3)], step=Decimal("0.01")
    )

    assert shares == [Decimal("0.14"), Decimal("0.43"), Decimal("0.43")]


def test_parts_of_a_cent_and_a_period_of_no_day_are_refused():
    with pytest.raises(ValueError, match="parts of a cent"):
        equal_shares(Decimal("0.005"), 1)
    with pytest.raises(ValueError, match="lies before the first day"):
        spread_over_days(Decimal(1), first_day=FIRST, last_day=FIRST - timedelta(days=1))


def test_weights_below_one_share_the_whole_amount():
    shares = proportional_shares(
        Decimal("1.00"), [Decimal("0.25"), Decimal("0.25")], step=Decimal("0.01")
    )

    assert shares == [Decimal("0.50"), Decimal("0.50")]
