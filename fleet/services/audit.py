"""Audit: one way to write who did what, in the same transaction as the deed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fleet.models import AuditEntry


def record(
    verb: str,
    target: object,
    *,
    acting_user: str,
    now: datetime,
    request_id: str = "",
    **figures: Any,
) -> AuditEntry:
    """Write an audit row. `acting_user` is a user name or `rule:<name>`."""
    return AuditEntry.objects.create(
        at=now,
        acting_user=acting_user,
        verb=verb,
        target=str(target),
        figures=figures,
        request_id=request_id,
    )
