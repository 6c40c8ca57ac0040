"""What is left of logins that are over goes: sessions, counts of wrong tries, links."""

from __future__ import annotations

from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from fleet.services.housekeeping import delete_in_slices
from kerne_site.login_links import old_links
from kerne_site.models import BrowserSession

ROWS_PER_SLICE = 5_000
# A login is noted a moment after its session is saved, in a request of its own.
NOTE_GRACE = timedelta(hours=1)


def tidy_logins(*, now: datetime, per_slice: int = ROWS_PER_SLICE) -> str:
    """Delete what no login needs any more, in slices; a summary.

    Whoever is logged in stays so, and whoever is locked out too: a count of wrong tries
    goes only when the lockout that it could stand for is over.
    """
    standing = Session.objects.filter(session_key=OuterRef("session_key"))
    rows = {
        "sessions": Session.objects.filter(expire_date__lte=now),
        "notes of sessions": BrowserSession.objects.filter(
            ~Exists(standing), logged_in_at__lte=now - NOTE_GRACE
        ),
        "counts of wrong logins": AccessAttempt.objects.filter(
            attempt_time__lte=now - settings.AXES_COOLOFF_TIME
        ),
        "login links": old_links(now=now),
    }
    counts = {
        what: delete_in_slices(old, per_slice=per_slice) for what, old in rows.items()
    }
    return "deleted " + ", ".join(f"{count} {what}" for what, count in counts.items())
