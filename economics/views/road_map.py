"""The road map: the plan's steps as they stand, its gates, and the marketplace's list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from economics.calc.road_map import StepState, next_step
from economics.selectors.decisions.answer import decide
from economics.selectors.decisions.kept_gates import changes_since, kept_until
from economics.selectors.decisions.road_map import HAND_KEYS, road_map
from economics.services.gates import keep_gates
from economics.services.onboarding import set_tick
from economics.services.policies import PolicyRefused
from fleet.access import operator_required, viewer_required

CHANGES_SHOWN = timedelta(days=30)
LOOK = {
    StepState.DONE: "healthy",
    StepState.AHEAD: "degraded",
    StepState.DUE: "starting",
    StepState.WAITING: "stopped",
    StepState.LATER: "unknown",
}


@require_GET
@viewer_required
def roadmap(request: HttpRequest) -> HttpResponse:
    """The plan's steps with dates, what is missing for the next one, and the list."""
    now = timezone.now()
    found = decide(now=now, gates_only=True)
    road = road_map(found, now=now)
    kept = kept_until(now=now)
    context: dict[str, Any] = {
        "now": now,
        "road": road,
        "steps": [(each, LOOK[each.state]) for each in road.steps],
        "next": next_step(road.steps),
        "gates": found.gates,
        "kept_at": kept[0].evaluated_at if kept else None,
        "changes": list(reversed(changes_since(kept, since=now - CHANGES_SHOWN))),
        "open_items": sum(1 for each in road.items if not each.is_done),
    }
    return render(request, "economics/roadmap.html", context)


@require_POST
@operator_required
def evaluate(request: HttpRequest) -> HttpResponse:
    """Judge every gate now and keep the answer."""
    now = timezone.now()
    rows = keep_gates(
        decide(now=now, gates_only=True),
        acting_user=request.user.get_username(),
        now=now,
    )
    messages.success(request, f"The gates of {len(rows)} fleets were judged and kept.")
    return redirect("economics:roadmap")


@require_POST
@operator_required
def tick(request: HttpRequest) -> HttpResponse:
    """Tick an item of the list by hand, or take the tick back."""
    item = request.POST.get("item", "")[:40]
    done = request.POST.get("done", "") == "yes"
    try:
        row = set_tick(
            item,
            done,
            known=HAND_KEYS,
            note=request.POST.get("note", ""),
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except PolicyRefused as refused:
        for sentence in refused.errors.values():
            messages.error(request, f"{sentence} Nothing was changed.")
    else:
        if row is not None:
            messages.success(request, f"Noted: {row}.")
    return redirect("economics:roadmap")
