"""Closed and open accounting days (UTC)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet

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
from fleet.models import NetworkVolume, Pod, ServerlessEndpoint


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
    """The UTC day of the first token, billed second or expense; None without any yet.

    Two queries: pages that show open money ask for it.
    """
    instants = earliest(
        (UsageHour.objects.all(), "hour_start"),
        (LogHour.objects.filter(earns=True), "hour_start"),
        (CostLine.objects.all(), "hour_start"),
        (ResourceCostLine.objects.all(), "hour_start"),
        (NetworkVolume.objects.filter(billed_from__isnull=False), "billed_from"),
        (Pod.objects.filter(billed_from__isnull=False), "billed_from"),
        (ServerlessEndpoint.objects.filter(billed_from__isnull=False), "billed_from"),
    )
    days = earliest((ExpenseLine.objects.all(), "day"), (VarianceLine.objects.all(), "day"))
    return min((*map(day_of, instants), *days), default=None)


def earliest(*columns: tuple[QuerySet[Any], str]) -> list[Any]:
    """The least value of each column of these rows that has one, in one query."""
    firsts = [rows.order_by(name).values_list(name)[:1] for rows, name in columns]
    return [value for (value,) in firsts[0].union(*firsts[1:], all=True)]
