"""How fast one replica of a shape serves some traffic: a plan's answer for one machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from economics.calc.hours import day_of
from economics.calc.unit_cost import peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.planner.money import NO_TIME
from economics.planner.option import Speed
from economics.planner.question import PlanQuestion
from economics.selectors.kept_speeds import is_answered
from economics.selectors.machines import (
    DOES_NOT_FIT,
    Load,
    Shape,
    fit_of,
    speed_of,
    speed_question,
)
from economics.selectors.plan_facts import ModelFacts, model_facts
from economics.selectors.plan_question import defaults_of
from economics.selectors.planned_models import PlannedModel, Weights, planned_model
from economics.selectors.take_rates import TakeRates
from fleet.models import ModelVariant
from fleet.selectors.speeds import answers, evidence_stamp
from fleet.throughput.speed_question import SpeedQuestion

NOT_KNOWN = Unknown("how fast these weights are served is not known")


@dataclass(frozen=True, slots=True)
class Replica:
    """What is asked about."""

    variant: ModelVariant
    gpu_type_id: str
    gpu_count: int
    max_model_len: int
    gpu_memory_utilization: Decimal


@dataclass(frozen=True, slots=True)
class ReplicaSpeed:
    """The answer.

    speed    of a full replica, and how that is known
    missing  the question, where a worker must still be asked for it
    """

    question: PlanQuestion
    facts: ModelFacts
    speed: Speed | Unknown
    missing: Sequence[SpeedQuestion]

    @property
    def peak_tokens_per_second(self) -> Decimal | Unknown:
        """[tokens / s] of the question's mix that a full replica serves."""
        if isinstance(self.speed, Unknown):
            return self.speed
        peak = peak_tokens_per_second(
            self.speed.throughput.seconds, self.question.token_mix
        )
        return NO_TIME if peak is None else peak


def replica_speed(
    replica: Replica, *, now: datetime, traffic: Mapping[str, Any] | None = None
) -> ReplicaSpeed | Unknown:
    """How fast a replica is; Unknown, with the reason, where nothing can be said.

    traffic  fields of a question that say what is served; None: the model's usual

    About four queries. A speed that nobody has worked out is in `missing`.
    """
    model = planned_model(replica.variant.served_model.slug)
    weights = None if model is None else _weights(model, replica.variant)
    if model is None or weights is None:
        return NOT_KNOWN
    facts = model_facts(model, now=now)
    engine = {
        "max_model_len": replica.max_model_len,
        "gpu_memory_utilization": replica.gpu_memory_utilization,
    }
    defaults = defaults_of(facts, TakeRates().on(day_of(now)))
    question = PlanQuestion(**(defaults | engine | dict(traffic or {})))
    if faults := question.faults():
        return Unknown(" ".join(line for lines in faults.values() for line in lines))
    speed, missing = _speed(question, model, weights, replica, now=now)
    return ReplicaSpeed(question, facts, speed, missing)


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
        return DOES_NOT_FIT, []
    asked = speed_question(load, model, shape, fitting, evidence_stamp(now=now))
    known = answers([asked])
    missing = [] if is_answered(known.get(asked.key)) else [asked]
    return speed_of(asked, known), missing
