"""The facts that ship, against figures worked out by hand from the same sources."""

from decimal import Decimal

import pytest

from economics.calc.token_mix import blended_rate_per_million
from economics.market.public import QuoteKind, mix_of, quote, quotes, traffic


@pytest.mark.parametrize(
    ("model", "blended"),
    [
        ("glm-5", "0.470"),
        ("glm-5.1", "0.732"),
        ("glm-5.2", "0.396"),
        ("llama-3.1-8b", "0.0357"),
        ("qwen-2.5-7b", "0.132"),
    ],
)
def test_a_million_tokens_of_the_real_mix_earn_what_was_paid_for_them(model, blended):
    paid = quote(model, QuoteKind.EFFECTIVE)
    assert paid is not None
    digits = len(blended.partition(".")[2])

    rate = blended_rate_per_million(traffic()[model].mix, paid.rates)

    assert f"{rate:.{digits}f}" == blended


def test_every_fact_has_a_day_and_a_source():
    for each in [*quotes(), *traffic().values()]:
        assert each.source and each.observed_on.year == 2026


def test_a_cached_token_without_a_price_of_its_own_costs_a_prompt_token():
    cheapest = quote("llama-3.1-8b", QuoteKind.CHEAPEST)
    assert cheapest is not None

    assert cheapest.rates.cached_prompt == cheapest.rates.uncached_prompt


def test_a_share_above_one_is_no_mix():
    with pytest.raises(ValueError, match="cached share"):
        mix_of(prompt_tokens=1, cached_share=Decimal("1.01"), completion_tokens=1)
