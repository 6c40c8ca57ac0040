"""Alerts: what is wrong now, what was, and what a person says to it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from fleet.access import operator_required, viewer_required
from fleet.models import (
    AlertChannel,
    AlertMessage,
    Deployment,
    Incident,
    MaintenanceWindow,
    Pod,
)
from fleet.selectors import alerts as selectors
from fleet.services.alerts import handling, maintenance
from fleet.shown_zone import shown_time
from fleet.views.undo import refreshed, undoable

PER_PAGE = 30
WHOLE = re.compile(r"[0-9]{1,5}", re.ASCII)
MOST_MINUTES = int(maintenance.LONGEST.total_seconds()) // 60


def _open_context() -> dict[str, Any]:
    now = timezone.now()
    return {
        "now": now,
        "incidents": selectors.open_incidents(),
        "windows": selectors.current_windows(now=now),
    }


@require_GET
@viewer_required
def alerts(request: HttpRequest) -> HttpResponse:
    """Open incidents, then those that are over."""
    page = Paginator(selectors.closed_incidents(), PER_PAGE).get_page(
        request.GET.get("page", "1")
    )
    context = _open_context() | {
        "page": page,
        "channel_count": AlertChannel.objects.filter(enabled=True).count(),
        "failing": AlertChannel.objects.filter(enabled=True, failures__gt=0),
        "dead_man": selectors.dead_man(),
    }
    return render(request, "fleet/alerts.html", context)


@require_GET
@viewer_required
def alerts_live(request: HttpRequest) -> HttpResponse:
    """The open ones as a fragment that reads itself again."""
    return render(request, "fleet/_alerts_open.html", _open_context())


@require_GET
@viewer_required
def alert_badge(request: HttpRequest) -> HttpResponse:
    """The number in the header as a fragment."""
    return render(
        request, "components/_alert_badge.html", {"alerts": selectors.open_count()}
    )


@require_GET
@viewer_required
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """One incident with its messages and what was said to it."""
    return _incident_page(request, pk)


def _incident_page(
    request: HttpRequest, pk: int, *, error: str = "", written: str = ""
) -> HttpResponse:
    found = get_object_or_404(
        Incident.objects.select_related("pod", "deployment").filter(
            opened_at__isnull=False
        ),
        pk=pk,
    )
    now = timezone.now()
    context = {
        "incident": found,
        "now": now,
        "is_snoozed": found.is_snoozed(now=now),
        "sent": AlertMessage.objects.filter(incident=found).select_related("channel"),
        "notes": found.notes.all(),
        "error": error,
        "written": written,
    }
    return render(request, "fleet/incident.html", context)


@require_POST
@operator_required
def incident_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that somebody is on it."""
    found = get_object_or_404(Incident, pk=pk)
    username = request.user.get_username()
    if handling.acknowledge(found, acting_user=username, now=timezone.now()):
        back = reverse("fleet:incident-acknowledge-back", args=[pk])
        undoable(request, f"You are on it: {found.title}.", back)
    else:
        messages.info(request, f"{found.title} is taken already, or over.")
    return redirect("fleet:incident", pk=pk)


@require_POST
@operator_required
def incident_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Send nothing about it for some hours."""
    found = get_object_or_404(Incident, pk=pk)
    hours = hours_asked(request)
    if hours is None:
        return _incident_page(request, pk, error=hours_fault(request))
    now, before = timezone.now(), found.snoozed_until
    until = handling.snooze(
        found, hours=hours, acting_user=request.user.get_username(), now=now
    )
    if until is None:
        messages.info(request, f"{found.title} is over; there is nothing to silence.")
    else:
        undoable(
            request,
            f"Nothing is sent about it until {shown_time(until)}; if it is still "
            "open then, it is said once more.",
            reverse("fleet:incident-snooze-back", args=[pk]),
            until=until.isoformat(),
            before=before.isoformat() if before is not None and before > now else "",
        )
    return redirect("fleet:incident", pk=pk)


@require_POST
@operator_required
def incident_acknowledge_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own acknowledgement back."""
    found = get_object_or_404(Incident, pk=pk)
    username = request.user.get_username()
    if handling.take_back_acknowledgement(found, acting_user=username, now=timezone.now()):
        messages.success(request, f"Nobody is on it: {found.title}.")
    else:
        messages.info(request, f"{found.title} is not taken by you, or over.")
    return refreshed(request)


