"""Whether the health rules hold still, because many pods fell at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.models import AuditEntry

FLIP_WINDOW = timedelta(minutes=5)  # how young a hold is while it is one
HOLD_TARGET = "health rules"
HOLD_VERB = "hold"


def current_hold(*, now: datetime) -> AuditEntry | None:
    """The hold of the last five minutes, if any."""
    return AuditEntry.objects.filter(
        target=HOLD_TARGET, verb=HOLD_VERB, at__gt=now - FLIP_WINDOW
    ).first()
