"""The same part of the same weekday, a week earlier: what today is compared with."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Coalesce

from economics.calc.hours import HOUR, day_of, hour_start
from economics.models import CostLine, ResourceCostLine, RevenueLine
from economics.selectors.expenses import day_cost
from economics.selectors.take_rates import fees_of_lines

WEEK = timedelta(days=7)
AMOUNT = Sum("amount_usd")
HOURS = ("usage_hour__hour_start", "estimate__hour_start", "log_hour__hour_start")


def profit_a_week_ago(now: datetime, *, simulated: bool) -> Decimal | None:
    """Profit [USD] of [00:00, same clock time) a week before `now`; None: no lines.

    Lines are hourly, so the hour that `now` lies in counts by the share that is over.
    Other expenses count whole, as they do today.
    """
    then = now - WEEK
    day = day_of(then)
    revenues = (
        RevenueLine.objects.filter(day=day, deployment__fleet__simulated=simulated)
        .order_by()
        .values_list(Coalesce(*HOURS))
        .annotate(usd=Sum("amount_usd") - fees_of_lines())
    )
    cost_by_hour, revenue_by_hour = hourly(day, simulated=simulated), dict(revenues)
    if not cost_by_hour and not revenue_by_hour:
        return None
    expenses = day_cost(day, simulated=simulated)
    net = until(revenue_by_hour, then)
    return net - until(cost_by_hour, then) - expenses


def hourly(day: date, *, simulated: bool) -> dict[datetime, Decimal]:
    """What pods, volumes and endpoints cost by hour [USD]."""
    pods = CostLine.objects.filter(pod__deployment__fleet__simulated=simulated)
    resources = ResourceCostLine.objects.filter(deployment__fleet__simulated=simulated)
    ours, theirs = (
        lines.filter(day=day).order_by().values_list("hour_start").annotate(usd=AMOUNT)
        for lines in (pods, resources)
    )
    sums: defaultdict[datetime, Decimal] = defaultdict(Decimal)
    for hour, usd in ours.union(theirs, all=True):
        sums[hour] += usd
    return sums


def until(by_hour: dict[datetime, Decimal], end: datetime) -> Decimal:
    """The sum of the hours before `end`, the last one in part."""
    whole = sum((usd for at, usd in by_hour.items() if at + HOUR <= end), Decimal(0))
    open_hour = hour_start(end)
    share = Decimal(int((end - open_hour).total_seconds())) / 3600
    return whole + by_hour.get(open_hour, Decimal(0)) * share
