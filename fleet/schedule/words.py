"""A schedule in plain words: its hours, and what comes next."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from fleet.schedule.hours import Schedule, next_change, next_window, wanted_at

DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
SIMPLE = re.compile(r"([0-9]{1,2}) ([0-9]{1,2}) \* \* (\S+)", re.ASCII)
EVERY, WEEKDAYS, WEEKEND = "*", "MON-FRI", "SAT,SUN"
NAMES = {
    EVERY: "Every day",
    WEEKDAYS: "Mon to Fri",
    "1-5": "Mon to Fri",
    WEEKEND: "Sat and Sun",
}


def describe(schedule: Schedule, *, now: datetime) -> str:
    """The hours and what comes: "Every day 09:00 to 17:00 UTC; next start in 3 h, …"."""
    return f"{describe_hours(schedule)}; {what_comes(schedule, now=now)}"


def describe_hours(schedule: Schedule) -> str:
    """The hours alone: "Mon to Fri 09:00 to 17:00 Europe/Berlin"."""
    parts = [_start_words(each, schedule.duration_seconds) for each in schedule.starts]
    return f"{', and '.join(parts)} {schedule.zone}"


def what_comes(schedule: Schedule, *, now: datetime) -> str:
    """What the schedule does next, with its distance and its UTC instant."""
    change = next_change(schedule, now)
    if change is None:
        return "it never changes"
    if wanted_at(schedule, now) == schedule.inside:
        return f"ends in {distance(change.at - now)}, {stamp(change.at)}"
    start = next_window(schedule, now)
    assert start is not None  # there is a change, and it is not an end
    words = f"next start in {distance(start - now)}, {stamp(start)}"
    if start > change.at:
        words += f", rented from {change.at.astimezone(UTC):%H:%M} UTC on"
    return words


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def distance(left: timedelta) -> str:
    """A length of time in its two largest units: "3 h", "2 days 4 h", "12 min"."""
    minutes = max(int(left.total_seconds()) // 60, 0)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        head = "1 day" if days == 1 else f"{days} days"
        return f"{head} {hours} h" if hours else head
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else "less than a minute"


def length(seconds: int) -> str:
    """A duration as it was meant: "8 h", "90 min"."""
    if seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds / 60:g} min"


def _start_words(expression: str, duration_seconds: int) -> str:
    fields = " ".join(expression.upper().split())
    simple = SIMPLE.fullmatch(fields)
    days = _days_words(simple[3]) if simple else None
    if simple is None or days is None or duration_seconds > 24 * 3600:
        told = CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC)).explain()
        return f"{told} for {length(duration_seconds)}"
    begin = timedelta(hours=int(simple[2]), minutes=int(simple[1]))
    end = begin + timedelta(seconds=duration_seconds)
    return f"{days} {_clock(begin)} to {_clock(end)}"


def _days_words(field: str) -> str | None:
    if field in NAMES:
        return NAMES[field]
    days = [day.capitalize() for day in field.split(",")]
    if not set(days) <= set(DAYS):
        return None
    return days[0] if len(days) == 1 else f"{', '.join(days[:-1])} and {days[-1]}"


def _clock(since_midnight: timedelta) -> str:
    """The wall-clock time; midnight at the end of the same day is 24:00."""
    minutes = int(since_midnight.total_seconds()) // 60
    next_day = minutes > 24 * 60
    hour, minute = divmod(minutes - 24 * 60 if next_day else minutes, 60)
    return f"{hour:02}:{minute:02}{' the next day' if next_day else ''}"
