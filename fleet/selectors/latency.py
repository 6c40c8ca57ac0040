"""Latency and throughput of a pod over time, from its samples once a minute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce

from fleet.models import LatencySample, Pod
from fleet.vllm.latency import Histogram, Latencies, add, increase

MOST_POINTS = 240
SAMPLE_GAP = timedelta(minutes=5)  # beyond it nothing is said of what was between


@dataclass(frozen=True, slots=True)
class Point:
    """What was observed in [start, end) of one server's life."""

    start: datetime
    end: datetime
    latencies: Latencies
    prompt_tokens: int
    completion_tokens: int

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens per second, the house's throughput."""
        seconds = (self.end - self.start).total_seconds()
        return self.completion_tokens / seconds if seconds > 0 else None


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a pod, oldest first, and when its engine started within them."""

    points: tuple[Point, ...] = ()
    engine_starts: tuple[datetime, ...] = field(default=())


def unpack(row: LatencySample) -> Latencies:
    """The histograms as they were read."""
    return {
        name: Histogram(
            count, seconds, {float(bound): value for bound, value in within.items()}
        )
        for name, (count, seconds, within) in row.histograms.items()
    }


def pack(latencies: Latencies) -> dict[str, list[object]]:
    """The histograms as a sample keeps them."""
    return {
        name: [
            each.count,
            each.sum_seconds,
            {repr(bound): value for bound, value in each.within.items()},
        ]
        for name, each in latencies.items()
    }


def latency_series(pod: Pod, *, since: datetime, until: datetime) -> Series:
    """At most MOST_POINTS points of [since, until); one query.

    A restart of the engine and a silence of five minutes end a point: nothing is
    subtracted across them.
    """
    rows = LatencySample.objects.filter(pod=pod, at__gte=since, at__lt=until).order_by("at")
    step = max((until - since) / MOST_POINTS, timedelta(minutes=1))
    points: list[Point] = []
    starts: list[datetime] = []
    before: LatencySample | None = None
    for row in rows.iterator():
        if before is not None and row.process_started_at != before.process_started_at:
            starts.append(row.process_started_at or row.at)
        elif before is not None and row.at - before.at <= SAMPLE_GAP:
            points += _between(before, row)
        before = row
    return Series(tuple(_merged(points, since, step)), tuple(starts))


def _between(before: LatencySample, row: LatencySample) -> list[Point]:
    """One point, or none where a counter fell."""
    prompt = row.prompt_tokens - before.prompt_tokens
    completion = row.completion_tokens - before.completion_tokens
    if prompt < 0 or completion < 0:
        return []
    old, new = unpack(before), unpack(row)
    grown = {name: increase(old[name], new[name]) for name in new if name in old}
    latencies = {name: each for name, each in grown.items() if each is not None}
    return [Point(before.at, row.at, latencies, prompt, completion)]


def _merged(points: Iterable[Point], since: datetime, step: timedelta) -> list[Point]:
    """Points that begin in the same step, as one."""
    groups: dict[int, list[Point]] = {}
    for point in points:
        groups.setdefault((point.start - since) // step, []).append(point)
    return [reduce(_together, group) for _, group in sorted(groups.items())]


def _together(one: Point, other: Point) -> Point:
    names = {*one.latencies, *other.latencies}
    none = Histogram(0, 0.0, {})
    return Point(
        one.start,
        other.end,
        {
            name: add(one.latencies.get(name, none), other.latencies.get(name, none))
            for name in names
        },
        one.prompt_tokens + other.prompt_tokens,
        one.completion_tokens + other.completion_tokens,
    )
