"""Housekeeping: rows that nobody opens any more go; facts that money rests on stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleet.models import BalanceReading, EngineSample, JobRun, Pod, PodStatus

FREQUENT_JOB_DAYS = 2
JOB_DAYS = 60
SAMPLE_DAYS = 14  # usage hours keep the tokens; samples only serve charts and disputes
BALANCE_DAYS = 180
REFUSED_POD_DAYS = 30
FREQUENT_JOBS = ("probe", "reconcile", "provision_requested", "list_cloud", "settle_usage")


def tidy(*, now: datetime) -> str:
    """Delete what is past its time; a summary. Pods that were rented are kept for ever."""

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    frequent = JobRun.objects.filter(
        name__in=FREQUENT_JOBS, started_at__lt=before(FREQUENT_JOB_DAYS)
    )
    counts = {
        "job runs": frequent.delete()[0]
        + JobRun.objects.filter(started_at__lt=before(JOB_DAYS)).delete()[0],
        "samples": EngineSample.objects.filter(at__lt=before(SAMPLE_DAYS)).delete()[0],
        "balance readings": BalanceReading.objects.filter(
            read_at__lt=before(BALANCE_DAYS)
        ).delete()[0],
        "refused intents": Pod.objects.filter(
            status=PodStatus.FAILED,
            provider_id="",
            status_since__lt=before(REFUSED_POD_DAYS),
        ).delete()[0],
    }
    return "deleted " + ", ".join(f"{count} {what}" for what, count in counts.items())
