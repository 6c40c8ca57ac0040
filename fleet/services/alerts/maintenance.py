"""Maintenance: a time in which nobody is told. It silences messages, never costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from fleet.models import Deployment, MaintenanceWindow, Pod
from fleet.services import audit

LONGEST = timedelta(days=7)
MAINTENANCE_LOCK = 0x6B65726E6D  # "kernm": the key of the advisory lock in our database
LEAST_MORE = timedelta(minutes=1)  # what is less is the same asked for twice


def begin_maintenance(
    *,
    minutes: int,
    pod: Pod | None = None,
    deployment: Deployment | None = None,
    reason: str = "",
    acting_user: str,
    now: datetime,
) -> MaintenanceWindow:
    """Be quiet about a pod, a deployment or, without either, everything.

    A window of the same subject that is open already is made longer, by a minute at least,
    and never shorter: the same asked for twice, by a double click or a repeat, changes and
    audits nothing.
    Raises ValueError for minutes outside of 1 to 10,080, a week.
    """
    length = timedelta(minutes=minutes)
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"Minutes is {minutes}; write a whole number from 1 to 10080.")
    with transaction.atomic():
        lock_windows()
        window = (
            MaintenanceWindow.objects.current(now=now)
            .select_for_update(of=("self",))
            .filter(pod=pod, deployment=deployment)
            .first()
        )
        if window is None:
            window = MaintenanceWindow.objects.create(
                pod=pod,
                deployment=deployment,
                starts_at=now,
                ends_at=now + length,
                reason=reason[:200],
                created_by=acting_user,
            )
        elif window.ends_at + LEAST_MORE <= now + length:
            window.ends_at = now + length
            window.save(update_fields=["ends_at"])
        else:
            return window
        audit.record(
            "begin maintenance",
            window.subject,
            acting_user=acting_user,
            now=now,
            until=window.ends_at,
            reason=reason[:200],
        )
    return window


def lock_windows() -> None:
    """Wait for another maintenance that begins; given back when the transaction ends.

    Two at the same moment would else each see no window, and open one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAINTENANCE_LOCK])


def begin_together(
    subjects: Sequence[Pod | Deployment], *, minutes: int, acting_user: str, now: datetime
) -> list[MaintenanceWindow]:
    """Be quiet about several pods and deployments for the same time: all or none.

    Raises ValueError for minutes outside of 1 to 10,080.
    """
    with transaction.atomic():
        return [
            begin_maintenance(
                minutes=minutes,
                pod=each if isinstance(each, Pod) else None,
                deployment=each if isinstance(each, Deployment) else None,
                acting_user=acting_user,
                now=now,
            )
            for each in subjects
        ]


def end_maintenance(window: MaintenanceWindow, *, acting_user: str, now: datetime) -> bool:
    """End a window before its time; True if this call did it."""
    open_still = MaintenanceWindow.objects.current(now=now).filter(pk=window.pk)
    with transaction.atomic():
        if not open_still.update(ends_at=now):
            return False
        audit.record("end maintenance", window.subject, acting_user=acting_user, now=now)
    return True
