"""What a person does with an incident: take it, silence it for a while, say a word."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from fleet.models import Incident, IncidentNote
from fleet.services import audit
from fleet.services.alerts.queueing import drop_reminder, queue_reminder

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


def take_back_acknowledgement(
    incident: Incident, *, acting_user: str, now: datetime
) -> bool:
    """Say that one is not on it after all; True if this call said it.

    Only of one's own, and of an incident that is still open.
    """
    own = Incident.objects.open().filter(pk=incident.pk, acknowledged_by=acting_user)
    with transaction.atomic():
        if not own.update(acknowledged_at=None, acknowledged_by=""):
            return False
        audit.record(
            "take back acknowledgement", incident.key, acting_user=acting_user, now=now
        )
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


def take_back_snooze(
    incident: Incident,
    *,
    until: datetime,
    before: datetime | None,
    acting_user: str,
    now: datetime,
) -> bool:
    """Put back what was before the snooze that ends at `until`; True if this call did it.

    before  when an earlier snooze ends, and it is said once more; None: there was none,
            so that what was held back is sent and nothing is said once more

    False where the incident is over, or was snoozed anew since. Raises ValueError for a
    `before` beyond the longest snooze from now.
    """
    if before is not None and before > now + timedelta(hours=MOST_SNOOZE_HOURS):
        raise ValueError(
            f"Before is {before:%Y-%m-%d %H:%M} UTC; a snooze is {MOST_SNOOZE_HOURS} h at "
            "most."
        )
    held = before if before is not None and before > now else None
    same = Incident.objects.open().filter(pk=incident.pk, snoozed_until=until)
    with transaction.atomic():
        if not same.update(snoozed_until=held):
            return False
        if before is None:
            drop_reminder(incident)
        else:
            queue_reminder(incident, due_at=max(before, now), now=now)
        audit.record(
            "take back snooze", incident.key, acting_user=acting_user, now=now, until=held
        )
    return True


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
