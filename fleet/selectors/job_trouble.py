"""Jobs of the schedule that are silent, or that fail again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import current_app
from django.db.models import Max

from fleet.models import JobPause, JobResult, JobRun
from fleet.selectors.jobs import (
    LATE_FACTOR,
    LATE_GRACE_SECONDS,
    WHEN_NEEDED,
    every_seconds,
)

BAD = (JobResult.FAILED, JobResult.ERRORED)
LOOKED_BACK = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class SilentJob:
    """A job that should have run by `since`."""

    name: str
    last_run_at: datetime
    every_seconds: int
    since: datetime


def silent_jobs(*, now: datetime) -> list[SilentJob]:
    """Interval jobs that missed their time twice, since the end of a pause where there
    was one. Two queries.

    A job that runs by the clock, or that has not run in two days, is on the jobs page.
    """
    lasts = dict(
        JobRun.objects.order_by()
        .filter(started_at__gt=now - LOOKED_BACK)
        .values_list("name")
        .annotate(Max("started_at"))
    )
    rested = dict(JobPause.objects.values_list("name", "until"))
    found = []
    for entry in current_app.conf.beat_schedule.values():
        name = entry["task"].rpartition(".")[2]
        every, last = every_seconds(entry["schedule"]), lasts.get(name)
        if every is None or last is None or name in WHEN_NEEDED:
            continue
        awaited = max(last, rested.get(name, last))
        since = awaited + timedelta(seconds=LATE_FACTOR * every + LATE_GRACE_SECONDS)
        if now > since:
            found.append(SilentJob(name, last, every, since))
    return found


def failing_jobs(*, in_a_row: int, now: datetime) -> list[tuple[str, list[JobRun]]]:
    """Jobs whose last `in_a_row` ended runs were all bad, newest first.

    One query while every job's last run was a good one, and one more for each that was not.
    """
    ended = JobRun.objects.filter(
        ended_at__isnull=False, started_at__gt=now - LOOKED_BACK
    ).exclude(result=JobResult.SKIPPED)
    newest = ended.order_by("name", "-started_at").distinct("name")
    found = []
    for name in [run.name for run in newest if run.result in BAD]:
        runs = list(ended.filter(name=name)[:in_a_row])
        if len(runs) == in_a_row and all(run.result in BAD for run in runs):
            found.append((name, runs))
    return found
