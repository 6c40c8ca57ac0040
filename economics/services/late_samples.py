"""Late samples: those of a server that another one had followed before they arrived.

The cursor of a pod has moved on to the next server's counters by then, and would never
look back. What a pod served is the sum over its servers of their highest counters, so a
late sample adds what it has more than was counted of its server.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from economics.calc.counters import (
    SAME_PROCESS,
    CounterReading,
    counter_increase,
    is_reset,
)
from economics.models import UsageCursor, UsageEstimate, UsageProcess
from economics.selectors.readings import columns_of, reading, reading_of
from economics.services.books import locked
from economics.services.metering import add_to_hours
from economics.services.unmetered import estimate_window, supersede
from fleet.models import EngineSample, Pod

WAITED_FOR = timedelta(hours=1)  # since the next server's first counted sample


def settle_late(now: datetime) -> int:
    """Count what late samples of servers that are gone tell; how many servers told more."""
    recent = UsageCursor.objects.filter(process_seen_at__gt=now - WAITED_FOR)
    older = EngineSample.objects.filter(
        pod__usagecursor__in=recent,
        at__lte=F("pod__usagecursor__settled_until"),
        process_started_at__lt=F("pod__usagecursor__process_started_at") - SAME_PROCESS,
        at__gt=now - 2 * WAITED_FOR,
    )
    pods = list(older.order_by().values_list("pod", flat=True).distinct())
    return sum(settle_late_of(pod_id, now=now) for pod_id in sorted(pods))


def settle_late_of(pod_id: int, *, now: datetime) -> int:
    """Count the late samples of one pod; how many servers told more than was counted."""
    with locked():
        cursor = UsageCursor.objects.select_for_update().get(pod_id=pod_id)
        if cursor.process_started_at is None:
            return 0
        pod = Pod.objects.select_related("deployment").get(pk=pod_id)
        newest = newest_of_each(pod_id, cursor.process_started_at, now=now)
        return sum(count_late(pod, last, now=now) for last in newest)


def newest_of_each(
    pod_id: int, newest_start: datetime, *, now: datetime
) -> list[CounterReading]:
    """The last reading at hand of each server before the newest one, oldest first."""
    samples = EngineSample.objects.filter(
        pod=pod_id,
        at__gt=now - 2 * WAITED_FOR,
        at__lte=now,
        process_started_at__lt=newest_start - SAME_PROCESS,
    )
    last: list[CounterReading] = []
    for read in map(reading, samples.order_by("process_started_at", "at")):
        if last and is_same_server(last[-1], read):
            last[-1] = max(last[-1], read, key=lambda each: each.at)
        else:
            last.append(read)
    return last


def is_same_server(one: CounterReading, other: CounterReading) -> bool:
    before, after = one.process_started_at, other.process_started_at
    return before is not None and after is not None and abs(after - before) <= SAME_PROCESS


def count_late(pod: Pod, last: CounterReading, *, now: datetime) -> int:
    """Add what the last reading of a server has more than was counted of it; 0 or 1."""
    started = last.process_started_at
    assert started is not None
    mark = UsageProcess.objects.filter(
        pod=pod,
        process_started_at__range=(started - SAME_PROCESS, started + SAME_PROCESS),
    ).first()
    before = None if mark is None else reading_of(mark, at=mark.read_at)
    if before is not None and (last.at <= before.at or is_reset(before, last)):
        return 0
    increase = counter_increase(before, last, pod_created_at=pod.requested_at)
    if increase.is_baseline:
        return 0  # older than the pod: none of its tokens are ours
    add_to_hours(pod.pk, [increase], now=now)
    UsageProcess.objects.update_or_create(
        pod=pod,
        process_started_at=started if mark is None else mark.process_started_at,
        defaults={**kept(last), "read_at": last.at},
    )
    judge_again(pod, increase.from_at, last.at, now=now)
    return 1


def judge_again(pod: Pod, start: datetime, read_at: datetime, *, now: datetime) -> None:
    """Estimate anew what lies after a late reading, where an estimate had covered it."""
    taken_back = supersede(pod.pk, start, read_at, now=now)
    if taken_back:
        estimate_window(
            pod,
            UsageEstimate.Reason.RESTART,
            start=read_at,
            end=taken_back[-1].to_at,
            now=now,
        )


def kept(read: CounterReading) -> dict[str, object]:
    """The columns of a mark but the start that it is found by."""
    columns = columns_of(read)
    del columns["process_started_at"]
    return columns
