"""What a day that runs is seen beside: the profit of the days before, and of the same
weekday a week earlier up to the same clock time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from economics.calc.hours import HOUR, day_of, hour_start
from economics.models import Scope

SPARK_DAYS = 14
WEEK = timedelta(days=7)

# Lines of a day are added up per hour of usage before the hours are looked up: three
# lines have one, and looking each up took most of the page's time.
PAST = """
SELECT 'profit', scope, CASE scope WHEN %(deployment)s THEN deployment_id ELSE fleet_id END,
  day, NULL::timestamptz, profit_usd
FROM economics_dailyprofit
WHERE day >= %(first)s AND day < %(today)s AND simulated = %(simulated)s
  AND scope <> %(all)s
UNION ALL
SELECT 'cost', NULL, NULL, NULL, line.hour_start, sum(line.amount_usd)
FROM economics_costline AS line JOIN fleet_pod AS pod ON pod.id = line.pod_id
WHERE line.day = %(then)s AND pod.deployment_id = ANY(%(members)s)
GROUP BY line.hour_start
UNION ALL
SELECT 'cost', NULL, NULL, NULL, hour_start, sum(amount_usd)
FROM economics_resourcecostline
WHERE day = %(then)s AND deployment_id = ANY(%(members)s) GROUP BY hour_start
UNION ALL
SELECT 'net', NULL, NULL, NULL,
  coalesce(used.hour_start, estimate.hour_start, logged.hour_start),
  sum(line.usd * (1 - coalesce(take.rate, %(take_rate)s)))
FROM (
  SELECT usage_hour_id, estimate_id, log_hour_id, take_rate_id, sum(amount_usd) AS usd
  FROM economics_revenueline WHERE day = %(then)s AND deployment_id = ANY(%(members)s)
  GROUP BY usage_hour_id, estimate_id, log_hour_id, take_rate_id
) AS line
LEFT JOIN economics_usagehour AS used ON used.id = line.usage_hour_id
LEFT JOIN economics_usageestimate AS estimate ON estimate.id = line.estimate_id
LEFT JOIN economics_loghour AS logged ON logged.id = line.log_hour_id
LEFT JOIN economics_takerate AS take ON take.id = line.take_rate_id
GROUP BY 5
UNION ALL
SELECT 'whole', NULL, NULL, NULL, NULL, sum(line.amount_usd)
FROM economics_expenseline AS line
JOIN economics_expense AS expense ON expense.id = line.expense_id
WHERE line.day = %(then)s AND expense.simulated = %(simulated)s
UNION ALL
SELECT 'whole', NULL, NULL, NULL, NULL, -sum(amount_usd)
FROM economics_varianceline WHERE day = %(then)s AND simulated = %(simulated)s
"""


@dataclass(frozen=True)
class Past:
    """[USD] in one kind of money.

    sparks    profit of each of the SPARK_DAYS days before, oldest first, by scope and id;
              None: no row
    week_ago  profit of [00:00, the same clock time) a week earlier; None: no lines
    """

    sparks: dict[tuple[str, int], list[Decimal | None]]
    week_ago: Decimal | None


def past(now: datetime, *, simulated: bool, members: Iterable[int]) -> Past:
    """What is stored of the days before that of `now`. One query.

    members  the deployments of this kind of money
    """
    today, then = day_of(now), now - WEEK
    first = today - timedelta(days=SPARK_DAYS)
    asked: dict[str, Any] = {
        "first": first,
        "today": today,
        "then": day_of(then),
        "simulated": simulated,
        "members": list(members),
        "take_rate": settings.TAKE_RATE,
        "all": Scope.ALL,
        "deployment": Scope.DEPLOYMENT,
    }
    sparks: dict[tuple[str, int], list[Decimal | None]] = defaultdict(
        lambda: [None] * SPARK_DAYS
    )
    sums: dict[str, defaultdict[datetime | None, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    with connection.cursor() as cursor:
        cursor.execute(PAST, asked)
        for part, scope, pk, day, hour, usd in cursor.fetchall():
            if part == "profit":
                sparks[scope, pk][days_between(first, day)] = usd
            elif usd is not None:
                sums[part][hour] += usd
    return Past(sparks, week_ago(sums, then))


def days_between(first: date, day: date) -> int:
    return (day - first).days


def week_ago(
    sums: dict[str, defaultdict[datetime | None, Decimal]], then: datetime
) -> Decimal | None:
    """Lines are hourly, so the hour that `then` lies in counts by the share that is over.
    Other expenses count whole, as they do today."""
    if not sums["cost"] and not sums["net"]:
        return None
    expenses = sums["whole"][None]
    return until(sums["net"], then) - until(sums["cost"], then) - expenses


def until(by_hour: dict[datetime | None, Decimal], end: datetime) -> Decimal:
    """The sum of the hours before `end`, the last one in part."""
    whole = sum(
        (usd for at, usd in by_hour.items() if at is not None and at + HOUR <= end),
        Decimal(0),
    )
    open_hour = hour_start(end)
    share = Decimal(int((end - open_hour).total_seconds())) / 3600
    return whole + by_hour.get(open_hour, Decimal(0)) * share
