"""What a person does with an incident: take it, silence it for a while, say a word."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from fleet.models import Incident, IncidentNote
from fleet.services import audit
from fleet.services.alerts.queueing import queue_reminder

MOST_SNOOZE_HOURS = 168
LONGEST_NOTE = 1000


def acknowledge(incident: Incident, *, acting_user: str, now: datetime) -> bool:
    """Say that somebody is on it; True if this call said it first."""
    free = Incident.objects.open().filter(pk=incident.pk, acknowledged_at__isnull=True)
    with transaction.atomic():
        if not free.update(acknowledged_at=now, acknowledged_by=acting_user):
            return False
        audit.record("acknowledge incident", incident.key, acting_user=acting_user, now=now)
    return True


def snooze(
    incident: Incident, *, hours: int, acting_user: str, now: datetime
) -> datetime | None:
    """Send nothing about it for `hours`, then say once that it is still open.

    The end of the snooze; None when the incident is over. Raises ValueError for hours
    outside of 1 to 168.
    """
    if not 1 <= hours <= MOST_SNOOZE_HOURS:
        raise ValueError(
            f"Hours is {hours}; write a whole number from 1 to {MOST_SNOOZE_HOURS}."
        )
    until = now + timedelta(hours=hours)
    with transaction.atomic():
        if not Incident.objects.open().filter(pk=incident.pk).update(snoozed_until=until):
            return None
        queue_reminder(incident, due_at=until, now=now)
        audit.record(
            "snooze incident", incident.key, acting_user=acting_user, now=now, until=until
        )
    return until


def write_note(
    incident: Incident, text: str, *, author: str, now: datetime
) -> IncidentNote:
    """Keep a word under an incident. Raises ValueError with a sentence."""
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE or "\x00" in text:
        raise ValueError(
            f"The comment has {len(text):,} characters; write 1 to {LONGEST_NOTE:,}."
        )
    return incident.notes.create(text=text, author=author, at=now)
