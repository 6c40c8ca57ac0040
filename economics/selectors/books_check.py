"""Whether closed days still are the sums of their lines: after a restore, or on a doubt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from economics.calc.money import round_stored
from economics.models import DailyProfit, DayClose, Scope
from economics.selectors.booked_day import DaySums, booked_day
from economics.selectors.expenses import DayExpenses

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Checked:
    """What a check looked at, and a sentence for each figure that its lines deny."""

    days: int
    figures: int
    faults: tuple[str, ...]


def check_books(*, first: date | None = None, last: date | None = None) -> Checked:
    """Compare the closed days from `first` to `last`, both included, with their lines.

    Two queries a day; nothing is written.
    """
    closed = DayClose.objects.order_by("day")
    if first is not None:
        closed = closed.filter(day__gte=first)
    if last is not None:
        closed = closed.filter(day__lte=last)
    days = figures = 0
    faults: list[str] = []
    for day in closed.values_list("day", flat=True):
        rows = list(DailyProfit.objects.filter(day=day).order_by("pk"))
        faults += day_faults(day, rows)
        days += 1
        figures += len(rows)
    return Checked(days, figures, tuple(faults))


def day_faults(day: date, rows: list[DailyProfit]) -> Iterator[str]:
    """What is wrong with the stored figures of a day."""
    booked = booked_day(day)
    sums, expenses = booked.sums(), booked.expenses
    single = [row for row in rows if row.scope == Scope.DEPLOYMENT]
    for row in single:
        part = sums.pop(row.deployment_id or 0, DaySums())
        yield from differences(row, part.revenue_usd, part.cost_usd)
        # Lines of the time before they named their rate were closed with the day's.
        nets = (part.revenue_usd - part.fee_usd, row.revenue_usd * (1 - row.take_rate))
        if row.profit_usd not in [round_stored(net - row.cost_usd) for net in nets]:
            yield f"{named(row)}: profit {row.profit_usd} is not net revenue minus cost"
    for deployment, part in sums.items():
        if part.revenue_usd or part.cost_usd:
            yield (
                f"{day} deployment {deployment}: lines of {part.revenue_usd} revenue and "
                f"{part.cost_usd} cost, and no figures"
            )
    for row in rows:
        if row.scope != Scope.DEPLOYMENT:
            yield from total_faults(row, single, expenses)


def total_faults(
    row: DailyProfit, single: list[DailyProfit], expenses: DayExpenses
) -> Iterator[str]:
    """A fleet, or all: its members' figures and what they share."""
    of_all = row.scope == Scope.ALL
    members = [
        each
        for each in single
        if each.simulated == row.simulated and (of_all or each.fleet_id == row.fleet_id)
    ]
    shared = expenses.shared_by(
        simulated=row.simulated, fleet_id=None if of_all else row.fleet_id
    )
    revenue = sum((each.revenue_usd for each in members), NOTHING)
    cost = sum((each.cost_usd for each in members), shared)
    yield from differences(row, revenue, cost)
    profit = sum((each.profit_usd for each in members), -shared)
    if row.profit_usd != profit:
        yield f"{named(row)}: profit {row.profit_usd}, its members' {profit}"


def differences(row: DailyProfit, revenue: Decimal, cost: Decimal) -> Iterator[str]:
    if row.revenue_usd != revenue:
        yield f"{named(row)}: revenue {row.revenue_usd}, its lines {revenue}"
    if row.cost_usd != cost:
        yield f"{named(row)}: cost {row.cost_usd}, its lines {cost}"


def named(row: DailyProfit) -> str:
    whose = row.deployment_id or row.fleet_id or ("simulated" if row.simulated else "real")
    return f"{row.day} {row.scope} {whose}"
