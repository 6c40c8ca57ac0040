"""Which input of an option moves its day most: each alone, lower and higher."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from economics.calc.token_mix import TokenRates, blended_rate_per_million
from economics.calc.unit_cost import TokenSeconds, peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.planner.mix import completion_of, prompt_cached, turned_mix
from economics.planner.money import Throughput
from economics.planner.option import Machine, Speed, WhatIf, priced

SWING = Decimal("0.2")  # how far an input is moved where nothing says how sure it is
ONE = Decimal(1)
Turned = tuple[Machine, WhatIf]
Turn = Callable[[Decimal], tuple[Decimal, Turned]]


@dataclass(frozen=True, slots=True)
class Swing:
    """One input at a low and a high value, and the day's profit there [USD / day].

    unit    of the values: share [1], usd_per_million, usd_per_hour, tokens_per_second
    source  why it is moved that far
    """

    name: str
    unit: str
    low: Decimal
    low_usd: Decimal
    high: Decimal
    high_usd: Decimal
    source: str

    @property
    def width(self) -> Decimal:
        return abs(self.high_usd - self.low_usd)


def swings(machine: Machine, what_if: WhatIf) -> list[Swing] | Unknown:
    """The inputs that move the day of a machine, the widest first.

    The speed goes as far as the band of its evidence, every other input SWING to either
    side, but no further than it can. Unknown where the day is.
    """
    speed, rates = machine.speed, what_if.rates
    if isinstance(speed, Unknown):
        return speed
    if isinstance(rates, Unknown):
        return rates
    if isinstance(known := profit_of(machine, what_if), Unknown):
        return known
    found = list(_swings(machine, speed, what_if, rates))
    return sorted((each for each in found if each.width), key=lambda e: -e.width)


def _swings(
    machine: Machine, speed: Speed, what_if: WhatIf, rates: TokenRates
) -> Iterator[Swing]:
    """Every input that can be moved."""
    assumed = what_if.assumed
    mix = assumed.mix
    cached, completion = (
        Decimal(share.numerator) / share.denominator
        for share in (prompt_cached(mix), completion_of(mix))
    )
    peak = peak_tokens_per_second(speed.throughput.seconds, mix) or Decimal(0)
    price = blended_rate_per_million(mix, rates)
    rent = priced(machine, what_if).usd_per_hour
    gpus = machine.price.usd_per_gpu_hour * machine.gpu_count

    def at_speed(factor: Decimal) -> tuple[Decimal, Turned]:
        return peak * factor, (replace(machine, speed=faster(speed, factor)), what_if)

    def at_utilization(factor: Decimal) -> tuple[Decimal, Turned]:
        share = min(assumed.utilization * factor, ONE)
        turned = replace(assumed, utilization=share)
        return share, (machine, replace(what_if, assumed=turned))

    def at_price(factor: Decimal) -> tuple[Decimal, Turned]:
        return price * factor, (machine, replace(what_if, rates=times(rates, factor)))

    def at_rent(factor: Decimal) -> tuple[Decimal, Turned]:
        dearer = what_if.gpu_price_factor * factor
        change = gpus * (dearer - what_if.gpu_price_factor)
        return rent + change, (machine, replace(what_if, gpu_price_factor=dearer))

    def at_cached(factor: Decimal) -> tuple[Decimal, Turned]:
        share = min(cached * factor, ONE)
        other = turned_mix(mix, cached_share=share, completion_share=None)
        return share, (machine, replace(what_if, assumed=replace(assumed, mix=other)))

    def at_completion(factor: Decimal) -> tuple[Decimal, Turned]:
        share = min(completion * factor, ONE)
        other = turned_mix(mix, cached_share=None, completion_share=share)
        return share, (machine, replace(what_if, assumed=replace(assumed, mix=other)))

    def at_take_rate(factor: Decimal) -> tuple[Decimal, Turned]:
        share = min(assumed.take_rate * factor, ONE)
        turned = replace(assumed, take_rate=share)
        return share, (machine, replace(what_if, assumed=turned))

    aside = f"{SWING:.0%} to either side"
    band = f"the band of its evidence ({speed.kind})"
    yield from _swing(
        "speed of a full replica",
        "tokens_per_second",
        at_speed,
        speed.low,
        speed.high,
        band,
    )
    for name, unit, turn in (
        ("utilization", "share", at_utilization),
        ("our price", "usd_per_million", at_price),
        ("rent", "usd_per_hour", at_rent),
        ("cached share of the prompt", "share", at_cached),
        ("completion share", "share", at_completion),
        ("take rate", "share", at_take_rate),
    ):
        yield from _swing(name, unit, turn, ONE - SWING, ONE + SWING, aside)


def _swing(
    name: str, unit: str, turn: Turn, low: Decimal, high: Decimal, source: str
) -> Iterator[Swing]:
    """The input at both ends; nothing where an end has no day, as a mix without time."""
    (low_value, below), (high_value, above) = turn(low), turn(high)
    low_usd, high_usd = profit_of(*below), profit_of(*above)
    if not isinstance(low_usd, Unknown) and not isinstance(high_usd, Unknown):
        yield Swing(name, unit, low_value, low_usd, high_value, high_usd, source)


def profit_of(machine: Machine, what_if: WhatIf) -> Decimal | Unknown:
    """Profit of the day [USD]."""
    day = priced(machine, what_if).ours.day
    return day if isinstance(day, Unknown) else day.profit_usd


def faster(speed: Speed, factor: Decimal) -> Speed:
    """The same speed times a factor [1]."""
    seconds = speed.throughput.seconds
    each = (seconds.uncached_prompt, seconds.cached_prompt, seconds.completion)
    quicker = TokenSeconds(*(one / factor for one in each))
    return replace(speed, throughput=Throughput(quicker, speed.throughput.low))


def times(rates: TokenRates, factor: Decimal) -> TokenRates:
    """The same prices times a factor [1]."""
    return TokenRates(
        rates.uncached_prompt * factor,
        rates.cached_prompt * factor,
        rates.completion * factor,
    )
