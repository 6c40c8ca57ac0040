"""Closed and open accounting days (UTC)."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Min

from economics.calc.hours import day_of
from economics.models import (
    CostLine,
    DayClose,
    ExpenseLine,
    LogHour,
    ResourceCostLine,
    UsageHour,
    VarianceLine,
)
from fleet.models import NetworkVolume, Pod


def closed_days(since: date) -> set[date]:
    """The closed days from `since` on."""
    return set(DayClose.objects.filter(day__gte=since).values_list("day", flat=True))


def booking_day(day: date, closed: set[date] | None = None) -> date:
    """The day that a line about `day` counts in: itself, else the first open day.

    Pass `closed` (from `closed_days` since `day` or earlier) when asking for many days.
    """
    taken = closed_days(day) if closed is None else closed
    return open_day_for(day, max(taken, default=None))


def newest_closed_day() -> date | None:
    """The last day that is closed; None before the first close."""
    return DayClose.objects.order_by("-day").values_list("day", flat=True).first()


def open_day_for(day: date, newest_closed: date | None) -> date:
    """The day that a line about `day` counts in, given the newest closed day.

    Days close in order: a day before the first close will never be closed either, so
    what is about it counts in the first open day too.
    """
    if newest_closed is None or day > newest_closed:
        return day
    return newest_closed + timedelta(days=1)


def first_figures_day() -> date | None:
    """The UTC day of the first token, billed second or expense; None without any yet."""
    instants = [
        UsageHour.objects.aggregate(first=Min("hour_start"))["first"],
        LogHour.objects.filter(earns=True).aggregate(first=Min("hour_start"))["first"],
        CostLine.objects.aggregate(first=Min("hour_start"))["first"],
        ResourceCostLine.objects.aggregate(first=Min("hour_start"))["first"],
        NetworkVolume.objects.aggregate(first=Min("billed_from"))["first"],
        Pod.objects.aggregate(first=Min("billed_from"))["first"],
    ]
    days = [
        *(day_of(instant) for instant in instants if instant is not None),
        *ExpenseLine.objects.order_by("day").values_list("day", flat=True)[:1],
        *VarianceLine.objects.order_by("day").values_list("day", flat=True)[:1],
    ]
    return min(days, default=None)
