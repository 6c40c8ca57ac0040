"""Refusals: who tried what without the role for it, in the audit, and not as a flood."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from fleet.models import AuditEntry
from fleet.services import audit

VERB = "refused"
EVERY = timedelta(minutes=1)  # one row of a user and path
MOST = 30  # rows of a user in that time, whatever the paths
LONGEST_PATH = 120


def note(
    *, acting_user: str, method: str, path: str, needs: str, role: str, now: datetime
) -> AuditEntry | None:
    """Write that `acting_user` was refused, or None where it was written a moment ago.

    A script that tries an address in a loop, or every pod's in turn, can not fill the
    audit: at most one row a minute of a user and path, and MOST of a user. The lock
    makes two requests at once count each other.
    """
    target = path[:LONGEST_PATH]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"refused {acting_user}"],
            )
        recent = AuditEntry.objects.filter(
            acting_user=acting_user, verb=VERB, at__gt=now - EVERY
        )
        if recent.filter(target=target).exists() or recent.count() >= MOST:
            return None
        return audit.record(
            VERB,
            target,
            acting_user=acting_user,
            now=now,
            method=method,
            needs=needs,
            role=role,
        )
