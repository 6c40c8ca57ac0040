"""Pausing a job of the schedule until an instant. The row is the truth: the job's shell
reads it when it is rung, so a lost or late message pauses nothing longer or shorter.

Only work that may wait can be paused: nothing bills, ends, warns or is booked later for
it, and nobody's page waits for it. Everything else names why it may not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from fleet.models import JobPause
from fleet.services import audit
from fleet.services.refused import Refused

LONGEST = timedelta(days=7)
PAUSABLE = frozenset({"read_market", "watch_market", "housekeeping", "tidy_requests"})

ENDS = "it ends what must end and finds what bills unseen"
RENTS = "what is ordered would not be rented, and its failures not be seen"
WATCHES = "limits and alerts rest on what it reads"
BOOKS = "tokens, costs and closed days would come late into the books"
ASKED = "a page that asked waits for its answer"
WHY_NEVER = {  # by the job's own name; a new job is not paused before it is weighed
    "reconcile": ENDS,
    "list_cloud": ENDS,
    "tend_resources": ENDS,
    "watch_spot": ENDS,
    "provision_requested": RENTS,
    "refresh_catalog": "plans and launches are priced by what it reads",
    "read_balance": WATCHES,
    "check_guardrails": WATCHES,
    "watch_alerts": WATCHES,
    "send_alerts": "nobody would be told; a maintenance silences what is known",
    "ping_deadman": "whoever waits for the sign of life would be called",
    "probe": WATCHES,
    "renew_leases": "pods that do not hear of us end themselves",
    "read_boot_logs": "a log that is gone is not read later",
    "settle_usage": BOOKS,
    "accrue_costs": BOOKS,
    "read_billing": BOOKS,
    "close_days": BOOKS,
    "keep_peaks": "a day is closed with the utilization that it knows",
    "judge_gates": "a day that it misses is never judged",
    "estimate_speeds": ASKED,
    "work_out_schedules": ASKED,
    "seal_audit": "what is audited would be open to change for longer",
    "tidy_logins": "what may no longer log in would be kept for longer",
}
UNWEIGHED = "nobody has said that it may wait"


def why_never(name: str) -> str:
    """Why a job can not be paused; "" for one that can.

    >>> why_never("housekeeping"), why_never("probe")
    ('', 'limits and alerts rest on what it reads')
    """
    return "" if name in PAUSABLE else WHY_NEVER.get(name, UNWEIGHED)


def paused_until(name: str, *, now: datetime) -> datetime | None:
    """When the job runs by itself again; None: it runs. One query for a pausable job,
    none for any other, whatever rows there are."""
    if name not in PAUSABLE:
        return None
    return current(name, now=now)


def current(name: str, *, now: datetime) -> datetime | None:
    """The end of the pause that holds at `now`."""
    held = JobPause.objects.filter(name=name, until__gt=now)
    return held.values_list("until", flat=True).first()


def pause_job(
    name: str, *, until: datetime, acting_user: str, now: datetime
) -> datetime | None:
    """Let a job rest in [now, until), instead of any pause before; the end of that one.

    A run that goes on is not stopped. Raises Refused for a job that may not wait, and for
    an end that is not within the next seven days.
    """
    why = why_never(name)
    if why:
        raise Refused.because(f"{name} can not be paused: {why}.", field="job")
    if not now < until <= now + LONGEST:
        raise Refused.because(
            f"Until is {until:%Y-%m-%d %H:%M} UTC; write a time within the next "
            f"{LONGEST.days} days, at the latest {now + LONGEST:%Y-%m-%d %H:%M} UTC.",
            field="until",
        )
    with transaction.atomic():
        JobPause.objects.select_for_update().filter(name=name).first()
        before = current(name, now=now)
        JobPause.objects.update_or_create(
            name=name,
            defaults={"paused_at": now, "until": until, "paused_by": acting_user},
        )
        audit.record(
            "pause job", name, acting_user=acting_user, now=now, until=until, before=before
        )
    return before


def resume_job(name: str, *, acting_user: str, now: datetime) -> datetime | None:
    """End a pause before its time; when it would have ended, None where there was none."""
    with transaction.atomic():
        held = JobPause.objects.select_for_update().filter(name=name, until__gt=now)
        row = held.first()
        if row is None:
            return None
        before, row.until = row.until, now
        row.save(update_fields=["until"])
        audit.record("resume job", name, acting_user=acting_user, now=now, before=before)
    return before
