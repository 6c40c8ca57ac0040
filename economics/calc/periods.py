"""The stretches of days that one asks for again and again, and the ones beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from economics.calc.hours import DAY
from economics.calc.months import first_of


@dataclass(frozen=True)
class Period:
    """UTC days [first, last], both included.

    key  of a keyboard, as browsers name it, that goes there
    """

    name: str
    key: str
    first: date
    last: date


def usual_periods(today: date) -> list[Period]:
    """Those that have a name, today included where it is part of them."""
    yesterday = today - DAY
    return [
        Period("Today", "d", today, today),
        Period("Yesterday", "e", yesterday, yesterday),
        Period("7 days", "w", today - 6 * DAY, today),
        Period("30 days", "t", today - 29 * DAY, today),
        Period("Month", "m", first_of(today), today),
    ]


def earlier(first: date, last: date) -> Period:
    """As many days, up to the day before the first."""
    length = last - first + DAY
    return Period("Earlier", "ArrowLeft", first - length, last - length)


def later(first: date, last: date, *, today: date) -> Period | None:
    """As many days, from the day after the last, but none after today; None where
    today is shown already."""
    if last >= today:
        return None
    length = last - first + DAY
    end = min(last + length, today)
    return Period("Later", "ArrowRight", end - length + DAY, end)
