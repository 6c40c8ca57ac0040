"""A schedule and its windows: when replicas are wanted, and for how many seconds.

    windows(schedule, start, end)        what the operator asked for
    rented(schedule, start, end)         what is paid for: windows with their lead
    wanted_at(schedule, now)             replicas at an instant
    next_change(schedule, now)           when that number changes, and to what

Every interval is half-open and in UTC. Windows that overlap or touch are one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from fleet.schedule.spans import Span, clipped, merged
from fleet.schedule.starts import ScheduleInvalid, check_cron, starts_from, zone_named

SHORTEST_SECONDS = 15 * 60
LONGEST_SECONDS = 7 * 24 * 3600
MOST_EXPRESSIONS = 10
LONGEST_LEAD_SECONDS = 4 * 3600
HORIZON = timedelta(days=60)  # a window that goes on for longer is "always"
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a deployment rents.

    starts            cron expressions of five fields, wall-clock time of `zone`
    duration_seconds  [s] elapsed time from each start
    zone              IANA name
    inside, baseline  replicas within the windows, and outside of them
    lead_seconds      [s] rented earlier, so that the model is ready at the start
    drain_seconds     [s] before the end, from which on replicas are told to stop

    Raises ScheduleInvalid for what can not be kept.
    """

    starts: tuple[str, ...]
    duration_seconds: int
    zone: str
    inside: int = 1
    baseline: int = 0
    lead_seconds: int = 0
    drain_seconds: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.starts) <= MOST_EXPRESSIONS:
            raise ScheduleInvalid(
                "starts",
                f"There are {len(self.starts)} starts; write 1 to {MOST_EXPRESSIONS}, "
                "separated by semicolons, such as 0 9 * * MON-FRI; 0 10 * * SAT.",
            )
        for expression in self.starts:
            check_cron(expression)
        zone_named(self.zone)
        if not SHORTEST_SECONDS <= self.duration_seconds <= LONGEST_SECONDS:
            raise ScheduleInvalid(
                "duration",
                f"A window lasts {self.duration_seconds / 3600:.4g} h; use 0.25 to 168 h.",
            )
        if not 0 <= self.baseline <= self.inside:
            raise ScheduleInvalid(
                "replicas",
                f"Replicas outside the hours is {self.baseline}; use 0 to {self.inside}, "
                "the number inside.",
            )
        if not 0 <= self.lead_seconds <= LONGEST_LEAD_SECONDS:
            raise ScheduleInvalid(
                "duration", f"Lead is {self.lead_seconds} s; use 0 to 14400 s (4 h)."
            )
        if not 0 <= self.drain_seconds < self.duration_seconds:
            raise ScheduleInvalid(
                "duration",
                f"Drain is {self.drain_seconds} s, and a window lasts "
                f"{self.duration_seconds} s; it must be shorter.",
            )


class Change(NamedTuple):
    """From `at` on, `wanted` replicas."""

    at: datetime
    wanted: int


def windows(schedule: Schedule, start: datetime, end: datetime) -> list[Span]:
    """The operator's windows within [start, end), cut at both ends."""
    return clipped(_merged(schedule, start, end, lead=0), start, end)


def rented(schedule: Schedule, start: datetime, end: datetime) -> list[Span]:
    """What the windows cost time for within [start, end): each with its lead."""
    lead = schedule.lead_seconds
    return clipped(_merged(schedule, start, end, lead=lead), start, end)


def hours_between(schedule: Schedule, start: datetime, end: datetime) -> Decimal:
    """Seconds [s] within [start, end) in which the windows rent, lead included; exact.

    An upper bound of what is billed: a replica that has finished its requests ends up
    to `drain_seconds` before its window does.
    """
    return sum((each.seconds for each in rented(schedule, start, end)), Decimal(0))


def replica_seconds(schedule: Schedule, start: datetime, end: datetime) -> Decimal:
    """Replicas times seconds [s] that are wanted within [start, end), baseline included."""
    if end <= start:
        return Decimal(0)
    inside = hours_between(schedule, start, end)
    outside = Span(start, end).seconds - inside
    return inside * schedule.inside + outside * schedule.baseline


def mean_hours_per_day(schedule: Schedule | None, now: datetime) -> Decimal:
    """Hours a day [h] in which the windows rent, over the next 7 days; 24 without any."""
    if schedule is None:
        return Decimal(24)
    return hours_between(schedule, now, now + timedelta(days=7)) / 3600 / 7


def wanted_at(schedule: Schedule, now: datetime) -> int:
    """Replicas at `now`: those inside from the lead on until the drain begins."""
    return schedule.inside if _held(schedule, now) else schedule.baseline


def next_change(schedule: Schedule, now: datetime) -> Change | None:
    """When the number changes next, and to what; None when it never does."""
    if schedule.inside == schedule.baseline:
        return None
    held = _held(schedule, now)
    drain = timedelta(seconds=schedule.drain_seconds)
    if held is not None:
        going_on = _merged(schedule, now, now + HORIZON, lead=schedule.lead_seconds)
        end = next(span.end for span in going_on if span.end - drain > now)
        if end >= now + HORIZON:
            return None
        return Change(end - drain, schedule.baseline)
    lead = timedelta(seconds=schedule.lead_seconds)
    after = next(_starts(schedule, now + lead + MICROSECOND), None)
    return None if after is None else Change(after - lead, schedule.inside)


def next_window(schedule: Schedule, now: datetime) -> datetime | None:
    """The next start of the operator's hours after `now`, without its lead."""
    return next(_starts(schedule, now + MICROSECOND), None)


def off_market_at(schedule: Schedule, now: datetime, *, notice_seconds: int) -> bool:
    """Whether buyers should no longer be sent here: not held, or about to drain.

    notice_seconds  [s] before the drain from which on no new request should come
    """
    if schedule.baseline:
        return False
    notice = timedelta(seconds=notice_seconds)
    return _held(schedule, now) is None or _held(schedule, now + notice) is None


def _held(schedule: Schedule, now: datetime) -> Span | None:
    """The rented span that keeps replicas at `now`, drain not begun; whole, not cut."""
    drain = timedelta(seconds=schedule.drain_seconds)
    # A window that begins while this one drains continues it: look as far as that.
    near = _merged(schedule, now, now + drain + MICROSECOND, lead=schedule.lead_seconds)
    return next((each for each in near if each.start <= now < each.end - drain), None)


def _merged(
    schedule: Schedule, start: datetime, end: datetime, *, lead: int
) -> Iterator[Span]:
    """Windows, `lead` seconds longer in front, that reach into [start, end]."""
    duration, early = (
        timedelta(seconds=schedule.duration_seconds),
        timedelta(seconds=lead),
    )
    return merged(
        Span(each - early, each + duration)
        for each in _until(_starts(schedule, start - duration), end + early)
    )


def _until(starts: Iterator[datetime], last: datetime) -> Iterator[datetime]:
    for each in starts:
        if each > last:
            return
        yield each


def _starts(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """The starts of all expressions at or after `after`, in order."""
    zone = zone_named(schedule.zone)
    after = after.astimezone(UTC)
    return heapq.merge(*(starts_from(each, zone, after) for each in schedule.starts))
