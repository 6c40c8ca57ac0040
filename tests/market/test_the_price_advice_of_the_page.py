from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.pricing_advice import (
    PAYS_AT,
    Verdict,
    advise,
    margin,
    measured_cost_per_million,
    price_that_pays,
)
from economics.calc.unknown import Unknown
from tests.economics.formula_page import NOT_GIVEN, worked_rows

PRICE = st.decimals(min_value="0.01", max_value="10", places=4)


@pytest.mark.parametrize("row", worked_rows("pricing-advice"), ids=lambda row: row["ours"])
def test_the_worked_examples_of_the_page(row):
    least = price_that_pays(
        usd_per_hour=Decimal(row["hour"]),
        peak_tokens_per_second=Decimal(row["peak"]),
        utilization=PAYS_AT,
        take_rate=Decimal(row["take"]),
    )
    assert isinstance(least, Decimal)
    ours = None if row["ours"] == NOT_GIVEN else Decimal(row["ours"])

    advice = advise(ours=ours, middle=Decimal(row["middle"]), least=least)

    assert round(least, 6) == Decimal(row["least"])
    assert advice.verdict == row["verdict"]
    if row["price"] == NOT_GIVEN:
        assert advice.price is None
    else:
        assert advice.price is not None and round(advice.price, 6) == Decimal(row["price"])


@given(PRICE, PRICE, PRICE)
def test_an_advised_price_pays_and_is_never_above_the_middle(ours, middle, least):
    advice = advise(ours=ours, middle=middle, least=least)

    if advice.price is None:
        assert advice.verdict is Verdict.LEAVE and least > middle
    else:
        assert least <= advice.price <= middle


@given(PRICE, PRICE)
def test_who_follows_the_advice_is_told_to_keep_it(middle, least):
    price = advise(ours=None, middle=middle, least=least).price
    if price is not None:
        assert advise(ours=price, middle=middle, least=least).verdict is Verdict.KEEP


def test_a_margin_counts_the_marketplaces_share_first():
    kept = margin(
        price=Decimal("0.20"), cost_per_million=Decimal("0.09"), take_rate=Decimal("0.1")
    )

    assert kept == Decimal("0.5")
    loss = margin(
        price=Decimal("0.10"), cost_per_million=Decimal("0.15"), take_rate=Decimal(0)
    )
    assert loss == Decimal("-0.5")


@pytest.mark.parametrize(("seconds", "tokens"), [(0, 5), (5, 0)])
def test_a_cost_without_a_bill_or_without_a_token_is_unknown(seconds, tokens):
    found = measured_cost_per_million(
        usd_per_hour=Decimal(1), seconds=seconds, tokens=tokens
    )

    assert isinstance(found, Unknown)


def test_a_price_of_0_has_no_margin():
    found = margin(price=Decimal(0), cost_per_million=Decimal(1), take_rate=Decimal(0))

    assert isinstance(found, Unknown)


@pytest.mark.parametrize("utilization", ["0", "-0.1", "1.01"])
def test_a_utilization_that_is_none_pays_nothing_and_is_refused(utilization):
    with pytest.raises(ValueError, match=r"\(0, 1\]"):
        price_that_pays(
            usd_per_hour=Decimal(1),
            peak_tokens_per_second=Decimal(1),
            utilization=Decimal(utilization),
            take_rate=Decimal(0),
        )
