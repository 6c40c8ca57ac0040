"""GET /api/v1/profit: the closed days, as they were stored when they were closed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.hours import DAY, day_of
from economics.calc.unknown import Unknown
from economics.models import DailyProfit, Provenance, Scope
from economics.selectors import closed_days, closed_profit
from kerne_site.api import Asked, Endpoint, Parameter, a_day, api_view
from kerne_site.api import schemas as s

DAYS_GIVEN = 30  # without a word
MOST_DAYS = 366

NO_MIX = Unknown(
    "no priced token was sold that day, or no number of them would have paid for it"
)
NO_SHARE_OF_SUMS = Unknown("tokens of different models do not add up to a share")
NO_SHARE = Unknown(
    "the peak throughput was not known, or no second was billed that day, or the share "
    "was too large to mean anything"
)


@api_view()
def profit(request: HttpRequest) -> dict[str, Any]:
    """The stored rows of every scope from one day to another, both included."""
    first, last = days_asked(Asked(request.GET), yesterday=day_of(timezone.now()) - DAY)
    closed = sorted(day for day in closed_days(first) if day <= last)
    return {
        "from_day": first,
        "to_day": last,
        "closed_days": closed,
        "rows": [row_of(row) for row in closed_profit(first, last)],
    }


def days_asked(asked: Asked, *, yesterday: date) -> tuple[date, date]:
    """(from, to), both included; without a word the 30 days up to yesterday.

    Raises Problem for what is no day, and for days in the wrong order or too many.
    """
    last = asked.take("to", a_day, default=yesterday)
    first = asked.take("from", a_day, default=last - timedelta(days=DAYS_GIVEN - 1))
    asked.check()
    asked.check_days(first, last, most=MOST_DAYS)
    return first, last


def row_of(row: DailyProfit) -> dict[str, Any]:
    return {
        "day": row.day,
        "scope": row.scope,
        "fleet": None if row.fleet is None else row.fleet.slug,
        "deployment": None if row.deployment is None else row.deployment.slug,
        "is_simulated": row.simulated,
        "provenance": row.provenance,
        "revenue_usd": row.revenue_usd,
        "take_rate": row.take_rate,
        "cost_usd": row.cost_usd,
        "profit_usd": row.profit_usd,
        "break_even_revenue_usd": row.break_even_revenue_usd,
        "uncached_prompt_tokens": row.uncached_prompt_tokens,
        "cached_prompt_tokens": row.cached_prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "unpriced_tokens": row.unpriced_tokens,
        "break_even_tokens": NO_MIX
        if row.break_even_tokens is None
        else row.break_even_tokens,
        "utilization": share(row, row.utilization),
        "break_even_utilization": break_even_share(row),
        "closed_at": row.closed_at,
    }


def share(row: DailyProfit, stored: Decimal | None) -> Decimal | Unknown:
    """A share of the peak throughput [0..1], or why there is none."""
    if stored is not None:
        return stored
    return NO_SHARE if row.scope == Scope.DEPLOYMENT else NO_SHARE_OF_SUMS


def break_even_share(row: DailyProfit) -> Decimal | Unknown:
    """The utilization that would have paid the day; above 1: none would have."""
    if row.scope == Scope.DEPLOYMENT and row.break_even_tokens is None:
        return NO_MIX
    return share(row, row.break_even_utilization)


USD = s.described(s.DECIMAL, "USD, 6 decimals as stored.")
ROW = s.record(
    day=s.described(s.DAY, "A UTC day, 00:00 to 24:00."),
    scope=s.words(*Scope.values),
    fleet=s.or_null(s.described(s.TEXT, "Its slug; null in the scope all.")),
    deployment=s.or_null(s.described(s.TEXT, "Its slug; null above a deployment.")),
    is_simulated=s.described(s.FLAG, "Play money, which no other row contains."),
    provenance=s.described(s.words(*Provenance.values), "The weakest of its parts."),
    revenue_usd=s.described(s.DECIMAL, "USD, gross: what customers are charged."),
    take_rate=s.described(s.DECIMAL, "Share of gross revenue that the marketplace keeps."),
    cost_usd=USD,
    profit_usd=s.described(s.DECIMAL, "USD; negative is a loss."),
    break_even_revenue_usd=s.described(s.DECIMAL, "USD of gross revenue."),
    uncached_prompt_tokens=s.WHOLE,
    cached_prompt_tokens=s.WHOLE,
    completion_tokens=s.WHOLE,
    unpriced_tokens=s.described(s.WHOLE, "Served with no price set: not in revenue."),
    break_even_tokens=s.or_unknown(s.described(s.WHOLE, "Of the day's own mix.")),
    utilization=s.or_unknown(s.described(s.DECIMAL, "Share of peak tokens, 0 to 1.")),
    break_even_utilization=s.or_unknown(
        s.described(s.DECIMAL, "Above 1 the day could not break even.")
    ),
    closed_at=s.INSTANT,
)
PROFIT = Endpoint(
    path="profit",
    view=profit,
    line="Closed days: revenue, cost, profit, break-even of all, each fleet, deployment.",
    parameters=(
        Parameter("from", "First UTC day; 30 days before the last without it.", s.DAY),
        Parameter("to", f"Last UTC day, at most {MOST_DAYS} in all; yesterday.", s.DAY),
    ),
    answer=s.record(
        from_day=s.DAY,
        to_day=s.DAY,
        closed_days=s.described(s.many(s.DAY), "The others of the days are still open."),
        rows=s.many(ROW),
    ),
)
