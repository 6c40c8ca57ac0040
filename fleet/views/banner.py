"""What the frame of every page shows: whether anybody still works on the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required, why_not
from fleet.selectors import Frame, frame
from fleet.selectors.jobs import Heartbeat
from fleet.selectors.listings import stale_listings
from fleet.services.roles import Role
from fleet.shown_zone import shown_time, shown_zone

NOT_DONE = {
    "reconcile": "Nothing was rented or ended",
    "probe": "No pod was probed",
    "settle_usage": "No token was counted",
}


@dataclass(frozen=True)
class Silence:
    """Nobody works: since when, in two sentences."""

    headline: str
    detail: str


def silence(seen: Frame, *, now: datetime) -> Silence | None:
    """The banner's words; None while the worker and the scheduler are heard."""
    heartbeat = seen.heartbeat
    if not heartbeat.is_silent:
        if heartbeat.silent_jobs:
            return partly(heartbeat)
        return unlisted(heartbeat, now=now) or held(seen.hold)
    if heartbeat.last_run_at is None:
        return Silence(
            "No job has run yet.",
            "Pods are not watched and nothing is booked until a worker and beat run.",
        )
    last = heartbeat.last_run_at
    zone = shown_zone()
    is_today = last.astimezone(zone).date() == now.astimezone(zone).date()
    when = shown_time(last, "%H:%M") if is_today else shown_time(last)
    return Silence(
        f"Numbers below stop at {when}.",
        "No job has run since: the worker or beat is silent. Pods go on costing money.",
    )


def partly(heartbeat: Heartbeat) -> Silence:
    """Some of the jobs run and others do not: a queue has no worker."""
    name, since = min(heartbeat.silent_jobs.items(), key=lambda each: each[1])
    return Silence(
        f"{NOT_DONE[name]} since {shown_time(since)}.",
        "Other jobs run: the worker of this queue is silent. See the jobs page.",
    )


def unlisted(heartbeat: Heartbeat, *, now: datetime) -> Silence | None:
    """The provider gives no complete list of something: what of it bills is not seen."""
    stale = stale_listings(heartbeat.listings, now=now)
    if not stale:
        return None
    said = ", ".join(
        f"{each.words} since {shown_time(each.read_at)}"
        if each.read_at
        else f"{each.words} yet"
        for each in stale
    )
    spending = "" if settings.KERNE_SANDBOX else " No new spending is started meanwhile."
    return Silence(
        f"Not listed by {settings.PROVIDER_NAME}: {said}.",
        f"What of them is billed is not seen; see the jobs page for the reason.{spending}",
    )


def held(reason: str) -> Silence | None:
    """The health rules hold still: many pods fell at once, and so did the canary."""
    return Silence("No pod is restarted or ended by rule.", reason) if reason else None


@require_GET
@viewer_required
def silence_banner(request: HttpRequest) -> HttpResponse:
    """The banners and the spending switch as a fragment."""
    seen = frame(now=(now := timezone.now()))
    context = {
        "silence": silence(seen, now=now),
        "spending_stop": seen.stop,
        "may_operate": not why_not(request.user, Role.OPERATOR),
        "is_fragment": True,
    }
    return render(request, "components/_silence.html", context)
