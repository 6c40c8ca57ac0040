from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.market_share import middle, rank, share_prior, share_priors
from economics.calc.unknown import Unknown
from tests.economics.formula_page import worked_rows

PRICES = st.lists(
    st.decimals(min_value="0.001", max_value="10", places=4), min_size=1, max_size=8
)


@pytest.mark.parametrize("row", worked_rows("market-share"), ids=lambda row: row["rivals"])
def test_the_worked_examples_of_the_page(row):
    ours = Decimal(row["ours"])
    rivals = [Decimal(each) for each in row["rivals"].split()]
    counted = [each for each in rivals if each]

    share = share_prior(ours, rivals)

    if row["share"] == "unknown":
        assert isinstance(share, Unknown)
    else:
        assert isinstance(share, Decimal) and round(share, 6) == Decimal(row["share"])
    assert min(counted) == Decimal(row["floor"])
    assert middle(counted) == Decimal(row["median"])
    assert rank(ours, counted) == int(row["rank"])


@given(PRICES)
def test_the_shares_of_all_sum_to_one(prices):
    shares = share_priors({str(n): price for n, price in enumerate(prices)})

    assert abs(sum(shares.values()) - 1) < Decimal("1e-20")


@given(PRICES, st.decimals(min_value="0.01", max_value="10", places=4))
def test_a_lower_price_never_has_a_smaller_share(rivals, price):
    assert share_prior(price / 2, rivals) > share_prior(price, rivals)


def test_a_price_below_zero_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        share_prior(Decimal(-1), [])
