"""GET /api/v1/plan: every way to serve a model, as on the plan page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.hours import day_of
from economics.selectors.plan import answer
from economics.selectors.plan_facts import model_facts
from economics.selectors.plan_json import plan_json
from economics.selectors.plan_narrowing import Narrowing, narrowed
from economics.selectors.plan_question import FIELDS, MIX, PlanRefused, question_of
from economics.selectors.take_rates import TakeRates
from fleet.services.speeds import MOST_WANTED, want
from fleet.sizing.precision import PRECISIONS
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring
from kerne_site.api import (
    Asked,
    Endpoint,
    Parameter,
    a_flag,
    a_name,
    a_whole_number,
    api_view,
    one_of,
)
from kerne_site.api import schemas as s
from kerne_site.api.endpoints.models import MODEL, model_asked
from kerne_site.api.endpoints.plan_answer import PLAN_ANSWER

MOST_GPUS = 1024


@api_view()
def plan(request: HttpRequest) -> dict[str, Any]:
    """The options of a question, ranked; speeds that nobody knows yet are asked for."""
    asked, now = Asked(request.GET), timezone.now()
    written = {
        each.name: asked.take(each.name, a_name, default="") for each in (*FIELDS, MIX)
    }
    wanted = Narrowing(
        gpu=asked.take("gpu", a_name, default=""),
        count=asked.take("count", a_whole_number(1, MOST_GPUS), default=None),
        precision=asked.take("precision", one_of(list(PRECISIONS)), default=""),
    )
    changes = asked.take("changes", a_flag, default=False)
    facts = model_facts(model_asked(asked), now=now)
    try:
        question = question_of(written, facts, take_rate=TakeRates().on(day_of(now)))
    except PlanRefused as refused:
        asked.refuse_all(refused.errors)
        asked.check()
        raise  # not reached: a refusal has at least one sentence
    found = narrowed(answer(question, facts, now=now, with_changes=changes), wanted)
    if found.missing:
        want(found.missing[:MOST_WANTED], now=now)
        ring(estimate_speeds)
    return {"as_of": now, **plan_json(found, with_changes=changes)}


NUMBER_TEXT = {"type": "number"}
PLAN = Endpoint(
    path="plan",
    view=plan,
    line="Every way to serve a model: fit, speed, cost per token, break-even, profit.",
    parameters=(
        MODEL,
        *(
            Parameter(
                each.name,
                each.line,
                s.WHOLE if each.is_whole else NUMBER_TEXT,
                example=each.example,
            )
            for each in FIELDS
        ),
        Parameter(MIX.name, MIX.line, s.TEXT, example=MIX.example),
        Parameter("gpu", "Only GPUs whose name has this in it.", s.TEXT, example="H200"),
        Parameter("count", "Only replicas of so many GPUs.", s.WHOLE),
        Parameter("precision", "Only weights in it.", s.words(*PRECISIONS)),
        Parameter("changes", "true: also what would make the others fit.", s.FLAG),
    ),
    answer=PLAN_ANSWER,
)
