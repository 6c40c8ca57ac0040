"""The last days, closed and open, as rows for the profit chart."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from economics.calc.hours import DAY, day_of
from economics.calc.profit import Provenance
from economics.calc.unknown import Unknown
from economics.charts.profit_history import ProfitDay
from economics.models import DailyProfit, Scope
from economics.selectors.booked_day import BookedDay, DaySums, booked_day, shared_sums
from economics.selectors.day_sums import open_day_sums
from economics.selectors.days import first_figures_day
from economics.selectors.expenses import DayExpenses
from fleet.models import Deployment, Fleet

DAYS_SHOWN = 30
SCOPES = (Scope.ALL, Scope.FLEET, Scope.DEPLOYMENT)  # the whole before its parts


def profit_days(
    now: datetime,
    *,
    days: int = DAYS_SHOWN,
    simulated: bool = False,
    fleet: Fleet | None = None,
    deployment: Deployment | None = None,
) -> tuple[list[ProfitDay], date, date]:
    """(rows, first day, last day) of the last `days` UTC days, today included.

    A closed day is what was stored when it was closed. An open day is what its lines
    and the running costs say now, marked partial; days before the first close that
    have no figures are left out, and so are closed days without a row.
    """
    last = day_of(now)
    first = last - timedelta(days=days - 1)
    rows = [
        stored_day(row) for row in stored_rows(first, last, simulated, fleet, deployment)
    ]
    members = members_of(simulated, fleet, deployment)
    for day, booked in open_days(first, last).counted:
        sums = open_day_sums(day, now, booked)
        own = [part for pk, part in sums.items() if pk in members]
        shared = shared_in(booked.expenses, simulated, fleet, deployment)
        if own or shared or (day == last and members):
            whole = sum(own, shared_sums(shared))
            rate = booked.takes.on(day)
            rows.append(open_day(day, whole, rate, simulated=simulated))
    return sorted(rows, key=lambda row: row.day), first, last


def shared_in(
    expenses: DayExpenses,
    simulated: bool,
    fleet: Fleet | None,
    deployment: Deployment | None,
) -> Decimal:
    """What a scope shares of the expenses of a day [USD]; a deployment shares nothing."""
    if deployment is not None:
        return Decimal(0)
    if fleet is not None:
        return expenses.shared_by(simulated=fleet.simulated, fleet_id=fleet.pk)
    return expenses.shared_by(simulated=simulated)


class OpenDays(NamedTuple):
    """Days that are not closed, oldest first: with what is booked in them, and those
    before them that were not asked for."""

    counted: list[tuple[date, BookedDay]]
    left_out: list[date]


def open_days(first: date, last: date, *, most: int | None = None) -> OpenDays:
    """The days of [first, last] that can have figures and are not closed; days close in
    order. A query for each that is counted, one where there is none.

    most  how many are counted, the newest; None: all
    """
    newest = booked_day(last)
    closed = newest.newest_closed
    if closed is not None and closed >= first:
        start = closed + DAY
    else:
        start = max(first, min(first_figures_day() or last, last))
    days = [start + n * DAY for n in range((last - start).days + 1)]
    cut = 0 if most is None else max(len(days) - most, 0)
    counted = [(day, newest if day == last else booked_day(day)) for day in days[cut:]]
    return OpenDays(counted, days[:cut])


def stored_rows(
    first: date,
    last: date,
    simulated: bool,
    fleet: Fleet | None,
    deployment: Deployment | None,
) -> list[DailyProfit]:
    """The closed rows of one scope."""
    scope = Scope.ALL
    if fleet is not None:
        scope, simulated = Scope.FLEET, fleet.simulated
    if deployment is not None:
        scope, simulated = Scope.DEPLOYMENT, deployment.fleet.simulated
    rows = DailyProfit.objects.filter(
        day__gte=first, day__lte=last, scope=scope, simulated=simulated
    )
    if deployment is not None:
        rows = rows.filter(deployment=deployment)
    elif fleet is not None:
        rows = rows.filter(fleet=fleet)
    return list(rows)


def closed_profit(first: date, last: date) -> list[DailyProfit]:
    """What was stored of the closed days in [first, last], both included: every scope
    and both kinds of money, by day, the whole before its parts. One query.
    """
    rows = DailyProfit.objects.filter(day__gte=first, day__lte=last)
    rows = rows.select_related("fleet", "deployment")
    return sorted(
        rows, key=lambda row: (row.day, row.simulated, SCOPES.index(row.scope), row.pk)
    )


def members_of(
    simulated: bool, fleet: Fleet | None, deployment: Deployment | None
) -> set[int]:
    """The deployments that a scope adds up."""
    if deployment is not None:
        return {deployment.pk}
    deployments = Deployment.objects.filter(fleet__simulated=simulated)
    if fleet is not None:
        deployments = Deployment.objects.filter(fleet=fleet)
    return set(deployments.values_list("pk", flat=True))


def stored_day(row: DailyProfit) -> ProfitDay:
    """A closed day as it was stored."""
    return ProfitDay(
        day=row.day,
        cost=row.cost_usd,
        revenue=row.revenue_usd,
        profit=row.profit_usd,
        break_even_revenue=row.break_even_revenue_usd,
        is_simulated=row.simulated,
    )


def open_day(day: date, sums: DaySums, take_rate: Decimal, *, simulated: bool) -> ProfitDay:
    """A day that is not closed, as far as it is known."""
    figures = sums.figures(take_rate)
    needed = figures.break_even_revenue_usd
    return ProfitDay(
        day=day,
        cost=figures.cost_usd,
        revenue=figures.revenue_usd,
        profit=figures.profit_usd,
        break_even_revenue=None if isinstance(needed, Unknown) else Decimal(needed),
        is_partial=True,
        is_simulated=simulated or figures.provenance == Provenance.SIMULATED,
    )
