"""UTC hours and days. All intervals are half-open: [start, end)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86_400
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class Interval(NamedTuple):
    """[start, end), both aware instants in UTC."""

    start: datetime
    end: datetime


def as_utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for an instant without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a time zone, got {at.isoformat()}")
    return at.astimezone(UTC)


def hour_start(at: datetime) -> datetime:
    """The start of the UTC hour that contains `at`; a full hour is its own start."""
    return as_utc(at).replace(minute=0, second=0, microsecond=0)


def day_of(at: datetime) -> date:
    """The UTC day that contains `at`; midnight belongs to the day that begins."""
    return as_utc(at).date()


def day_bounds(day: date) -> Interval:
    """[00:00 UTC of the day, 00:00 UTC of the next day)."""
    start = datetime.combine(day, time.min, tzinfo=UTC)
    return Interval(start, start + DAY)


def whole_seconds(start: datetime, end: datetime) -> int:
    """Seconds of [start, end) that are over, rounded down.

    Raises ValueError when `end` lies before `start`.
    """
    if end < start:
        raise ValueError(f"the end {end.isoformat()} lies before {start.isoformat()}")
    return (as_utc(end) - as_utc(start)) // SECOND


def split_into_hours(start: datetime, end: datetime) -> list[Interval]:
    """[start, end) cut at the full UTC hours; empty when nothing lies between."""
    return list(_cut(as_utc(start), as_utc(end), HOUR))


def split_into_days(start: datetime, end: datetime) -> list[Interval]:
    """[start, end) cut at UTC midnights; empty when nothing lies between."""
    return list(_cut(as_utc(start), as_utc(end), DAY))


def _cut(start: datetime, end: datetime, step: timedelta) -> Iterator[Interval]:
    base = day_bounds(start.date()).start
    while start < end:
        edge = base + ((start - base) // step + 1) * step
        yield Interval(start, min(edge, end))
        start = edge
