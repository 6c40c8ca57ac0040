"""Where a plan turns from loss to profit: utilization against price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.serving_day import ServingDay
from economics.calc.token_mix import TokenRates
from economics.calc.unit_cost import TokenSeconds
from economics.calc.unknown import Unknown
from economics.planner.money import Assumptions, plan_day


@dataclass(frozen=True, slots=True)
class Frontier:
    """Profit per day over a grid: `profit_usd[price][utilization]` [USD / day].

    factors       [1] on the whole price list, ascending
    utilizations  [1] ascending, in [0, 1]
    """

    factors: tuple[Decimal, ...]
    utilizations: tuple[Decimal, ...]
    profit_usd: tuple[tuple[Decimal, ...], ...]


def frontier(
    *,
    usd_per_hour: Decimal,
    day: ServingDay,
    seconds: TokenSeconds,
    rates: TokenRates,
    assumed: Assumptions,
    factors: Sequence[Decimal],
    utilizations: Sequence[Decimal],
) -> Frontier | Unknown:
    """The grid of one option. Profit is linear in both, so two days span the grid.

    Unknown where the option's day is.
    """
    full = Assumptions(assumed.mix, Decimal(1), assumed.take_rate)
    idle = Assumptions(assumed.mix, Decimal(0), assumed.take_rate)
    days = [
        plan_day(
            usd_per_hour=usd_per_hour, day=day, seconds=seconds, rates=rates, assumed=each
        )
        for each in (full, idle)
    ]
    for each in days:
        if isinstance(each, Unknown):
            return each
    busy, still = days
    assert not isinstance(busy, Unknown) and not isinstance(still, Unknown)
    growing = busy.cost_usd - still.cost_usd
    rows = tuple(
        tuple(
            factor * share * busy.net_revenue_usd - still.cost_usd - share * growing
            for share in utilizations
        )
        for factor in factors
    )
    return Frontier(tuple(factors), tuple(utilizations), rows)
