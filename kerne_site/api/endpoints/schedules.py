"""GET /api/v1/schedules and /api/v1/schedules/{id}: what was asked, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest

from economics.models import PlanStatus, SchedulePlan
from economics.selectors.schedules.answer import IMPOSSIBLE, MISSING, SOLVED
from kerne_site.api import Asked, Endpoint, Parameter, a_name, a_whole_number, api_view
from kerne_site.api import schemas as s

MOST, USUAL = 200, 50
LARGEST_ID = 2**31 - 1


@api_view()
def schedules(request: HttpRequest) -> dict[str, Any]:
    """The newest questions with their figures, without the hours."""
    asked = Asked(request.GET)
    model = asked.take("model", a_name, default=None)
    limit = asked.take("limit", a_whole_number(1, MOST), default=USUAL)
    asked.check()
    plans = SchedulePlan.objects.without_bodies()
    if model is not None:
        plans = plans.filter(model=model)
    return {"schedules": [summary(plan) for plan in plans[:limit]]}


@api_view()
def schedule(request: HttpRequest, id: int) -> dict[str, Any]:
    """One question with its whole answer. Raises Http404."""
    Asked(request.GET).check()
    plan = SchedulePlan.objects.filter(pk=id).first() if id <= LARGEST_ID else None
    if plan is None:
        raise Http404(f"there is no schedule {id}; see /api/v1/schedules.")
    return summary(plan) | {"answer": answer_of(plan.answer) if plan.answer else None}


def summary(plan: SchedulePlan) -> dict[str, Any]:
    """What the list tells of a question."""
    return {
        "id": plan.pk,
        "model": plan.model,
        "simulated": plan.simulated,
        "status": plan.status,
        "outcome": plan.outcome or None,
        "why": plan.why,
        "question": dict(plan.question),
        "seed": plan.seed,
        "asked_by": plan.asked_by,
        "asked_at": plan.asked_at,
        "worked_at": plan.worked_at,
        "finished_at": plan.finished_at,
        "prices_from": plan.prices_from,
        "profit_usd": plan.profit_usd,
        "proven_gap": plan.gap,
        "solver_seconds": plan.solver_seconds,
    }


def answer_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The kept answer in the API's words; null where an answer has no such figure."""
    solved = kept["state"] == SOLVED
    start = kept.get("start")
    return {
        "state": kept["state"],
        "sentences": kept["sentences"],
        "headline": kept.get("headline", ""),
        "solver": kept["solver"],
        "start": None if start is None else datetime.fromisoformat(start),
        "unknown_hours": kept["unknown_hours"],
        **{name: _usd(kept, name) for name in AMOUNTS},
        "starts": kept.get("starts"),
        "limits_reached": kept.get("reached", []),
        "hours": [hour_of(each) for each in kept["hours"]] if solved else [],
        "rules": [_decimals(each, RULE_AMOUNTS) for each in kept.get("rules", [])],
        "fleet_hours": fleet_hours_of(kept["fleet_hours"]) if solved else None,
        "candidates": [candidate_of(each) for each in kept["candidates"]],
        "left_out": kept["left_out"],
        "inputs": kept["inputs"],
        "risk": kept.get("risk"),
    }


AMOUNTS = (
    *("profit_usd", "profit_usd_per_day", "revenue_usd", "cost_usd", "fixed_usd"),
    *("most_profit_usd", "gap_usd"),
)
RULE_AMOUNTS = ("profit_usd", "revenue_usd", "cost_usd")
HOUR_AMOUNTS = ("revenue_usd", "cost_usd", "profit_usd")
CANDIDATE_TEXTS = (
    *("key", "words", "kind", "provider", "cloud", "gpu_type_id", "precision"),
    *("repository", "price_source", "price_age", "interruptions", "stock"),
    *("speed", "speed_source"),
)
CANDIDATE_AMOUNTS = ("usd_per_hour", "usd_per_gpu_hour", "start_seconds")


def _usd(kept: Mapping[str, Any], name: str) -> Decimal | None:
    return None if kept.get(name) is None else Decimal(kept[name])


