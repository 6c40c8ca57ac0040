"""Metering: engine samples become tokens per pod and UTC hour, each counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from django.conf import settings
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from economics.calc.counters import (
    CounterReading,
    Increase,
    RequestCounts,
    counter_increase,
    split_tokens_by_time,
)
from economics.calc.hours import HOUR, day_of, hour_start
from economics.models import UsageCursor, UsageEstimate, UsageHour, UsageProcess
from economics.selectors.days import closed_days
from economics.selectors.readings import columns_of, reading, reading_of_cursor
from economics.services.books import locked
from economics.services.unmetered import estimate_window, supersede
from fleet.models import EngineSample, Pod

BATCH = 2000  # samples in one transaction
MAX_BATCHES = 500
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class HourDelta:
    """What one run adds to a usage hour."""

    uncached_prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    requests: int = 0
    requests_stop: int = 0
    requests_length: int = 0
    requests_aborted: int = 0
    requests_failed: int = 0
    requests_other: int = 0
    requests_unknown: int = 0
    interpolated_tokens: int = 0
    late_tokens: int = 0
    cached_unknown: bool = False


COUNTED = ("uncached_prompt_tokens", "cached_prompt_tokens", "completion_tokens")
REQUESTS = tuple(f"requests_{reason}" for reason in RequestCounts._fields)
SUMMED = (*COUNTED, "requests", *REQUESTS, "interpolated_tokens", "late_tokens")


def settle_usage(now: datetime) -> int:
    """Count every sample up to `now` that was not counted yet; how many there were.

    Running it twice adds nothing, and a run that dies half-way loses nothing: the
    cursor of a pod moves in the same transaction as its usage hours.
    """
    return sum(settle_pod(pod_id, now=now) for pod_id in pods_with_news(now))


def pods_with_news(now: datetime) -> list[int]:
    """Pods with a sample that is newer than their cursor."""
    newest = EngineSample.objects.filter(pod=OuterRef("pk"), at__lte=now).order_by("-at")
    pods = Pod.objects.annotate(
        newest_at=Subquery(newest.values("at")[:1]),
        counted_until=Coalesce("usagecursor__settled_until", LONG_AGO),
    )
    news = pods.filter(newest_at__gt=F("counted_until"))
    return list(news.order_by("pk").values_list("pk", flat=True))


def settle_pod(pod_id: int, *, now: datetime) -> int:
    """Count the new samples of one pod; how many there were."""
    counted = 0
    for _ in range(MAX_BATCHES):
        batch = settle_batch(pod_id, now=now)
        counted += batch
        if batch < BATCH:
            break
    return counted


def settle_batch(pod_id: int, *, now: datetime) -> int:
    """Count up to BATCH samples of a pod in one transaction; how many there were."""
    with locked():
        cursor = UsageCursor.objects.select_for_update().filter(pod_id=pod_id).first()
        samples = EngineSample.objects.filter(pod_id=pod_id, at__lte=now)
        if cursor is not None:
            samples = samples.filter(at__gt=cursor.settled_until)
        batch = list(samples.order_by("at")[:BATCH])
        if not batch:
            return 0
        pod = Pod.objects.select_related("deployment").get(pk=pod_id)
        if cursor is not None and cursor.end_judged_at is not None:
            supersede(pod_id, cursor.settled_until, batch[-1].at, now=now)
        before = None if cursor is None else reading_of_cursor(cursor)
        readings = [reading(sample) for sample in batch]
        increases: list[Increase] = []
        for previous, current in pairwise((before, *readings)):
            assert current is not None
            # No process of this pod can be older than the wish for it.
            increase = counter_increase(previous, current, pod_created_at=pod.requested_at)
            if increase.is_reset and previous is not None:
                close_process(pod, previous, increase.from_at, now=now)
            increases.append(increase)
        add_to_hours(pod_id, increases, now=now)
        advance(pod_id, readings, increases, cursor=cursor)
    return len(batch)


def advance(
    pod_id: int,
    readings: Sequence[CounterReading],
    increases: Sequence[Increase],
    *,
    cursor: UsageCursor | None,
) -> None:
    """Move the cursor to the last counted sample."""
    seen_at = [
        read.at
        for read, increase in zip(readings, increases, strict=True)
        if increase.is_reset or (cursor is None and read is readings[0])
    ]
    before = cursor.process_seen_at if cursor else None
    UsageCursor.objects.update_or_create(
        pod_id=pod_id,
        defaults={
            "settled_until": readings[-1].at,
            **columns_of(readings[-1]),
            "resets": sum(each.is_reset for each in increases)
            + (cursor.resets if cursor else 0),
            "process_seen_at": seen_at[-1] if seen_at else before,
            "end_judged_at": None,  # what comes after the last sample is judged anew
        },
    )


def close_process(
    pod: Pod, last: CounterReading, restarted_at: datetime, *, now: datetime
) -> None:
    """A server is gone: remember how far it was counted, and estimate what it served
    between its last reading and the start of the next one."""
    started = last.process_started_at
    if started is not None:
        UsageProcess.objects.update_or_create(
            pod=pod,
            process_started_at=started,
            defaults={**columns_of(last), "read_at": last.at},
        )
    estimate_window(
        pod, UsageEstimate.Reason.RESTART, start=last.at, end=restarted_at, now=now
    )


def add_to_hours(pod_id: int, increases: Iterable[Increase], *, now: datetime) -> None:
    """Add increases to the pod's usage hours; what belongs to a sealed one goes on."""
    by_hour = tokens_by_hour(increases)
    if not by_hour:
        return
    open_hour = OpenHours(pod_id, since=min(by_hour), now=now)
    placed: defaultdict[datetime, HourDelta] = defaultdict(HourDelta)
    for hour, delta in sorted(by_hour.items()):
        target = open_hour.at_or_after(hour)
        if target != hour:
            delta.late_tokens = sum(getattr(delta, name) for name in COUNTED)
        merge(placed[target], delta)
    for hour, delta in placed.items():
        row, _ = UsageHour.objects.get_or_create(pod_id=pod_id, hour_start=hour)
        changes = {name: F(name) + getattr(delta, name) for name in SUMMED}
        if delta.cached_unknown:
            UsageHour.objects.filter(pk=row.pk).update(cached_unknown=True, **changes)
        else:
            UsageHour.objects.filter(pk=row.pk).update(**changes)


