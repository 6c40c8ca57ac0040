"""Jobs: the schedule beside what really ran, and whether anybody is working at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from celery.schedules import crontab
from django.conf import settings

from fleet.models import CloudListing, JobPause, JobResult, JobRun
from fleet.selectors.listings import JOBS, PODS, Listing, pods_listing
from fleet.selectors.providers import job_name, provider_names

LATE_FACTOR = 2
LATE_GRACE_SECONDS = 20
RUNS_SHOWN = 20
WHEN_NEEDED = ("watch_spot",)  # runs only while there is something to look at
# One of each queue: a worker that serves two of them only is found out.
WATCHED = {
    "reconcile": settings.RECONCILE_INTERVAL_SECONDS,
    "probe": settings.PROBE_INTERVAL_SECONDS,
    "settle_usage": 60,
}
LEAST_SILENCE = timedelta(seconds=60)
SILENT_PERIODS = 4
FURTHER_SHOWN = timedelta(days=2)
LOOKED_BACK = timedelta(hours=2)  # of frequent jobs; more runs would only be counted


@dataclass(frozen=True, slots=True)
class JobOverview:
    """One scheduled job. `runs` are the latest, newest first; `words` is its schedule.

    pause  in which it rests now; None: it runs by itself
    """

    name: str
    task: str
    words: str
    every_seconds: int | None
    last: JobRun | None
    next_due: datetime | None
    is_late: bool
    runs: tuple[JobRun, ...]
    pause: JobPause | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Whether the scheduler and a worker are alive: the newest run of any frequent job.

    listings  the provider's newest complete lists
    """

    last_run_at: datetime | None
    is_silent: bool
    silent_jobs: Mapping[str, datetime] = field(default_factory=dict)  # since when
    listings: Sequence[Listing] = ()


def jobs_overview(*, now: datetime) -> list[JobOverview]:
    """Every job of the schedule, in its order; those of further providers below theirs.

    Three queries, however many jobs there are.
    """
    further = provider_names()[1:]
    recent = JobRun.objects.filter(name__contains="@", started_at__gt=now - FURTHER_SHOWN)
    known = set(recent.order_by().values_list("name", flat=True).distinct())
    entries: list[tuple[str, dict[str, Any]]] = []
    for name, entry in current_app.conf.beat_schedule.items():
        entries.append((name, entry))
        for provider in further:
            task = job_name(entry["task"], provider)
            if last_name(task) in known:
                entries.append((name, {**entry, "task": task}))
    runs = newest_runs([last_name(entry["task"]) for _, entry in entries])
    pauses = {row.name: row for row in JobPause.objects.all()}
    return [
        job_overview(
            name,
            entry,
            runs.get(last_name(entry["task"]), ()),
            pauses.get(last_name(entry["task"])),
            now=now,
        )
        for name, entry in entries
    ]


def last_name(task: str) -> str:
    """The name under which the runs of a task are kept."""
    return task.rpartition(".")[2]


def newest_runs(names: Sequence[str]) -> dict[str, tuple[JobRun, ...]]:
    """The newest runs of each job, newest first. One query, each part by the index."""
    if not names:
        return {}
    first, *rest = [
        JobRun.objects.filter(name=name).order_by("-started_at")[:RUNS_SHOWN]
        for name in dict.fromkeys(names)
    ]
    found: dict[str, list[JobRun]] = {}
    for run in first.union(*rest, all=True):
        found.setdefault(run.name, []).append(run)
    return {
        name: tuple(sorted(runs, key=lambda run: run.started_at, reverse=True))
        for name, runs in found.items()
    }


def job_overview(
    name: str,
    entry: dict[str, Any],
    runs: Sequence[JobRun],
    pause: JobPause | None,
    *,
    now: datetime,
) -> JobOverview:
    """One job of the schedule beside its newest runs, the newest first, and its newest
    pause. It is awaited from its last run on, or from the end of the pause."""
    last = runs[0] if runs else None
    schedule = entry["schedule"]
    every = every_seconds(schedule)
    rests = pause is not None and pause.until > now
    next_due = due_after(schedule, last.started_at if last else now, now=now)
    if pause is not None and rests:
        next_due = due_after(schedule, pause.until, now=now)
    awaited_from = pause.until if pause is not None else None
    return JobOverview(
        name=name,
        task=entry["task"],
        words=schedule_words(schedule),
        every_seconds=every,
        last=last,
        next_due=next_due,
        is_late=is_late(last, every, now=now, awaited_from=awaited_from),
        runs=tuple(runs),
        pause=pause if rests else None,
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


def is_late(
    last: JobRun | None,
    every: int | None,
    *,
    now: datetime,
    awaited_from: datetime | None = None,
) -> bool:
    """Whether an interval job has missed its time; a crontab's lateness shows in `last`.

    awaited_from  the end of its newest pause: what was due before it is not missed
    """
    if last is None or every is None or last.name in WHEN_NEEDED:
        return False
    allowed = timedelta(seconds=LATE_FACTOR * every + LATE_GRACE_SECONDS)
    return now - max(last.started_at, awaited_from or last.started_at) > allowed


def heartbeat_of(found: Mapping[str, datetime], *, now: datetime) -> Heartbeat:
    """The newest sign of life, and which of the frequent jobs are silent.

    found  the newest run of each watched job, and the newest complete lists

    No run at all is silence since ever. A job that never ran is not called silent while
    others run: the console may have been started a moment ago.
    """
    last = {name: found[name] for name in WATCHED if name in found}
    if not last:
        runs = JobRun.objects.exclude(result=JobResult.SKIPPED)
        newest, oldest = runs.first(), runs.order_by("started_at").first()
        # A console's first minute is no silence: its frequent jobs come after the others.
        first_minute = oldest is not None and now - oldest.started_at <= LEAST_SILENCE
        return Heartbeat(newest.started_at if newest else None, is_silent=not first_minute)
    silent = {
        name: at for name, at in last.items() if now - at > silent_after(WATCHED[name])
    }
    return Heartbeat(
        max(last.values()),
        is_silent=len(silent) == len(last),
        silent_jobs=silent,
        listings=listings_of(found),
    )


def listings_of(found: Mapping[str, datetime]) -> list[Listing]:
    """The newest complete lists, of which one of pods may be older than was looked."""
    pods = found.get(JOBS[PODS])
    return [
        Listing(PODS, pods) if pods else pods_listing(),
        *(Listing(what, found.get(what)) for what in CloudListing.What.values),
    ]


def silent_after(every_seconds: int) -> timedelta:
    """The age of a job's newest run from which nobody seems to do it."""
    return max(LEAST_SILENCE, timedelta(seconds=SILENT_PERIODS * every_seconds))
