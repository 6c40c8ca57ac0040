"""Hours of a day or a week as cron starts with one length, as a deployment keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import gcd

DAY_HOURS, WEEK_HOURS = 24, 168
DAY_NAMES = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True, slots=True)
class CronHours:
    """Starts in UTC, each followed by `window_hours`; windows that touch are one."""

    starts: tuple[str, ...]
    window_hours: int

    @property
    def text(self) -> str:
        return "; ".join(self.starts)


def cron_hours(marked: Sequence[bool], start: datetime) -> CronHours | None:
    """The hours marked, from `start` on, repeated each day (24 of them) or week (168).

    None where all or none are marked: that is no schedule of hours.

    >>> from datetime import UTC
    >>> cron_hours([False] * 8 + [True] * 16, datetime(2026, 11, 2, tzinfo=UTC))
    CronHours(starts=('0 8 * * *',), window_hours=16)
    """
    if len(marked) not in (DAY_HOURS, WEEK_HOURS):
        raise ValueError(f"a schedule repeats by 24 or 168 hours, got {len(marked)}")
    if all(marked) or not any(marked):
        return None
    runs = list(_runs(marked))
    length = gcd(*(count for _, count in runs))
    begins = [
        start + timedelta(hours=begin + each)
        for begin, count in runs
        for each in range(0, count, length)
    ]
    if len(marked) == DAY_HOURS:
        return CronHours((_expression({at.hour for at in begins}, "*"),), length)
    return CronHours(tuple(_by_weekday(begins)), length)


def _runs(marked: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """(begin, hours) of each stretch of marked hours; one over the end is whole."""
    count = len(marked)
    for at in range(count):
        if not marked[at] or marked[at - 1]:
            continue
        length = 1
        while marked[(at + length) % count]:
            length += 1
        yield at, length


def _by_weekday(begins: Sequence[datetime]) -> Iterator[str]:
    """One expression for all days that begin at the same hours."""
    hours: dict[int, set[int]] = {}
    for at in begins:
        hours.setdefault(at.weekday(), set()).add(at.hour)
    days: dict[tuple[int, ...], list[int]] = {}
    for day in sorted(hours):
        days.setdefault(tuple(sorted(hours[day])), []).append(day)
    for same, of in days.items():
        names = "*" if len(of) == len(DAY_NAMES) else ",".join(DAY_NAMES[d] for d in of)
        yield _expression(set(same), names)


def _expression(hours: set[int], days: str) -> str:
    return f"0 {','.join(map(str, sorted(hours)))} * * {days}"
