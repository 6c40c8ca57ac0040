"""The strategy check: a written plan's claims beside what is computed today."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.planner.strategy.check import check_plan
from economics.planner.strategy.finding import Finding, Verdict
from economics.planner.strategy.founding_plan import FOUNDING_PLAN
from economics.selectors.planned_models import choices
from economics.selectors.strategy_world import today_world
from economics.views.strategy_form import OwnPlanForm
from fleet.access import viewer_required
from fleet.models import Precision
from fleet.services.speeds import want
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring

LOOK = {
    Verdict.HOLDS: "healthy",
    Verdict.STALE: "degraded",
    Verdict.UNPROVEN: "unknown",
    Verdict.WRONG: "down",
    Verdict.INCONSISTENT: "down",
    Verdict.IMPOSSIBLE: "down",
}


@require_GET
@viewer_required
def strategy(request: HttpRequest) -> HttpResponse:
    """The founding plan's check; with a plan in the address, that one's before it."""
    now = timezone.now()
    world = today_world(now=now)
    form = OwnPlanForm(request.GET) if "model" in request.GET else OwnPlanForm()
    own = form.plan() if form.is_bound else None
    founding = check_plan(FOUNDING_PLAN, world)
    if world.missing:
        want(world.missing, now=now)
        ring(estimate_speeds)
    context: dict[str, Any] = {
        "waiting": len(world.missing),
        "form": form,
        "own": None if own is None else shown(check_plan(own, world)),
        "plan": FOUNDING_PLAN,
        "sections": sections(founding),
        "counts": counts(founding),
        "model_choices": choices(),
        "precision_choices": Precision.choices,
        "now": now,
    }
    return render(request, "economics/strategy.html", context)


def shown(findings: list[Finding]) -> list[tuple[Finding, str]]:
    """Findings with the look of their verdict."""
    return [(each, LOOK[each.verdict]) for each in findings]


def sections(findings: list[Finding]) -> list[tuple[str, list[tuple[Finding, str]]]]:
    """Findings by the section of the plan, in the plan's order of its own numbers."""
    ordered = sorted(findings, key=lambda each: section_number(each.section))
    return [
        (name, shown(list(group)))
        for name, group in groupby(ordered, key=lambda each: each.section)
    ]


def section_number(section: str) -> tuple[int, str]:
    """The number that a section begins with; 0 without one."""
    head = section.split(".")[0]
    return (int(head) if head.isdigit() else 0, section)


def counts(findings: list[Finding]) -> list[tuple[str, str, int]]:
    """How many claims have each verdict: (word, look, count), worst first."""
    number = Counter(each.verdict for each in findings)
    return [(each.value, LOOK[each], number[each]) for each in Verdict if number[each]]
