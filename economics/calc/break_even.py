"""How much must be sold to pay for what is rented. Formulas: docs/formulas/break-even.md

One token basis on both sides: the mix, the peak throughput and the tokens asked for
all count prompt (cached too) plus completion tokens. A take rate makes the revenue
that is needed larger than the cost: cost / (1 - take rate).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from economics.calc.hours import SECONDS_PER_DAY, SECONDS_PER_HOUR
from economics.calc.money import per_million
from economics.calc.token_mix import TokenMix, TokenRates, blended_rate
from economics.calc.unknown import Unknown

KEEPS_NOTHING = Unknown("the take rate is 100%, so no revenue is left to pay the cost")
EARNS_NOTHING = Unknown("this token mix earns nothing at these token prices")
NO_PEAK = Unknown("the peak throughput of this deployment is not known")


class BreakEvenVerdict(StrEnum):
    """There is no word between: above 100% no amount of demand pays the rent."""

    CAN = "can break even"
    CANNOT = "cannot break even"


@dataclass(frozen=True)
class BreakEvenUtilization:
    """Share of peak throughput [1] at which net revenue equals cost; above 1: never."""

    utilization: Decimal

    @property
    def verdict(self) -> BreakEvenVerdict:
        return BreakEvenVerdict.CAN if self.utilization <= 1 else BreakEvenVerdict.CANNOT


def break_even_revenue(*, cost_usd: Decimal, take_rate: Decimal) -> Decimal | Unknown:
    """Gross revenue [USD] that leaves `cost_usd` after the take rate, unrounded.

    >>> round(break_even_revenue(cost_usd=Decimal(57), take_rate=Decimal("0.055")), 2)
    Decimal('60.32')
    """
    _check(cost_usd, take_rate)
    if take_rate == 1:
        return KEEPS_NOTHING
    return cost_usd / (1 - take_rate)


def break_even_tokens(
    *, cost_usd: Decimal, usd_per_token: Decimal, take_rate: Decimal
) -> Decimal | Unknown:
    """Tokens [1] whose net revenue pays a cost, unrounded.

    usd_per_token  gross, blended over the real mix, never negative
    """
    needed = break_even_revenue(cost_usd=cost_usd, take_rate=take_rate)
    if isinstance(needed, Unknown):
        return needed
    if usd_per_token < 0:
        raise ValueError(f"a token price must be 0 or more, got {usd_per_token}")
    if usd_per_token == 0:
        return EARNS_NOTHING
    return needed / usd_per_token


def break_even_tokens_per_day(
    *, usd_per_day: Decimal, mix: TokenMix | Unknown, rates: TokenRates, take_rate: Decimal
) -> Decimal | Unknown:
    """Tokens of this mix [tokens / day] whose net revenue pays `usd_per_day`, unrounded."""
    if isinstance(mix, Unknown):
        return mix
    return break_even_tokens(
        cost_usd=usd_per_day, usd_per_token=blended_rate(mix, rates), take_rate=take_rate
    )


def break_even_utilization(
    *,
    usd_per_hour: Decimal,
    peak_tokens_per_second: Decimal | None,
    mix: TokenMix | Unknown,
    rates: TokenRates,
    take_rate: Decimal,
) -> BreakEvenUtilization | Unknown:
    """Break-even tokens / tokens possible at peak, over the same time.

    usd_per_hour            [USD / replica-hour], rent and disk
    peak_tokens_per_second  [prompt + completion tokens / s] of one replica; None: unknown
    """
    tokens = break_even_tokens_per_day(
        usd_per_day=usd_per_hour * 24, mix=mix, rates=rates, take_rate=take_rate
    )
    if isinstance(tokens, Unknown):
        return tokens
    if peak_tokens_per_second is None:
        return NO_PEAK
    _check_peak(peak_tokens_per_second)
    return BreakEvenUtilization(tokens / (peak_tokens_per_second * SECONDS_PER_DAY))


def break_even_price_per_million(
    *,
    usd_per_hour: Decimal,
    peak_tokens_per_second: Decimal | None,
    utilization: Decimal,
    take_rate: Decimal,
) -> Decimal | Unknown:
    """Blended gross price [USD / 1M tokens] that pays the rent at a utilization.

    utilization  [1], tokens served / tokens possible at peak, in [0, 1]
    """
    if not 0 <= utilization <= 1:
        raise ValueError(f"utilization must be in [0, 1], got {utilization}")
    needed = break_even_revenue(cost_usd=usd_per_hour, take_rate=take_rate)
    if isinstance(needed, Unknown):
        return needed
    if peak_tokens_per_second is None:
        return NO_PEAK
    _check_peak(peak_tokens_per_second)
    if utilization == 0:
        return Unknown("at a utilization of 0 no token is sold, so no price pays the rent")
    return per_million(needed / (peak_tokens_per_second * utilization * SECONDS_PER_HOUR))


def _check(cost_usd: Decimal, take_rate: Decimal) -> None:
    if cost_usd < 0:
        raise ValueError(f"cost must be 0 or more, got {cost_usd}")
    if not 0 <= take_rate <= 1:
        raise ValueError(f"take rate must be a fraction in [0, 1], got {take_rate}")


def _check_peak(peak_tokens_per_second: Decimal) -> None:
    if peak_tokens_per_second <= 0:
        raise ValueError(f"peak throughput must be above 0, got {peak_tokens_per_second}")
