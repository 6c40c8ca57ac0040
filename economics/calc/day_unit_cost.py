"""What a million tokens of each class cost on a day.

Formula: docs/formulas/day-unit-cost.md
"""

from __future__ import annotations

from decimal import Decimal

from economics.calc.money import per_million
from economics.calc.token_mix import TokenCounts
from economics.calc.unit_cost import TokenSeconds, UnitCost
from economics.calc.unknown import Unknown


def usd_per_million(cost_usd: Decimal, tokens: int) -> Decimal | Unknown:
    """A day's whole cost over its tokens [USD / 1M tokens], unrounded."""
    if tokens == 0:
        return Unknown("no token was served, so the cost has nothing to be divided by")
    return per_million(cost_usd / tokens)


def day_unit_cost(
    *, cost_usd: Decimal, counts: TokenCounts, seconds: TokenSeconds
) -> UnitCost | Unknown:
    """A day's whole cost, idle time and all, shared out by the time that its tokens
    take on a full replica [USD / 1M tokens], unrounded."""
    taken = seconds.of(counts)
    if taken == 0:
        return Unknown("no token took any time, so there is no time to share the cost by")
    usd_per_second = cost_usd / taken
    return UnitCost(
        per_million(usd_per_second * seconds.uncached_prompt),
        per_million(usd_per_second * seconds.cached_prompt),
        per_million(usd_per_second * seconds.completion),
        per_million(cost_usd / counts.total),
    )
