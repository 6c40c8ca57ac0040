"""Late volumes and endpoints: they show up after their create was given up."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from fleet.models import RESOURCE_OVER, ResourceStatus
from fleet.services import audit
from fleet.services.resource_rent import Listed, Resource, rented_facts

LATE = "found after its create was given up"


def settle_late(row: Resource, listed: Listed, *, now: datetime) -> bool:
    """Give a FAILED row what its create made after all; True if this call did it.

    Its row takes it, so that its cost is booked: as a stray its bill would be nobody's.
    It is kept where it is still wanted, else it ends like any other; nothing of ours has
    mounted a late volume, so that ending it loses nothing.
    """
    replaced = unwanted_because(row)
    if not replaced:
        try:
            with transaction.atomic():
                return taken(row, listed, ResourceStatus.LIVE, f"{LATE}; kept", now=now)
        except IntegrityError:  # another volume was ordered at this moment
            replaced = "another has replaced it"
    with transaction.atomic():
        reason = f"{LATE}; {replaced}"
        return taken(row, listed, ResourceStatus.ENDING, reason, now=now)


def taken(
    row: Resource, listed: Listed, status: ResourceStatus, reason: str, *, now: datetime
) -> bool:
    """Move the row with the facts of what was found, and audit it."""
    facts = rented_facts(row, listed, now=now)
    if status == ResourceStatus.ENDING:
        facts["end_requested_at"] = row.end_requested_at or now
    moved = row.move_to(status, now=now, reason=reason, facts=facts)
    if moved:
        audit.record(
            f"late {row.kind}",
            row,
            acting_user="rule:late_create",
            now=now,
            reason=reason,
            provider_id=listed.provider_id,
        )
    return moved


def unwanted_because(row: Resource) -> str:
    """Why a late one is not wanted any more; empty when it is."""
    if row.end_requested_at is not None:
        return "it was told to end"
    others = type(row)._default_manager.filter(deployment=row.deployment_id)
    if others.filter(requested_at__gte=row.requested_at).exclude(pk=row.pk).exists():
        return "another has replaced it"
    if others.exclude(status__in=RESOURCE_OVER).exists():
        return "there is another already"
    return ""