@require_POST
@operator_required
def incident_snooze_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a snooze back: what was before it holds again."""
    found = get_object_or_404(Incident, pk=pk)
    try:
        until, before = instant_sent(request, "until"), instant_sent(request, "before")
        done = until is not None and handling.take_back_snooze(
            found,
            until=until,
            before=before,
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except ValueError as wrong:
        messages.error(request, f"{wrong} Nothing was changed.")
    else:
        if done:
            messages.success(request, f"The snooze of {found.title} is taken back.")
        else:
            messages.info(request, f"{found.title} is over, or was snoozed anew.")
    return refreshed(request)


def instant_sent(request: HttpRequest, name: str) -> datetime | None:
    """An instant that an Undo sends; None for an empty field. Raises ValueError."""
    text = request.POST.get(name, "")
    fault = f"{name.capitalize()} is {text[:40]!r}; write an instant with its zone."
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(fault) from None
    if at is not None and at.tzinfo is None:
        raise ValueError(fault)
    return at


@require_POST
@operator_required
def incident_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a word under an incident."""
    found = get_object_or_404(Incident, pk=pk)
    text = request.POST.get("text", "")
    try:
        handling.write_note(
            found, text, author=request.user.get_username(), now=timezone.now()
        )
    except ValueError as wrong:
        return _incident_page(request, pk, error=str(wrong), written=text[:1000])
    return redirect("fleet:incident", pk=pk)


@require_POST
@operator_required
def maintenance_begin(request: HttpRequest) -> HttpResponse:
    """Be quiet about a pod, a deployment or everything for some hours."""
    minutes, fault = length_asked(request)
    pod = _named(Pod, request.POST.get("pod", ""))
    deployment = _named(Deployment, request.POST.get("deployment", "")) if not pod else None
    if minutes is None:
        messages.error(request, fault)
        return _back_to(pod, deployment)
    window = maintenance.begin_maintenance(
        minutes=minutes,
        pod=pod,
        deployment=deployment,
        acting_user=request.user.get_username(),
        now=timezone.now(),
    )
    messages.success(
        request,
        f"Maintenance of {window.subject} until {shown_time(window.ends_at)}: "
        "nobody is told of it. Costs go on.",
    )
    return _back_to(pod, deployment)


@require_POST
@operator_required
def maintenance_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a maintenance before its time."""
    window = get_object_or_404(
        MaintenanceWindow.objects.select_related("pod", "deployment"), pk=pk
    )
    username = request.user.get_username()
    if maintenance.end_maintenance(window, acting_user=username, now=timezone.now()):
        messages.success(
            request,
            f"Maintenance of {window.subject} has ended; what is still open is told now.",
        )
    else:
        messages.info(request, f"Maintenance of {window.subject} had ended already.")
    return _back_to(window.pod, window.deployment)


def _named(model: Any, written: str) -> Any:
    """The row of a number in a form; None for an empty field. Raises Http404."""
    if not written:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", written, re.ASCII):
        raise Http404("There is no such row.")
    return get_object_or_404(model, pk=int(written))


def _back_to(pod: Pod | None, deployment: Deployment | None) -> HttpResponse:
    if pod is not None:
        return redirect("fleet:pod", pk=pod.pk)
    if deployment is not None:
        return redirect("fleet:deployment", pk=deployment.pk)
    return redirect("fleet:list")


def length_asked(request: HttpRequest) -> tuple[int | None, str]:
    """The minutes of a maintenance, sent as such or as whole hours; or what is wrong."""
    if "minutes" not in request.POST:
        hours = hours_asked(request)
        return (None, hours_fault(request)) if hours is None else (hours * 60, "")
    text = request.POST["minutes"].strip()
    if WHOLE.fullmatch(text) and 1 <= int(text) <= MOST_MINUTES:
        return int(text), ""
    return None, f"Minutes is {text[:20]!r}; write a whole number from 1 to {MOST_MINUTES}."


def hours_asked(request: HttpRequest) -> int | None:
    """A whole number of hours from 1 to 168; None for anything else."""
    text = request.POST.get("hours", "").strip()
    if WHOLE.fullmatch(text) and 1 <= int(text) <= handling.MOST_SNOOZE_HOURS:
        return int(text)
    return None


def hours_fault(request: HttpRequest) -> str:
    said = request.POST.get("hours", "").strip()[:20]
    return f"Hours is {said!r}; write a whole number from 1 to 168."
