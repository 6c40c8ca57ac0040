"""The time zone in which a person sees times; the one place that knows it.

It is of display alone and lives as long as a request: Django's own active zone stays UTC,
because by that one forms read times and the database cuts days, and the days of the books
are UTC days for everybody. CSV, the API, messages and jobs know no person and say UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

UTC_NAME = "UTC"
LONGEST_NAME = 64

_asked: ContextVar[Callable[[], str] | None] = ContextVar("shown_zone", default=None)


class ZoneUnknown(ValueError):
    """No time zone of that name; the message says what would be right."""


@contextmanager
def shown_in(name: Callable[[], str]) -> Iterator[None]:
    """Times are shown in this zone within. `name` is asked for when the first one is."""
    before = _asked.get()
    _asked.set(name)
    try:
        yield
    finally:
        _asked.set(before)


def shown_zone() -> ZoneInfo:
    """The zone of whoever looks; UTC where nobody does, or where it left the list."""
    ask = _asked.get()
    name = UTC_NAME if ask is None else ask()
    return ZoneInfo(name if name in zone_names() else UTC_NAME)


def shown_time(instant: datetime, form: str = "%Y-%m-%d %H:%M") -> str:
    """An instant in words, with the short name of the zone: 2026-03-04 17:20 CET."""
    local = instant.astimezone(shown_zone())
    return f"{local:{form}} {local:%Z}"


@cache
def zone_names() -> frozenset[str]:
    """The names of the IANA list that a person may choose."""
    return frozenset(
        name for name in available_timezones() if name not in ("localtime", "Factory")
    )


def zone_named(text: str) -> str:
    """The name as the list spells it. Raises ZoneUnknown.

    >>> zone_named(" europe/berlin ")
    'Europe/Berlin'
    """
    wanted = text.strip().replace(" ", "_").casefold()
    for name in zone_names():
        if name.casefold() == wanted:
            return name
    raise ZoneUnknown(
        f"Time zone is {text.strip()[:LONGEST_NAME]!r}; write a name of the IANA list, "
        "such as UTC, Europe/Berlin or America/New_York."
    )