def tokens_by_hour(increases: Iterable[Increase]) -> dict[datetime, HourDelta]:
    """The increases, split at full UTC hours; hours without anything are left out."""
    hours: defaultdict[datetime, HourDelta] = defaultdict(HourDelta)
    for increase in increases:
        span = (increase.from_at, increase.to_at)
        for name in COUNTED:
            for part in split_tokens_by_time(getattr(increase, name), *span):
                delta = hours[part.hour_start]
                setattr(delta, name, getattr(delta, name) + part.tokens)
                if part.is_interpolated:
                    delta.interpolated_tokens += part.tokens
                if name == "uncached_prompt_tokens" and increase.is_cached_unknown:
                    delta.cached_unknown = True
        for name, count in zip(REQUESTS, increase.by_reason, strict=True):
            for part in split_tokens_by_time(count, *span):
                delta = hours[part.hour_start]
                setattr(delta, name, getattr(delta, name) + part.tokens)
                delta.requests += part.tokens
    return dict(hours)


def merge(into: HourDelta, delta: HourDelta) -> None:
    """Add one delta to another."""
    for name in SUMMED:
        setattr(into, name, getattr(into, name) + getattr(delta, name))
    into.cached_unknown |= delta.cached_unknown


class OpenHours:
    """Which usage hours of a pod still take tokens, from `since` on."""

    def __init__(self, pod_id: int, *, since: datetime, now: datetime) -> None:
        sealed = UsageHour.objects.filter(
            pod_id=pod_id, hour_start__gte=since, sealed_at__isnull=False
        )
        self.sealed = set(sealed.values_list("hour_start", flat=True))
        self.closed = closed_days(day_of(since))
        self.last = max(hour_start(now), since)

    def at_or_after(self, hour: datetime) -> datetime:
        """The hour itself, else the next one that is neither sealed nor in a closed day.

        The hour of `now` always takes them: it can not be sealed.
        """
        while hour < self.last and (hour in self.sealed or day_of(hour) in self.closed):
            hour += HOUR
        return hour


def seal_hours(now: datetime) -> int:
    """Seal the hours that ended HOUR_SEAL_SECONDS ago; how many.

    Call it after `settle_usage`, so that every sample at hand is inside.
    """
    limit = now - HOUR - timedelta(seconds=settings.HOUR_SEAL_SECONDS)
    # None is booked before it is sealed, and the unbooked ones have an index.
    over = Q(sealed_at__isnull=True, booked_at__isnull=True, hour_start__lte=limit)
    with locked():
        return UsageHour.objects.filter(over).update(sealed_at=now)
