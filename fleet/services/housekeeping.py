"""Housekeeping: rows that nobody opens any more go; facts that money rests on stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from fleet.models import (
    BalanceReading,
    EngineSample,
    Incident,
    JobRun,
    LatencySample,
    Pod,
    PodStatus,
    SpeedEstimate,
)
from fleet.services.sample_keeping import SAMPLE_DAYS, old_samples, thin_samples

FREQUENT_JOB_DAYS = 2
JOB_DAYS = 60
BALANCE_DAYS = 180
INCIDENT_DAYS = 400  # since they were over
REFUSED_POD_DAYS = 30
SPEED_DAYS = 30  # since a page last asked; it can be worked out again
SAMPLES_PER_SLICE = 50_000
MOST_SLICES = 1_000
FREQUENT_JOBS = (
    "probe",
    "renew_leases",
    "reconcile",
    "provision_requested",
    "list_cloud",
    "watch_spot",
    "settle_usage",
    "estimate_speeds",
    "watch_alerts",
    "send_alerts",
    "ping_deadman",
    "seal_audit",
    "work_out_schedules",
    "keep_peaks",
)


def tidy(*, now: datetime) -> str:
    """Delete what is past its time; a summary. Pods that were rented are kept for ever."""

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    frequent = JobRun.objects.filter(
        Q(name__in=FREQUENT_JOBS) | Q(name__startswith="list_cloud@"),
        started_at__lt=before(FREQUENT_JOB_DAYS),
    )
    counts = {
        "job runs": frequent.delete()[0]
        + JobRun.objects.filter(started_at__lt=before(JOB_DAYS)).delete()[0],
        "samples": delete_samples(old_samples(now=now)) + thin_samples(now=now),
        "latencies": delete_samples(before(SAMPLE_DAYS), of=LatencySample),
        "balance readings": BalanceReading.objects.filter(
            read_at__lt=before(BALANCE_DAYS)
        ).delete()[0],
        "incidents": Incident.objects.filter(closed_at__lt=before(INCIDENT_DAYS)).delete()[
            0
        ],
        "speeds": SpeedEstimate.objects.filter(used_at__lt=before(SPEED_DAYS)).delete()[0],
        "refused intents": refused_intents(before(REFUSED_POD_DAYS)).delete()[0],
    }
    return "deleted " + ", ".join(f"{count} {what}" for what, count in counts.items())


def refused_intents(before: datetime) -> QuerySet[Pod]:
    """Pods that were never rented, older than `before`.

    The newest attempt of a deployment stays: the next one counts on from it, and a
    name that was used once may still be found at the provider.
    """
    newest = (
        Pod.objects.filter(deployment=OuterRef("deployment"))
        .order_by("-attempt")
        .values("attempt")[:1]
    )
    return Pod.objects.filter(
        status=PodStatus.FAILED, provider_id="", status_since__lt=before
    ).exclude(attempt=Subquery(newest))


def delete_samples(
    before: datetime,
    *,
    of: type[EngineSample] | type[LatencySample] = EngineSample,
    per_slice: int = SAMPLES_PER_SLICE,
) -> int:
    """Delete samples from before that instant; how many."""
    return delete_in_slices(of._default_manager.filter(at__lt=before), per_slice=per_slice)


def delete_in_slices(old: QuerySet[Any], *, per_slice: int) -> int:
    """Delete these rows a slice at a time, at most MOST_SLICES of them; how many.

    A day of a large fleet is millions: in one statement they would outlast the task,
    be rolled back, and be more the next night.
    """
    old = old.order_by()
    total = 0
    for _ in range(MOST_SLICES):
        slice_ = Subquery(old.values("pk")[:per_slice])
        _, counts = old.model._default_manager.filter(pk__in=slice_).delete()
        count = counts.get(old.model._meta.label, 0)
        total += count
        if count < per_slice:
            break
    return total
