"""What an address asks of the plan, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, QueryDict

from economics.calc.hours import day_of
from economics.planner.option import PlanOption
from economics.selectors.plan import PlanAnswer, answer
from economics.selectors.plan_facts import ModelFacts, model_facts
from economics.selectors.plan_filter import Choices, filter_choices, narrowed
from economics.selectors.planned_models import choices, planned_model
from economics.selectors.take_rates import TakeRates
from economics.views.plan_form import PlanForm
from fleet.services.speeds import MOST_WANTED, want
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring

FIRST_MODEL = "llama-3.1-8b"  # before one is chosen


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asked, and the answer; None where the form says what is wrong."""

    form: PlanForm
    models: list[tuple[str, str]]
    facts: ModelFacts | None
    answer: PlanAnswer | None
    filters: Choices = field(default_factory=dict)


def asked(request: HttpRequest, *, now: datetime) -> Asked:
    """The question of an address with its answer; missing speeds are asked for."""
    seen = answer_of(request.GET, now=now)
    if seen.answer is not None and seen.answer.missing:
        want(seen.answer.missing[:MOST_WANTED], now=now)
        ring(estimate_speeds)
    return seen


def answer_of(address: QueryDict, *, now: datetime, with_changes: bool = False) -> Asked:
    """The question of an address with its answer; changes nothing."""
    models = choices()
    slug = str(address.get("model", "")).replace("\x00", "")[:80]
    model = planned_model(slug or FIRST_MODEL)
    facts = None if model is None else model_facts(model, now=now)
    initial: dict[str, Any] = {"take_rate": TakeRates().on(day_of(now))}
    if facts is not None:
        initial |= {"model": facts.model.slug, **facts.form_defaults}
    form = PlanForm(address, initial=initial)
    if facts is None:
        form.is_valid()
        form.add_error(
            "model",
            f"Model {slug[:60]!r} is unknown; choose one of the {len(models)} listed, or "
            "bring its config.json.",
        )
        return Asked(form, models, None, None)
    question = form.question()
    if question is None:
        return Asked(form, models, facts, None)
    found = answer(question, facts, now=now, with_changes=with_changes)
    filters = filter_choices(found)
    wanted = form.filter(filters)
    narrow = None if wanted is None else narrowed(found, wanted)
    return Asked(form, models, facts, narrow, filters)


def chosen_of(found: PlanAnswer, key: str) -> PlanOption | None:
    """The option that the address names, else the first that fits."""
    option = found.option(key)
    if option is not None:
        return option
    return found.fitting[0] if found.fitting else None
