"""What the frame of every page shows: whether anybody still works on the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required, why_not
from fleet.selectors import heartbeats
from fleet.selectors.spending import open_stop
from fleet.services.roles import Role


@dataclass(frozen=True)
class Silence:
    """Nobody works: since when, in two sentences."""

    headline: str
    detail: str


def silence(*, now: datetime) -> Silence | None:
    """The banner's words; None while the worker and the scheduler are heard."""
    heartbeat = heartbeats(now=now)
    if not heartbeat.is_silent:
        return None
    if heartbeat.last_run_at is None:
        return Silence(
            "No job has run yet.",
            "Pods are not watched and nothing is booked until a worker and beat run.",
        )
    last = heartbeat.last_run_at
    when = (
        f"{last:%H:%M} UTC" if last.date() == now.date() else f"{last:%Y-%m-%d %H:%M} UTC"
    )
    return Silence(
        f"Numbers below stop at {when}.",
        "No job has run since: the worker or beat is silent. Pods go on costing money.",
    )


@require_GET
@viewer_required
def silence_banner(request: HttpRequest) -> HttpResponse:
    """The banners and the spending switch as a fragment."""
    context = {
        "silence": silence(now=timezone.now()),
        "spending_stop": open_stop(),
        "may_operate": not why_not(request.user, Role.OPERATOR),
        "is_fragment": True,
    }
    return render(request, "components/_silence.html", context)
