from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.money import round_stored
from economics.calc.token_mix import TokenCounts, TokenMix, revenue
from economics.calc.unit_cost import TokenSeconds, peak_tokens_per_second, unit_cost
from tests.economics.formula_page import worked_rows

TIMES = st.decimals(min_value=Decimal("0.000001"), max_value=1, places=6)
COUNTS = st.integers(min_value=1, max_value=1_000_000)


def mix_of(row: dict[str, str]) -> TokenMix:
    return TokenMix(
        TokenCounts(int(row["uncached"]), int(row["cached"]), int(row["completion"]))
    )


@pytest.mark.parametrize("row", worked_rows("unit-cost"))
def test_the_worked_examples_of_the_unit_cost_page_hold(row):
    seconds = TokenSeconds(
        Decimal(row["s_uncached"]), Decimal(row["s_cached"]), Decimal(row["s_completion"])
    )
    mix = mix_of(row)

    peak = peak_tokens_per_second(seconds, mix)
    cost = unit_cost(
        usd_per_hour=Decimal(row["usd_per_hour"]),
        seconds=seconds,
        mix=mix,
        utilization=Decimal(row["utilization"]),
    )

    assert peak is not None and f"{peak:.3f}" == row["peak"]
    for name in ("uncached", "cached", "completion", "blended"):
        attribute = name if name in ("completion", "blended") else f"{name}_prompt"
        assert str(round_stored(getattr(cost, attribute))) == row[f"c_{name}"], name


@given(TIMES, TIMES, TIMES, COUNTS, COUNTS, COUNTS, TIMES)
def test_the_costs_of_the_classes_add_up_to_the_rent_of_their_time(
    a, b, c, uncached, cached, completion, utilization
):
    seconds = TokenSeconds(a, b, c)
    counts = TokenCounts(uncached, cached, completion)
    cost = unit_cost(
        usd_per_hour=Decimal(3600),
        seconds=seconds,
        mix=TokenMix(counts),
        utilization=utilization,
    )

    paid = seconds.of(counts) / utilization  # at one dollar a second

    assert abs(revenue(counts, cost.as_rates()) - paid) < paid * Decimal("1e-20")


def test_a_mix_that_takes_no_time_has_no_peak():
    seconds = TokenSeconds(Decimal("0.001"), Decimal(0), Decimal("0.01"))

    assert peak_tokens_per_second(seconds, TokenMix(TokenCounts(cached_prompt=5))) is None


@pytest.mark.parametrize("utilization", ["0", "-0.1", "1.01"])
def test_a_utilization_that_is_none_is_refused(utilization):
    with pytest.raises(ValueError, match=r"\(0, 1\]"):
        unit_cost(
            usd_per_hour=Decimal(1),
            seconds=TokenSeconds(Decimal(1), Decimal(1), Decimal(1)),
            mix=TokenMix(TokenCounts(1, 1, 1)),
            utilization=Decimal(utilization),
        )


def test_a_completion_token_takes_time():
    with pytest.raises(ValueError, match="more than 0 seconds"):
        TokenSeconds(Decimal(1), Decimal(1), Decimal(0))


@pytest.mark.parametrize("seconds", ["-1", "NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("place", range(3))
def test_a_time_that_is_none_is_refused(seconds, place):
    times = [Decimal(1)] * 3
    times[place] = Decimal(seconds)

    with pytest.raises(ValueError, match="0 or more"):
        TokenSeconds(*times)
