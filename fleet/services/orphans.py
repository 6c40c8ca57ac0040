"""Orphans: pods that the provider bills and that no row of ours wants."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from fleet.models import Orphan
from fleet.providers.base import CloudPod, GpuProvider, ProviderError
from fleet.services import audit
from fleet.services.termination import RESEND_SECONDS

log = logging.getLogger(__name__)

SIGHTINGS_NEEDED = 2
LONGEST_NAME = 120  # a foreign name may be any length; the column may not


def note_orphan(
    listed: CloudPod, *, had_a_row: bool, provider: GpuProvider, now: datetime
) -> Orphan:
    """Show a pod that nobody here wants, and end it when it is ours and the grace is over.

    had_a_row  an ended row of ours carries its name: it is ours whatever the prefix is
               today, certainly unwanted, and gets no grace

    A foreign name is shown, and touched only where an operator said so.
    """
    ours = had_a_row or listed.name.startswith(f"kerne-{settings.KERNE_ENV}-")
    orphan, created = Orphan.objects.get_or_create(
        provider=provider.name,
        provider_id=listed.provider_id,
        defaults={
            "name": listed.name[:LONGEST_NAME],
            "ours": ours,
            "usd_per_pod_hour": listed.usd_per_pod_hour,
            "gpu_type_id": listed.gpu_type_id[:80],
            "gpu_count": listed.gpu_count,
            "cloud": listed.cloud[:10],
            "created_at": listed.created_at,
            "first_seen_at": now,
            "last_seen_at": now,
        },
    )
    if not created:
        orphan.last_seen_at = now
        orphan.sightings += 1
        orphan.ours = ours
        orphan.usd_per_pod_hour = listed.usd_per_pod_hour
        orphan.gone_at = None
        orphan.save(
            update_fields=[
                *("last_seen_at", "sightings", "ours", "usd_per_pod_hour", "gone_at")
            ]
        )
    if may_end(orphan, had_a_row=had_a_row, now=now):
        end_orphan(orphan, provider=provider, now=now)
    return orphan


def may_end(orphan: Orphan, *, had_a_row: bool, now: datetime) -> bool:
    """Whether an orphan may be ended at this sighting: by rule, or by an operator."""
    sent = orphan.terminate_sent_at
    if sent is not None and now - sent < timedelta(seconds=RESEND_SECONDS):
        return False
    if orphan.end_wanted_by:
        return True
    if not orphan.ours or not settings.ORPHAN_TERMINATE:
        return False
    if had_a_row:
        return True
    grace = timedelta(seconds=settings.ORPHAN_GRACE_SECONDS)
    return orphan.sightings >= SIGHTINGS_NEEDED and now - orphan.first_seen_at >= grace


def end_orphan(orphan: Orphan, *, provider: GpuProvider, now: datetime) -> None:
    """Terminate an orphan; the next lists say whether it is gone, and repeat this.

    Row and audit come first: a worker killed in between has said too much, and not
    ended a pod in silence. The next try is a minute later.
    """
    first = orphan.terminate_sent_at is None
    orphan.terminate_sent_at = now
    with transaction.atomic():
        orphan.save(update_fields=["terminate_sent_at"])
        if first:
            audit.record(
                "terminate orphan",
                orphan,
                acting_user=orphan.end_wanted_by or "rule:orphan",
                now=now,
                usd_per_pod_hour=orphan.usd_per_pod_hour,
                first_seen_at=orphan.first_seen_at,
            )
    try:
        provider.terminate(orphan.provider_id)
    except ProviderError as error:
        log.warning("orphan %s: terminating goes on, the provider said: %s", orphan, error)


def close_orphans(alive_ids: set[str], *, provider: GpuProvider, now: datetime) -> None:
    """Mark orphans as gone that are in no list any more, or only as terminated."""
    known = {each for each in alive_ids if each.isprintable()}  # no row has another
    Orphan.objects.filter(provider=provider.name, gone_at__isnull=True).exclude(
        provider_id__in=known
    ).update(gone_at=now)
