"""Whether what is being ordered can pay for itself, before anything is rented.

The formulas are the plan's (docs/formulas/plan-day.md), at the price of the order and for
the model's own traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.hours import day_of
from economics.calc.serving_day import ServingDay
from economics.calc.token_mix import blended_rate_per_million
from economics.calc.unit_cost import peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.planner.money import NO_TIME, OptionMoney, option_money
from economics.planner.option import Speed
from economics.planner.question import PlanQuestion
from economics.selectors.kept_speeds import is_answered
from economics.selectors.machines import Load, Shape, fit_of, speed_of, speed_question
from economics.selectors.plan import what_if_of
from economics.selectors.plan_facts import model_facts
from economics.selectors.plan_question import defaults_of
from economics.selectors.planned_models import PlannedModel, Weights, planned_model
from economics.selectors.take_rates import TakeRates
from fleet.models import ModelVariant
from fleet.selectors.speeds import answers, evidence_stamp
from fleet.throughput.speed_question import SpeedQuestion

HOURS = Decimal(24)  # of a day that all figures are of; an hour's are a 24th


@dataclass(frozen=True, slots=True)
class Replica:
    """What one replica of an order is.

    usd_per_hour  [USD / h] of its GPUs and its disk
    """

    variant: ModelVariant
    gpu_type_id: str
    gpu_count: int
    max_model_len: int
    gpu_memory_utilization: Decimal
    usd_per_hour: Decimal


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What one replica of an order must sell.

    money          its day at `question`'s prices and traffic, always on
    speed          of a full replica, and how that is known
    prices_source  whose prices they are; is_priced: whether the model has one of ours
    missing        its speed, where a worker must still be asked for it
    """

    question: PlanQuestion
    money: OptionMoney
    speed: Speed | Unknown
    prices_source: str
    is_priced: bool
    missing: Sequence[SpeedQuestion]

    @property
    def peak_tokens_per_second(self) -> Decimal | Unknown:
        """[tokens / s] of the mix that a full replica serves."""
        if isinstance(self.speed, Unknown):
            return self.speed
        peak = peak_tokens_per_second(self.speed.throughput.seconds, self.money.assumed.mix)
        return NO_TIME if peak is None else peak

    @property
    def tokens_per_hour(self) -> Decimal | Unknown:
        """[tokens / h] of the mix that pay for an hour of the replica."""
        day = self.money.day
        if isinstance(day, Unknown):
            return day
        needed = day.break_even_tokens
        return needed if isinstance(needed, Unknown) else needed / HOURS

    @property
    def earns_per_million(self) -> Decimal | Unknown:
        """[USD / 1M tokens of the mix] before the marketplace's part."""
        rates = self.money.rates
        if isinstance(rates, Unknown):
            return rates
        return blended_rate_per_million(self.money.assumed.mix, rates)


def order_money(replica: Replica, *, now: datetime) -> OrderMoney | Unknown:
    """What a replica must sell; Unknown, with the reason, where nothing can be said.

    About four queries. A speed that nobody has worked out is in `missing`.
    """
    model = planned_model(replica.variant.served_model.slug)
    weights = None if model is None else _weights(model, replica.variant)
    if model is None or weights is None:
        return Unknown("how fast these weights are served is not known")
    facts = model_facts(model, now=now)
    shape_of_engine = {
        "max_model_len": replica.max_model_len,
        "gpu_memory_utilization": replica.gpu_memory_utilization,
        "hours": HOURS,
    }
    defaults = defaults_of(facts, TakeRates().on(day_of(now)))
    question = PlanQuestion(**(defaults | shape_of_engine))
    if faults := question.faults():
        return Unknown(" ".join(line for lines in faults.values() for line in lines))
    what_if, source = what_if_of(question, facts)
    speed, missing = _speed(question, model, weights, replica, now=now)
    return OrderMoney(
        question=question,
        money=option_money(
            usd_per_hour=replica.usd_per_hour,
            day=ServingDay(hours=HOURS),
            throughput=speed if isinstance(speed, Unknown) else speed.throughput,
            rates=what_if.rates,
            assumed=what_if.assumed,
        ),
        speed=speed,
        prices_source=source,
        is_priced=facts.ours is not None,
        missing=missing,
    )


def _weights(model: PlannedModel, variant: ModelVariant) -> Weights | None:
    return next(
        (each for each in model.weights if each.repository == variant.repository), None
    )


def _speed(
    question: PlanQuestion,
    model: PlannedModel,
    weights: Weights,
    replica: Replica,
    *,
    now: datetime,
) -> tuple[Speed | Unknown, list[SpeedQuestion]]:
    load = Load.of(question)
    shape = Shape(weights, replica.gpu_type_id, replica.gpu_count)
    fitting = fit_of(load, model, shape, False).fitting
    if not fitting.ok:
        return speed_of(None, {}), []
    asked = speed_question(load, model, shape, fitting, evidence_stamp(now=now))
    known = answers([asked])
    missing = [] if is_answered(known.get(asked.key)) else [asked]
    return speed_of(asked, known), missing
