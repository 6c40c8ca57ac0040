"""Notes: write one about a day or a deployment, take it away, put it back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from fleet.models import Deployment, OperatorNote
from fleet.models.note import LONGEST_NOTE
from fleet.services import audit
from fleet.services.refused import Refused

FARTHEST = timedelta(days=3653)  # from today, either way: beyond it the day is a slip


def write_note(
    text: str, *, day: date, deployment: Deployment | None, acting_user: str, now: datetime
) -> OperatorNote:
    """Keep a note about a UTC day, of everything or of one deployment.

    Raises Refused for a text that is empty, too long or not to be read, and for a day
    more than ten years away.
    """
    said = " ".join(text.split())
    if not said or len(said) > LONGEST_NOTE or not said.isprintable():
        raise Refused.because(
            f"The note has {len(said)} characters; write 1 to {LONGEST_NOTE} that can be "
            "read.",
            field="text",
        )
    if abs(day - now.date()) > FARTHEST:
        raise Refused.because(
            f"Day is {day}; write one within ten years of today.", field="day"
        )
    with transaction.atomic():
        note = OperatorNote.objects.create(
            day=day, deployment=deployment, text=said, author=acting_user, at=now
        )
        audit.record(
            "write note", about(note), acting_user=acting_user, now=now, day=day, text=said
        )
    return note


def remove_note(note: OperatorNote, *, acting_user: str, now: datetime) -> bool:
    """Take a note away; False where somebody did so before."""
    with transaction.atomic():
        there = OperatorNote.objects.filter(pk=note.pk, removed_at__isnull=True)
        if not there.update(removed_at=now):
            return False
        audit.record(
            "remove note", about(note), acting_user=acting_user, now=now, text=note.text
        )
    return True


def restore_note(note: OperatorNote, *, acting_user: str, now: datetime) -> bool:
    """Put a note back; False where it is there."""
    with transaction.atomic():
        gone = OperatorNote.objects.filter(pk=note.pk, removed_at__isnull=False)
        if not gone.update(removed_at=None):
            return False
        audit.record(
            "restore note", about(note), acting_user=acting_user, now=now, text=note.text
        )
    return True


def about(note: OperatorNote) -> str:
    """What the audit names: the deployment, else the day."""
    return str(note.deployment) if note.deployment else f"day {note.day}"
