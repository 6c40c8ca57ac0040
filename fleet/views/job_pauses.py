"""Pausing a job of the schedule and ending a pause: done at once, with an undo."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from celery import current_app
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from fleet.access import operator_required
from fleet.forms import InstantField
from fleet.selectors.jobs import last_name
from fleet.services.job_pauses import pause_job, resume_job
from fleet.services.refused import Refused
from fleet.shown_zone import shown_time
from fleet.views.undo import refreshed, undoable

HOURS = {"1h": 1, "4h": 4}
TOMORROW, TYPED = "tomorrow", "until"
LENGTHS = (
    ("1h", "1 h"),
    ("4h", "4 h"),
    (TOMORROW, "until tomorrow 00:00 UTC"),
    (TYPED, "until the time below"),
)
AT_MOST = "a time within 7 days such as 2026-03-01 14:00"


@require_POST
@operator_required
def job_pause(request: HttpRequest, name: str) -> HttpResponse:
    """Let a job of the schedule rest; any other name is not found."""
    job, now = known_job(name), timezone.now()
    user = request.user.get_username()
    try:
        until = until_asked(request, now=now)
        before = pause_job(job, until=until, acting_user=user, now=now)
    except Refused as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
        return back(request)
    sentence = f"{job} is paused until {shown_time(until)}; a run that goes on ends first."
    if before is None:
        undoable(request, sentence, reverse("fleet:job-resume", args=[name]))
    else:
        undo_by_pause(request, sentence, name, before)
    return back(request)


@require_POST
@operator_required
def job_resume(request: HttpRequest, name: str) -> HttpResponse:
    """End a pause before its time."""
    job = known_job(name)
    user = request.user.get_username()
    before = resume_job(job, acting_user=user, now=timezone.now())
    if before is None:
        messages.info(request, f"{job} was not paused any more.")
    else:
        undo_by_pause(request, f"{job} runs by its schedule again.", name, before)
    return back(request)


def known_job(name: str) -> str:
    """The job's own name. Raises Http404 for what is not in the schedule."""
    entry = current_app.conf.beat_schedule.get(name)
    if entry is None:
        raise Http404(f"No job is called {name!r}.")
    return last_name(entry["task"])


def until_asked(request: HttpRequest, *, now: datetime) -> datetime:
    """The end of the pause that the form asks for. Raises Refused with a sentence."""
    asked = request.POST.get("for", "")
    if asked in HOURS:
        return now + timedelta(hours=HOURS[asked])
    if asked == TOMORROW:
        tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), UTC)
    if asked != TYPED:
        raise Refused.because(
            f"For is {asked[:20]!r}; choose one of {', '.join(dict(LENGTHS))}.", field="for"
        )
    field = InstantField(label="Until", right=AT_MOST)
    try:
        until = field.clean(request.POST.get("until", ""))
    except forms.ValidationError as wrong:
        raise Refused.because(" ".join(wrong.messages), field="until") from wrong
    if until is None:
        raise Refused.because(f"Until is empty; write {AT_MOST}.", field="until")
    return until


def undo_by_pause(request: HttpRequest, sentence: str, name: str, until: datetime) -> None:
    """Say what was done; Undo pauses the job until then again."""
    address = reverse("fleet:job-pause", args=[name])
    undoable(request, sentence, address, **{"for": TYPED, "until": until.isoformat()})


def back(request: HttpRequest) -> HttpResponse:
    """The jobs; the page that sent an undo reads itself again."""
    if request.headers.get("HX-Request"):
        return refreshed(request)
    return redirect("fleet:jobs")
