"""A closed day beside the same weekday before it: demand for tokens goes by the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Sum

from economics.calc.unknown import Unknown
from economics.models import DailyProfit, Scope
from economics.selectors.profit.scope import Wanted

WEEK = timedelta(days=7)
WEEKS = 4
NOT_CLOSED = Unknown("that day was not closed, or had no figures")


@dataclass(frozen=True)
class Compared:
    """One figure of a day, a week before, and the mean of the same weekday of the last
    weeks, as many as are closed: `weeks`."""

    name: str
    now: Decimal
    before: Decimal | Unknown
    mean: Decimal | Unknown
    weeks: int

    @property
    def against_before(self) -> Decimal | Unknown:
        return self.before if isinstance(self.before, Unknown) else self.now - self.before

    @property
    def against_mean(self) -> Decimal | Unknown:
        return self.mean if isinstance(self.mean, Unknown) else self.now - self.mean


def compared_day(wanted: Wanted) -> tuple[date, list[Compared]] | None:
    """The newest closed day of the window with its figures beside earlier ones; None
    where no day of it is closed or has figures. One query."""
    if wanted.newest_closed is None or wanted.newest_closed < wanted.begin:
        return None
    day = min(wanted.newest_closed, wanted.end)
    rows = figures_of(wanted, [day - n * WEEK for n in range(WEEKS + 1)])
    if day not in rows:
        return None
    earlier = [rows[day - n * WEEK] for n in range(1, WEEKS + 1) if day - n * WEEK in rows]
    return day, [
        Compared(
            name=name,
            now=rows[day][n],
            before=rows[day - WEEK][n] if day - WEEK in rows else NOT_CLOSED,
            mean=sum((each[n] for each in earlier), Decimal(0)) / len(earlier)
            if earlier
            else NOT_CLOSED,
            weeks=len(earlier),
        )
        for n, name in enumerate(("revenue", "cost", "profit", "tokens"))
    ]


def figures_of(
    wanted: Wanted, days: list[date]
) -> dict[date, tuple[Decimal, Decimal, Decimal, Decimal]]:
    """(revenue, cost, profit [USD], tokens) of closed days."""
    rows = DailyProfit.objects.filter(day__in=days, simulated=wanted.simulated)
    if wanted.is_whole:
        rows = rows.filter(scope=Scope.ALL)
    elif wanted.fleet_id is not None:
        rows = rows.filter(scope=Scope.FLEET, fleet=wanted.fleet_id)
    else:
        rows = rows.filter(scope=Scope.DEPLOYMENT, deployment__in=list(wanted.members))
    tokens = (
        F("uncached_prompt_tokens") + F("cached_prompt_tokens") + F("completion_tokens")
    )
    sums = (
        rows.order_by()
        .values_list("day")
        .annotate(*map(Sum, ("revenue_usd", "cost_usd", "profit_usd")), tokens=Sum(tokens))
    )
    return {
        day: (revenue, cost, profit, Decimal(count))
        for day, revenue, cost, profit, count in sums
    }