def _decimals(kept: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return dict(kept) | {name: _usd(kept, name) for name in names}


def hour_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """One hour; `served_share` is of the whole demand."""
    return {
        "hour": datetime.fromisoformat(kept["at"]),
        "demand_tokens": kept["tokens"],
        "our_tokens": kept["ours_tokens"],
        "capacity_tokens": kept["capacity_tokens"],
        "served_share": Decimal(kept["served"][0]),
        "replicas": kept["replicas"],
        **{name: Decimal(kept[name]) for name in HOUR_AMOUNTS},
    }


def fleet_hours_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as deployments keep hours; rows of before workers were kept have none."""
    told = {"leaves_serverless": False} | _decimals(kept, ("profit_usd", "less_usd"))
    return told | {"levels": [{"workers": 0} | level for level in kept["levels"]]}


def candidate_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """One machine that was planned with."""
    return {
        **{name: kept.get(name, "") for name in CANDIDATE_TEXTS},
        **{name: Decimal(kept[name]) for name in CANDIDATE_AMOUNTS},
        "gpu_count": kept["gpu_count"],
        "running": kept["running"],
        "price_observed_at": datetime.fromisoformat(kept["price_observed_at"]),
    }


SUMMARY: dict[str, s.Schema] = {
    "id": s.WHOLE,
    "model": s.TEXT,
    "simulated": s.FLAG,
    "status": s.words(*PlanStatus.values),
    "outcome": s.or_null(s.words(SOLVED, MISSING, IMPOSSIBLE)),
    "why": s.described(s.TEXT, "Why it failed, what is missing, or which limits conflict."),
    "question": s.described(s.table(s.TEXT), "Every field as it was written."),
    "seed": s.WHOLE,
    "asked_by": s.TEXT,
    "asked_at": s.INSTANT,
    "worked_at": s.described(
        s.or_null(s.INSTANT), "Whose rows, prices and offers the answer is of."
    ),
    "finished_at": s.or_null(s.INSTANT),
    "prices_from": s.described(
        s.or_null(s.INSTANT), "When the oldest machine price was read."
    ),
    "profit_usd": s.described(s.or_null(s.DECIMAL), "Over all hours."),
    "proven_gap": s.described(
        s.or_null(s.DECIMAL), "The share of it that a better schedule might earn more."
    ),
    "solver_seconds": s.or_null(s.DECIMAL),
}
HOUR = s.record(
    hour=s.INSTANT,
    demand_tokens=s.WHOLE,
    our_tokens=s.WHOLE,
    capacity_tokens=s.described(s.WHOLE, "Of the rented replicas, in the hour's mix."),
    served_share=s.described(s.DECIMAL, "Of the whole demand."),
    replicas=s.described(s.many(s.WHOLE), "Of each candidate, in their order."),
    **{name: s.DECIMAL for name in HOUR_AMOUNTS},
)
RULE = s.record(
    rule=s.TEXT,
    setting=s.TEXT,
    **{name: s.or_null(s.DECIMAL) for name in RULE_AMOUNTS},
    starts=s.or_null(s.WHOLE),
    breaks=s.described(s.many(s.TEXT), "Limits that it does not keep."),
    why_not=s.TEXT,
)
FLEET_HOURS = s.record(
    profit_usd=s.DECIMAL,
    less_usd=s.described(s.DECIMAL, "Than the answer, as a deployment knows two numbers."),
    breaks=s.many(s.TEXT),
    leaves_serverless=s.described(
        s.FLAG, "What serverless takes in the answer is not in it."
    ),
    levels=s.many(
        s.record(
            inside=s.WHOLE,
            outside=s.WHOLE,
            hours=s.described(s.TEXT, "A 1 for each hour inside, from the first on."),
            words=s.TEXT,
            workers=s.described(
                s.WHOLE, "The most of its endpoint, which knows no hours; 0: it is pods."
            ),
        )
    ),
)
CANDIDATE = s.record(
    **{name: s.TEXT for name in CANDIDATE_TEXTS},
    **{name: s.DECIMAL for name in CANDIDATE_AMOUNTS},
    gpu_count=s.WHOLE,
    running=s.described(s.WHOLE, "Replicas that ran when it was worked out."),
    price_observed_at=s.INSTANT,
)
ANSWER = s.record(
    state=s.words(SOLVED, MISSING, IMPOSSIBLE),
    sentences=s.many(s.TEXT),
    headline=s.TEXT,
    solver=s.TEXT,
    start=s.described(s.or_null(s.INSTANT), "The first hour."),
    unknown_hours=s.described(s.or_null(s.WHOLE), "Hours that nobody counted."),
    **{name: s.or_null(s.DECIMAL) for name in AMOUNTS},
    starts=s.or_null(s.WHOLE),
    limits_reached=s.many(s.TEXT),
    hours=s.many(HOUR),
    rules=s.many(RULE),
    fleet_hours=s.or_null(FLEET_HOURS),
    candidates=s.many(CANDIDATE),
    left_out=s.many(s.record(what=s.TEXT, why=s.TEXT)),
    inputs=s.many(
        s.record(name=s.TEXT, value=s.TEXT, source=s.TEXT, age=s.TEXT, tag=s.TEXT)
    ),
    risk=s.described(
        s.or_null({"type": "object"}),
        "Drawn worlds, tornado and what limits are worth, as `schedule --risk --json`.",
    ),
)
SCHEDULES = Endpoint(
    path="schedules",
    view=schedules,
    line="Schedules that were asked for, the newest first, with profit and proven gap.",
    parameters=(
        Parameter("model", "Only those of one model, by its slug; all.", s.TEXT),
        Parameter("limit", f"At most so many, up to {MOST}; {USUAL}.", s.WHOLE),
    ),
    answer=s.record(schedules=s.many(s.record(**SUMMARY))),
)
SCHEDULE = Endpoint(
    path="schedules/{id}",
    view=schedule,
    line="A schedule: replicas by the hour, its money, the simple strategies, its inputs.",
    parameters=(
        Parameter(
            "id", "Of a schedule.", s.WHOLE, required=True, example="1", place="path"
        ),
    ),
    answer=s.record(**SUMMARY, answer=s.or_null(ANSWER)),
)
