from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from economics.calc.serving_day import ServingDay
from economics.calc.token_mix import TokenCounts, TokenMix, TokenRates
from economics.calc.unit_cost import TokenSeconds
from economics.calc.unknown import Unknown
from economics.planner.frontier import Frontier, frontier
from economics.planner.money import Assumptions, plan_day

MIX = TokenMix(TokenCounts(6_660, 2_340, 1_000))
SECONDS = TokenSeconds(Decimal("0.00005"), Decimal("0.000002"), Decimal("0.00025"))
RATES = TokenRates.from_per_million(
    uncached_prompt=Decimal("0.02"),
    cached_prompt=Decimal("0.02"),
    completion=Decimal("0.04"),
)
SHARES = [Decimal(n) / 10 for n in range(11)]
FACTORS = [Decimal(n) / 4 for n in range(1, 13)]
DAYS = (
    ServingDay(),
    ServingDay(Decimal(8), 1, Decimal(600)),
    ServingDay(Decimal(24), 2, Decimal(90), busy_only=True),
)


def grid(day: ServingDay) -> Frontier:
    drawn = frontier(
        usd_per_hour=Decimal("0.74"),
        day=day,
        seconds=SECONDS,
        rates=RATES,
        assumed=Assumptions(MIX, Decimal("0.5"), Decimal("0.055")),
        factors=FACTORS,
        utilizations=SHARES,
    )
    assert not isinstance(drawn, Unknown)
    return drawn


@given(st.sampled_from(DAYS), st.integers(0, 11), st.integers(0, 10))
def test_each_cell_is_the_profit_of_the_plan_at_its_price_and_utilization(day, row, column):
    priced = TokenRates(
        *(
            each * FACTORS[row]
            for each in (RATES.uncached_prompt, RATES.cached_prompt, RATES.completion)
        )
    )
    exact = plan_day(
        usd_per_hour=Decimal("0.74"),
        day=day,
        seconds=SECONDS,
        rates=priced,
        assumed=Assumptions(MIX, SHARES[column], Decimal("0.055")),
    )
    assert not isinstance(exact, Unknown)

    assert abs(grid(day).profit_usd[row][column] - exact.profit_usd) < Decimal("1e-20")


def test_more_price_never_earns_less():
    rows = grid(ServingDay()).profit_usd

    assert all(
        low <= high
        for lower, upper in zip(rows, rows[1:], strict=False)
        for low, high in zip(lower, upper, strict=True)
    )
