"""Whether what is being ordered can pay for itself, before anything is rented.

The formulas are the plan's (docs/formulas/plan-day.md), at the price of the order and for
the model's own traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.serving_day import DAY_HOURS, ServingDay
from economics.calc.token_mix import blended_rate_per_million
from economics.calc.unknown import Unknown
from economics.planner.money import OptionMoney, option_money
from economics.planner.option import Speed
from economics.planner.question import PlanQuestion
from economics.selectors.plan import what_if_of
from economics.selectors.replica_speed import Replica, replica_speed
from fleet.throughput.speed_question import SpeedQuestion


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What one replica of an order must sell.

    money          its day at `question`'s prices and traffic, always on
    speed, peak    of a full replica, and the tokens of the mix that it serves [tokens / s]
    prices_source  whose prices they are; is_priced: whether the model has one of ours
    missing        its speed, where a worker must still be asked for it
    """

    question: PlanQuestion
    money: OptionMoney
    speed: Speed | Unknown
    peak: Decimal | Unknown
    prices_source: str
    is_priced: bool
    missing: Sequence[SpeedQuestion]

    @property
    def tokens_per_hour(self) -> Decimal | Unknown:
        """[tokens / h] of the mix that pay for an hour of the replica."""
        day = self.money.day
        if isinstance(day, Unknown):
            return day
        needed = day.break_even_tokens
        return needed if isinstance(needed, Unknown) else needed / DAY_HOURS

    @property
    def earns_per_million(self) -> Decimal | Unknown:
        """[USD / 1M tokens of the mix] before the marketplace's part."""
        rates = self.money.rates
        if isinstance(rates, Unknown):
            return rates
        return blended_rate_per_million(self.money.assumed.mix, rates)


def order_money(
    replica: Replica, usd_per_hour: Decimal, *, now: datetime
) -> OrderMoney | Unknown:
    """What a replica must sell; Unknown, with the reason, where nothing can be said.

    usd_per_hour  [USD / h] of its GPUs and its disk
    """
    known = replica_speed(replica, now=now)
    if isinstance(known, Unknown):
        return known
    what_if, source = what_if_of(known.question, known.facts)
    speed = known.speed
    return OrderMoney(
        question=known.question,
        money=option_money(
            usd_per_hour=usd_per_hour,
            day=ServingDay(),
            throughput=speed if isinstance(speed, Unknown) else speed.throughput,
            rates=what_if.rates,
            assumed=what_if.assumed,
        ),
        speed=speed,
        peak=known.peak_tokens_per_second,
        prices_source=source,
        is_priced=known.facts.ours is not None,
        missing=known.missing,
    )
