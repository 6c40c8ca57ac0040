"""Pods' billed seconds by use: judged once, when their hour is sealed; summed up with
the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from economics.calc.pod_use import use_seconds
from economics.models import CostLine, DayUse, PodHourUse
from economics.selectors.booked_day import BookedDay
from economics.selectors.pod_use import (
    day_uses,
    offset,
    pods_to_judge,
    spans_of,
    unjudged_lines,
    use_columns,
)
from fleet.models import Pod

LINES_AT_ONCE = 48  # hours of one pod whose samples are in memory together


def book_pod_use(now: datetime) -> int:
    """Judge the seconds of every booked hour that is sealed; how many hours.

    Running it twice adds none: an hour has one row, whoever writes it.
    """
    booked = 0
    for pod in pods_to_judge(now):
        after: datetime | None = getattr(pod, "judged_until", None)
        lines = list(unjudged_lines(pod, after=after, now=now))
        for start in range(0, len(lines), LINES_AT_ONCE):
            rows = hours_of(pod, lines[start : start + LINES_AT_ONCE], now=now)
            PodHourUse.objects.bulk_create(rows, ignore_conflicts=True)
            booked += len(rows)
    return booked


def hours_of(pod: Pod, lines: Sequence[CostLine], *, now: datetime) -> list[PodHourUse]:
    """The uses of some hours of one pod, by their accrued lines. Two queries."""
    spans = spans_of(pod, since=lines[0].period_start, until=lines[-1].period_end)
    ready = None if pod.ready_at is None else offset(pod, pod.ready_at)
    found = []
    for line in lines:
        first, last = offset(pod, line.period_start), offset(pod, line.period_end)
        used = use_seconds(first, last, ready_second=ready, spans=spans)
        named = {f"{use}_seconds": count for use, count in used.items()}
        found.append(
            PodHourUse(
                pod=pod,
                hour_start=line.hour_start,
                seconds=last - first,
                booked_at=now,
                **named,
            )
        )
    return found


def store_day_use(day: date, booked: BookedDay, now: datetime) -> None:
    """Store the cost of a day by use beside its figures, in the close's transaction."""
    DayUse.objects.bulk_create(
        DayUse(day=day, deployment_id=pk, closed_at=now, **use_columns(use))
        for pk, use in day_uses(day, booked).items()
    )
