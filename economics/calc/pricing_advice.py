"""What to charge: the market's middle, our cost, and what a price must be sold at.
Formulas: docs/formulas/pricing-advice.md

The founding plan asks for two things of a price: slightly below the market, and
profitable at 60 % utilization. Here is what follows from both, or that they exclude each
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from economics.calc.break_even import break_even_revenue
from economics.calc.hours import SECONDS_PER_HOUR
from economics.calc.money import per_million
from economics.calc.unknown import Unknown

UNDERCUT = Decimal("0.05")  # below the market's middle: "slightly below market"
PAYS_AT = Decimal("0.60")  # "profitable at 60 %+ utilization"
NEAR = Decimal("0.02")  # a price within this of the advice stays


class Verdict(StrEnum):
    KEEP = "keep"
    LOWER = "lower"
    RAISE = "raise"
    LEAVE = "do not sell on this machine"


@dataclass(frozen=True)
class Advice:
    """A price [USD / 1M tokens of the mix] and why.

    price  None where no price that sells pays
    least  what pays the machine at PAYS_AT
    """

    verdict: Verdict
    price: Decimal | None
    least: Decimal
    target: Decimal


def measured_cost_per_million(
    *, usd_per_hour: Decimal, seconds: int, tokens: int
) -> Decimal | Unknown:
    """What a million tokens cost us in some days [USD / 1M tokens], unrounded.

    usd_per_hour  [USD / replica-hour], rent and disk
    seconds       billed of all replicas in these days
    tokens        served in them, prompt (cached too) and completion

    >>> measured_cost_per_million(
    ...     usd_per_hour=Decimal("0.36"), seconds=36_000, tokens=20_000_000)
    Decimal('0.18')
    """
    if seconds < 0 or tokens < 0 or usd_per_hour < 0:
        raise ValueError("cost, seconds and tokens must be 0 or more")
    if not seconds:
        return Unknown("no replica was billed in these days")
    if not tokens:
        return Unknown("no token was sold in these days, so none carries the cost")
    return per_million(usd_per_hour * seconds / SECONDS_PER_HOUR / tokens)


def margin(
    *, price: Decimal, cost_per_million: Decimal, take_rate: Decimal
) -> Decimal | Unknown:
    """(net price - cost) / net price [1]; below 0 is a loss.

    price, cost_per_million  [USD / 1M tokens] of one mix
    """
    net = price * (1 - take_rate)
    if not net:
        return Unknown("a price of 0 has no margin")
    return (net - cost_per_million) / net


def price_that_pays(
    *,
    usd_per_hour: Decimal,
    peak_tokens_per_second: Decimal,
    utilization: Decimal,
    take_rate: Decimal,
) -> Decimal | Unknown:
    """The lowest blended price [USD / 1M tokens] that pays a replica at a utilization."""
    if not 0 < utilization <= 1 or peak_tokens_per_second <= 0:
        raise ValueError("utilization must be in (0, 1] and the peak above 0")
    needed = break_even_revenue(cost_usd=usd_per_hour, take_rate=take_rate)
    if isinstance(needed, Unknown):
        return needed
    return per_million(needed / (peak_tokens_per_second * utilization * SECONDS_PER_HOUR))


def advise(*, ours: Decimal | None, middle: Decimal, least: Decimal) -> Advice:
    """What to charge. All in [USD / 1M tokens] of one mix.

    ours    our price; None: none is set, so every advice is to set one
    middle  the market's median
    least   what pays the machine at PAYS_AT
    """
    if min(middle, least) < 0 or (ours is not None and ours < 0):
        raise ValueError("prices must be 0 or more")
    target = middle * (1 - UNDERCUT)
    if least > middle:
        return Advice(Verdict.LEAVE, None, least, target)
    price = max(target, least)
    if ours is not None and abs(ours - price) <= price * NEAR:
        verdict = Verdict.KEEP
    elif ours is not None and ours > price:
        verdict = Verdict.LOWER
    else:
        verdict = Verdict.RAISE
    return Advice(verdict, price, least, target)
