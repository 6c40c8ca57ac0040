"""When a cron expression starts something, as UTC instants of one time zone.

Days with 23, 24.5 or 25 hours follow three rules, whatever the expression is:

1. a start inside the hour that spring skips is moved to the first instant after it;
2. a start inside the hour that autumn repeats starts once, the first time;
3. what is started lasts in elapsed time, so a window over the change is as long as ever.

cronsim finds the wall-clock times; the rules are applied here, so that "0 2 * * *" and
"30 * * * *" are treated alike.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

MOST_STARTS_PER_DAY = 24
MOST_STARTS_LOOKED_AT = 50_000  # more than 24 a day over five years: a loop's end, no rule
DAY = timedelta(days=1)


class ScheduleInvalid(ValueError):
    """A schedule that can not be kept; the message says what is wrong and what is right.

    `part` is "starts", "duration", "zone" or "replicas".
    """

    def __init__(self, part: str, sentence: str) -> None:
        self.part = part
        super().__init__(sentence)


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone. Raises ScheduleInvalid."""
    try:
        if name not in zone_names():
            raise KeyError(name)
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, KeyError, ValueError):
        raise ScheduleInvalid(
            "zone",
            f"Time zone is {name[:40]!r}; use a name of the IANA list, such as "
            "Europe/Berlin or UTC.",
        ) from None


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Every time zone that can be chosen, sorted."""
    return tuple(sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}))


@lru_cache(maxsize=256)
def check_cron(expression: str) -> None:
    """Raises ScheduleInvalid unless `expression` is five good fields that ever match."""
    shown = repr(expression[:60])
    example = "such as 0 9 * * MON-FRI (minute, hour, day, month, weekday)"
    if len(expression.split()) != 5:
        raise ScheduleInvalid("starts", f"Start {shown} needs five fields, {example}.")
    try:
        cron = CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
        next(cron)
    except CronSimError as wrong:
        field = str(wrong).removeprefix("Bad ")
        raise ScheduleInvalid(
            "starts", f"Start {shown} has a wrong {field}; write five fields, {example}."
        ) from None
    except StopIteration:
        raise ScheduleInvalid(
            "starts", f"Start {shown} never comes; use {example}."
        ) from None
    a_day = len(cron.minutes) * len(cron.hours)
    if a_day > MOST_STARTS_PER_DAY:
        raise ScheduleInvalid(
            "starts",
            f"Start {shown} comes {a_day} times a day; at most {MOST_STARTS_PER_DAY} "
            "can be kept: each one rents and loads anew.",
        )


def starts_from(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Starts at or after the UTC instant `after`, in order. Ends after a bounded number."""
    # A day earlier: no zone is further from UTC than that, and no gap is longer.
    naive = after.astimezone(zone).replace(tzinfo=None) - DAY
    cron = CronSim(expression, naive)
    for _ in range(MOST_STARTS_LOOKED_AT):
        try:
            local = next(cron)
        except StopIteration:
            return
        start = instant_of(local, zone)
        if start >= after:
            yield start


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time: the first of two, or the end of the gap."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return first
    return gap_end(local, zone)


def gap_end(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant after the gap that holds `local`, to the second."""
    inside = local.replace(tzinfo=zone)
    late = inside.replace(fold=0).astimezone(UTC)  # by the offset before the gap
    early = inside.replace(fold=1).astimezone(UTC)  # by the offset after it
    before = early.astimezone(zone).utcoffset()
    span = int((late - early).total_seconds())
    low, high = 0, span  # the offset changes within (early + low, early + high]
    while high - low > 1:
        middle = (low + high) // 2
        at = early + timedelta(seconds=middle)
        if at.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return early + timedelta(seconds=high)
