"""A plan against a day of the books at the same inputs: hours, lines, rounding and all."""

from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from economics.calc.money import round_stored
from economics.calc.profit import DayFigures, Provenance
from economics.calc.serving_day import ServingDay
from economics.calc.token_mix import TokenCounts, TokenMix, TokenRates, revenue
from economics.calc.unit_cost import TokenSeconds
from economics.calc.unknown import Unknown
from economics.planner.money import (
    Assumptions,
    OptionMoney,
    PlanVerdict,
    Throughput,
    option_money,
)

HOURS = 24
USD = st.decimals(min_value=0, max_value=50, places=3)
TIMES = st.decimals(min_value=Decimal("0.00001"), max_value=Decimal("0.05"), places=6)
SHARES = st.decimals(min_value=0, max_value=1, places=3)
COUNTS = st.integers(min_value=1, max_value=50_000)


def simulated_day(
    money: OptionMoney,
    mix: TokenMix,
    rates: TokenRates,
    take_rate: Decimal,
    weights: list[int],
) -> DayFigures:
    """The day as the books would close it: whole tokens an hour, a rounded line each."""
    assert not isinstance(money.day, Unknown)
    total = sum(weights)
    earned, before, done = Decimal(0), TokenCounts(), 0
    for weight in weights:
        done += weight
        until = TokenCounts(
            *(int(money.day.tokens * share * done / total) for share in mix.shares.values())
        )
        hour = TokenCounts(
            until.uncached_prompt - before.uncached_prompt,
            until.cached_prompt - before.cached_prompt,
            until.completion - before.completion,
        )
        earned, before = earned + round_stored(revenue(hour, rates)), until
    cost = sum(round_stored(money.day.cost_usd / HOURS) for _ in range(HOURS))
    return DayFigures.from_sums(
        cost_usd=Decimal(cost),
        revenue_usd=earned,
        take_rate=take_rate,
        tags=[Provenance.SIMULATED],
    )


@settings(max_examples=300)
@given(
    usd_per_hour=st.decimals(min_value=Decimal("0.05"), max_value=80, places=2),
    seconds=st.tuples(TIMES, TIMES, TIMES),
    counts=st.tuples(COUNTS, COUNTS, COUNTS),
    prices=st.tuples(USD, USD, USD),
    utilization=SHARES,
    take_rate=SHARES,
    low=st.decimals(min_value=Decimal("0.3"), max_value=1, places=2),
    hours=st.integers(min_value=1, max_value=24),
    starts=st.integers(min_value=0, max_value=3),
    busy_only=st.booleans(),
    weights=st.lists(st.integers(0, 50), min_size=HOURS, max_size=HOURS),
)
def test_a_plan_called_profitable_ends_its_day_with_a_profit(
    usd_per_hour,
    seconds,
    counts,
    prices,
    utilization,
    take_rate,
    low,
    hours,
    starts,
    busy_only,
    weights,
):
    assume(sum(weights) > 0)
    mix = TokenMix(TokenCounts(*counts))
    rates = TokenRates.from_per_million(
        uncached_prompt=prices[0], cached_prompt=prices[1], completion=prices[2]
    )
    money = option_money(
        usd_per_hour=usd_per_hour,
        day=ServingDay(Decimal(hours), starts, Decimal(900), busy_only),
        throughput=Throughput(TokenSeconds(*seconds), low),
        rates=rates,
        assumed=Assumptions(mix, utilization, take_rate),
    )
    profit = simulated_day(money, mix, rates, take_rate, weights).profit_usd

    if money.verdict in (PlanVerdict.PROFITABLE, PlanVerdict.UNSURE):
        assert profit > 0
    else:
        assert profit < Decimal("0.02")
