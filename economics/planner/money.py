"""What one option earns and costs in a day. Formulas: docs/formulas/plan-day.md

The day's cost is a fixed part and a part that grows with utilization (serverless); its
net revenue grows with utilization alone. Break-even is where the two lines meet, and an
option whose lines do not meet by a utilization of 1 cannot break even.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from economics.calc.break_even import EARNS_NOTHING, KEEPS_NOTHING, BreakEvenUtilization
from economics.calc.serving_day import ServingDay
from economics.calc.token_mix import TokenMix, TokenRates, blended_rate
from economics.calc.unit_cost import (
    TokenSeconds,
    UnitCost,
    peak_tokens_per_second,
    unit_cost,
)
from economics.calc.unknown import Unknown

ONE_CENT = Decimal("0.01")  # per day: a profit below it is none
NO_TIME = Unknown("this mix takes no time of the GPUs, so it has no peak")


class PlanVerdict(StrEnum):
    """What a plan promises at its assumptions. `CANNOT` is never called difficult."""

    PROFITABLE = "profitable"
    UNSURE = "profitable only if the estimate holds"
    LOSES = "loses money"
    CANNOT = "cannot break even"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan takes for granted beside the machine.

    mix          of the tokens, as the traffic has it
    utilization  [1] filled time / serving time, in [0, 1]
    take_rate    [1] the marketplace's share of gross revenue, in [0, 1]
    """

    mix: TokenMix
    utilization: Decimal
    take_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        for name in ("utilization", "take_rate"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Throughput:
    """What a full replica does, and how far that may be off.

    seconds  of a full replica per token of each class
    low      [1] factor on the throughput at the low end of its error band, in (0, 1]
    """

    seconds: TokenSeconds
    low: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if not 0 < self.low <= 1:
            raise ValueError(f"the low end of a band must be in (0, 1], got {self.low}")

    def at_low_end(self) -> TokenSeconds:
        """The times when the throughput is at the low end of its band."""
        each = self.seconds
        return TokenSeconds(
            each.uncached_prompt / self.low,
            each.cached_prompt / self.low,
            each.completion / self.low,
        )


@dataclass(frozen=True, slots=True)
class PlanDay:
    """One day of one replica at one price list [USD / day], unrounded."""

    tokens: Decimal
    cost_usd: Decimal
    net_revenue_usd: Decimal
    break_even: BreakEvenUtilization | Unknown
    break_even_tokens: Decimal | Unknown
    possible_tokens: Decimal

    @property
    def profit_usd(self) -> Decimal:
        return self.net_revenue_usd - self.cost_usd

    @property
    def can_break_even(self) -> bool:
        return not isinstance(self.break_even, Unknown) and self.break_even.utilization <= 1


def plan_day(
    *,
    usd_per_hour: Decimal,
    day: ServingDay,
    seconds: TokenSeconds,
    rates: TokenRates,
    assumed: Assumptions,
) -> PlanDay | Unknown:
    """The day of a replica whose full speed is known. Unknown where it has no peak."""
    peak = peak_tokens_per_second(seconds, assumed.mix)
    if peak is None:
        return NO_TIME
    possible = peak * day.serving_seconds
    net_per_token = blended_rate(assumed.mix, rates) * (1 - assumed.take_rate)
    fixed = day.cost_usd(usd_per_hour, Decimal(0))
    variable = day.cost_usd(usd_per_hour, Decimal(1)) - fixed
    meets = _meeting_point(fixed, possible * net_per_token - variable, assumed, rates)
    return PlanDay(
        tokens=possible * assumed.utilization,
        cost_usd=day.cost_usd(usd_per_hour, assumed.utilization),
        net_revenue_usd=possible * assumed.utilization * net_per_token,
        break_even=meets,
        break_even_tokens=(
            meets if isinstance(meets, Unknown) else meets.utilization * possible
        ),
        possible_tokens=possible,
    )


def _meeting_point(
    fixed: Decimal, margin: Decimal, assumed: Assumptions, rates: TokenRates
) -> BreakEvenUtilization | Unknown:
    """Where margin × u = fixed. `margin` is what a full day earns above its own cost."""
    if assumed.take_rate == 1:
        return KEEPS_NOTHING
    if blended_rate(assumed.mix, rates) == 0:
        return EARNS_NOTHING
    if fixed == 0 and margin >= 0:
        return BreakEvenUtilization(Decimal(0))
    if margin <= 0:
        return Unknown("each hour of work costs more than it earns, at any utilization")
    return BreakEvenUtilization(fixed / margin)


@dataclass(frozen=True)
class OptionMoney:
    """The money of one option: its day at a price list, and what its tokens cost. What is
    unknown makes it unknown, never 0: without a throughput nothing is known but the rent;
    without a price a token has a cost, and the day has no profit and no break-even.

    Each figure is worked out when it is asked for: hundreds of options are put in order
    by their cost alone, and few of them are shown.
    """

    usd_per_hour: Decimal
    serving: ServingDay
    throughput: Throughput | Unknown
    rates: TokenRates | Unknown
    assumed: Assumptions

    @cached_property
    def usd_per_day(self) -> Decimal:
        """[USD] paid for the day at the assumed utilization, whatever is earned."""
        return self.serving.cost_usd(self.usd_per_hour, self.assumed.utilization)

    @cached_property
    def day(self) -> PlanDay | Unknown:
        """The day at the speed as it is known."""
        known = self.throughput
        return known if isinstance(known, Unknown) else self._day_at(known.seconds)

    @cached_property
    def low_day(self) -> PlanDay | Unknown:
        """The day at the low end of the speed's band."""
        known = self.throughput
        return known if isinstance(known, Unknown) else self._day_at(known.at_low_end())

    @cached_property
    def cost(self) -> UnitCost | Unknown:
        """[USD / 1M tokens] at the assumed utilization; Unknown at one of 0."""
        known = self.throughput
        if isinstance(known, Unknown):
            return known
        return _cost(self.usd_per_hour, self.serving, known.seconds, self.assumed)

    def _day_at(self, seconds: TokenSeconds) -> PlanDay | Unknown:
        if isinstance(self.rates, Unknown):
            return self.rates
        return plan_day(
            usd_per_hour=self.usd_per_hour,
            day=self.serving,
            seconds=seconds,
            rates=self.rates,
            assumed=self.assumed,
        )

    @property
    def verdict(self) -> PlanVerdict:
        """Profitable means at least a cent a day, at the low end of the band too."""
        if isinstance(self.day, Unknown) or isinstance(self.low_day, Unknown):
            return PlanVerdict.UNKNOWN
        if self.day.profit_usd >= ONE_CENT:
            sure = self.low_day.profit_usd >= ONE_CENT
            return PlanVerdict.PROFITABLE if sure else PlanVerdict.UNSURE
        return PlanVerdict.LOSES if self.day.can_break_even else PlanVerdict.CANNOT


def option_money(
    *,
    usd_per_hour: Decimal,
    day: ServingDay,
    throughput: Throughput | Unknown,
    rates: TokenRates | Unknown,
    assumed: Assumptions,
) -> OptionMoney:
    """Money of an option [USD] that is paid by `usd_per_hour` through `day`."""
    return OptionMoney(usd_per_hour, day, throughput, rates, assumed)


def _cost(
    usd_per_hour: Decimal, day: ServingDay, seconds: TokenSeconds, assumed: Assumptions
) -> UnitCost | Unknown:
    """Cost per million at what is sold: all that is paid, over the time that is filled."""
    filled = assumed.utilization * day.serving_seconds
    paid = day.paid_seconds(assumed.utilization)
    if filled == 0 or paid == 0:
        return Unknown("nothing is sold, so a token has no cost")
    return unit_cost(
        usd_per_hour=usd_per_hour,
        seconds=seconds,
        mix=assumed.mix,
        utilization=min(filled / paid, Decimal(1)),
    )
