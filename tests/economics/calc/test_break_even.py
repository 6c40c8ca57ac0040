from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.break_even import (
    break_even_price_per_million,
    break_even_revenue,
    break_even_tokens_per_day,
    break_even_utilization,
)
from economics.calc.money import per_token, round_stored
from economics.calc.token_mix import TokenCounts, TokenMix, TokenRates, token_mix
from economics.calc.unknown import Unknown
from tests.economics.formula_page import worked_rows

MIX = TokenMix(TokenCounts(uncached_prompt=300, cached_prompt=600, completion=100))
POSITIVE = st.decimals(min_value=Decimal("0.01"), max_value=100, places=4)
TAKE_RATES = st.decimals(min_value=0, max_value=Decimal("0.9"), places=3)


def flat(usd_per_million) -> TokenRates:
    """The same price for every class, so that it is the blended rate of any mix."""
    price = per_token(Decimal(usd_per_million))
    return TokenRates(price, price, price)


def shown(figure, digits: str = "0.000001") -> str:
    if isinstance(figure, Unknown):
        return "unknown"
    return str(round_stored(figure).quantize(Decimal(digits)))


@pytest.mark.parametrize("row", worked_rows("break-even"))
def test_the_worked_examples_of_the_break_even_page_hold(row):
    usd_per_hour, take_rate = Decimal(row["usd_per_hour"]), Decimal(row["take_rate"])
    peak, rates = Decimal(row["peak"]), flat(row["blended"])
    per_day = usd_per_hour * 24
    needed = break_even_revenue(cost_usd=per_day, take_rate=take_rate)
    tokens = break_even_tokens_per_day(
        usd_per_day=per_day, mix=MIX, rates=rates, take_rate=take_rate
    )
    share = break_even_utilization(
        usd_per_hour=usd_per_hour,
        peak_tokens_per_second=peak,
        mix=MIX,
        rates=rates,
        take_rate=take_rate,
    )
    price = break_even_price_per_million(
        usd_per_hour=usd_per_hour,
        peak_tokens_per_second=peak,
        utilization=Decimal("0.5"),
        take_rate=take_rate,
    )
    assert shown(needed) == row["needed_per_day"]
    assert shown(tokens, "1") == row["tokens_per_day"]
    assert shown(price) == row["price_at_half"]
    if isinstance(share, Unknown):
        assert (row["utilization"], row["verdict"]) == ("unknown", "unknown")
    else:
        assert (shown(share.utilization), share.verdict) == (
            row["utilization"],
            row["verdict"],
        )


@given(POSITIVE, POSITIVE, POSITIVE, TAKE_RATES)
def test_price_and_utilization_are_the_same_equation_solved_twice(
    usd_per_hour, price, peak, take_rate
):
    share = break_even_utilization(
        usd_per_hour=usd_per_hour,
        peak_tokens_per_second=peak * 1_000_000,
        mix=MIX,
        rates=flat(price),
        take_rate=take_rate,
    )
    assert not isinstance(share, Unknown)
    if share.utilization > 1:
        return
    back = break_even_price_per_million(
        usd_per_hour=usd_per_hour,
        peak_tokens_per_second=peak * 1_000_000,
        utilization=share.utilization,
        take_rate=take_rate,
    )
    assert not isinstance(back, Unknown)
    assert abs(back - price) < Decimal("1E-15")


def needs(mix=MIX, price="0.03", take_rate="0", peak: str | None = "4000"):
    return break_even_utilization(
        usd_per_hour=Decimal("0.69"),
        peak_tokens_per_second=None if peak is None else Decimal(peak),
        mix=mix,
        rates=flat(price),
        take_rate=Decimal(take_rate),
    )


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ({"mix": token_mix(TokenCounts())}, "no tokens"),
        ({"price": "0"}, "earns nothing"),
        ({"take_rate": "1"}, "take rate is 100%"),
        ({"peak": None}, "peak throughput"),
    ],
)
def test_what_can_not_be_computed_is_unknown_with_its_reason_and_never_zero(
    question, reason
):
    answer = needs(**question)
    assert isinstance(answer, Unknown)
    assert reason in answer.reason


def test_a_fee_makes_more_revenue_necessary_than_the_cost():
    assert shown(break_even_revenue(cost_usd=Decimal(57), take_rate=Decimal("0.055"))) == (
        "60.317460"
    )


def test_without_utilization_no_price_pays_the_rent():
    answer = break_even_price_per_million(
        usd_per_hour=Decimal("0.69"),
        peak_tokens_per_second=Decimal(4000),
        utilization=Decimal(0),
        take_rate=Decimal(0),
    )
    assert isinstance(answer, Unknown)


@pytest.mark.parametrize("take_rate", ["-0.01", "1.01", "5.5"])
def test_a_take_rate_that_is_not_a_fraction_is_refused(take_rate):
    with pytest.raises(ValueError, match="fraction"):
        break_even_revenue(cost_usd=Decimal(57), take_rate=Decimal(take_rate))


def test_a_peak_of_zero_and_a_utilization_above_one_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        needs(peak="0")
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        break_even_price_per_million(
            usd_per_hour=Decimal(1),
            peak_tokens_per_second=Decimal(1),
            utilization=Decimal("1.2"),
            take_rate=Decimal(0),
        )
