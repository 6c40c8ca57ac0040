"""Jobs: the schedule beside what really ran, and whether anybody is working at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from celery.schedules import crontab

from fleet.models import JobResult, JobRun

LATE_FACTOR = 2
LATE_GRACE_SECONDS = 20
RUNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class JobOverview:
    """One scheduled job. `runs` are the latest, newest first; `words` is its schedule."""

    name: str
    task: str
    words: str
    every_seconds: int | None
    last: JobRun | None
    next_due: datetime | None
    is_late: bool
    runs: tuple[JobRun, ...]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Whether the scheduler and a worker are alive: the newest run of any frequent job."""

    last_run_at: datetime | None
    is_silent: bool


def jobs_overview(*, now: datetime) -> list[JobOverview]:
    """Every job of the schedule, in its order."""
    return [
        job_overview(name, entry, now=now)
        for name, entry in current_app.conf.beat_schedule.items()
    ]


def job_overview(name: str, entry: dict[str, Any], *, now: datetime) -> JobOverview:
    """One job of the schedule beside its runs. Runs carry the task's last name."""
    task: str = entry["task"]
    runs = tuple(JobRun.objects.filter(name=task.rpartition(".")[2])[:RUNS_SHOWN])
    last = runs[0] if runs else None
    schedule = entry["schedule"]
    every = every_seconds(schedule)
    next_due = due_after(schedule, last.started_at if last else now, now=now)
    return JobOverview(
        name=name,
        task=task,
        words=schedule_words(schedule),
        every_seconds=every,
        last=last,
        next_due=next_due,
        is_late=is_late(last, every, now=now),
        runs=runs,
    )


def every_seconds(schedule: Any) -> int | None:
    """The period of an interval schedule [s]; None for a crontab."""
    if isinstance(schedule, crontab):
        return None
    run_every = getattr(schedule, "run_every", schedule)
    if isinstance(run_every, timedelta):
        return int(run_every.total_seconds())
    return int(run_every)


def due_after(schedule: Any, last: datetime, *, now: datetime) -> datetime | None:
    """When the job is due next."""
    every = every_seconds(schedule)
    if every is not None:
        return max(last + timedelta(seconds=every), now)
    remaining: timedelta = schedule.remaining_estimate(last)
    return now + max(remaining, timedelta(0))


def schedule_words(schedule: Any) -> str:
    """A schedule in plain words, UTC."""
    every = every_seconds(schedule)
    if every is None:
        return crontab_words(schedule)
    for seconds, unit in ((3600, "hour"), (60, "minute")):
        if every % seconds == 0:
            count = every // seconds
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    return f"every {every} s"


def crontab_words(schedule: Any) -> str:
    """`20 0 * * *` as `daily at 00:20 UTC`; other forms as they are written."""
    hours, minutes = sorted(schedule.hour), sorted(schedule.minute)
    if len(minutes) == 1 and len(hours) == 1:
        return f"daily at {hours[0]:02d}:{minutes[0]:02d} UTC"
    if len(minutes) == 1 and len(hours) == 24:
        return f"every hour at minute {minutes[0]:02d}"
    return f"{schedule._orig_minute} {schedule._orig_hour} * * * UTC"


def is_late(last: JobRun | None, every: int | None, *, now: datetime) -> bool:
    """Whether an interval job has missed its time; a crontab's lateness shows in `last`."""
    if last is None or every is None:
        return False
    allowed = timedelta(seconds=LATE_FACTOR * every + LATE_GRACE_SECONDS)
    return now - last.started_at > allowed


def heartbeats(*, now: datetime) -> Heartbeat:
    """The newest sign of life. No run at all is silence since ever."""
    last = JobRun.objects.exclude(result=JobResult.SKIPPED).first()
    if last is None:
        return Heartbeat(None, is_silent=True)
    return Heartbeat(
        last.started_at, is_silent=now - last.started_at > timedelta(seconds=60)
    )
