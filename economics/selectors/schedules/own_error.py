"""How far the demand of a day was from what the days before it said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate

from economics.calc.hours import day_bounds, day_of
from economics.models import UsageHour
from economics.planner.schedule.risk.inputs import Spread, spread_of

DAYS_READ = 42
DAYS_EXPECTED = 14  # a day is expected to be the mean of so many before it
FEWEST_EXPECTED = 3
HOURS_PER_DAY = 24


def own_day_spread(slug: str, *, now: datetime, simulated: bool) -> Spread | None:
    """P10, P50 and P90 of a day by the mean of the days before it, of our own traffic.

    Only days of which all 24 hours are sealed count: what was asked of nobody is in no
    counter. None where fewer than five days can be compared. One query.
    """
    today = day_of(now)
    totals = dict(
        UsageHour.objects.filter(
            pod__deployment__variant__served_model__slug=slug,
            pod__deployment__fleet__simulated=simulated,
            hour_start__gte=day_bounds(today - timedelta(days=DAYS_READ)).start,
            hour_start__lt=day_bounds(today).start,
            sealed_at__isnull=False,
        )
        .annotate(day=TruncDate("hour_start", tzinfo=UTC))
        .values("day")
        .annotate(
            hours=Count("hour_start", distinct=True),
            tokens=Sum(
                F("uncached_prompt_tokens")
                + F("cached_prompt_tokens")
                + F("completion_tokens")
            ),
        )
        .filter(hours=HOURS_PER_DAY)
        .values_list("day", "tokens")
    )
    return spread_of(
        day_ratios(totals), "own days by the mean of up to 14 before, all hours sealed"
    )


def day_ratios(totals: Mapping[date, int]) -> list[Decimal]:
    """Each day's tokens by the mean of the days known before it [1], oldest first.

    A day with fewer than three known in the 14 before it, or with none asked, has none.
    """
    ratios = []
    for day in sorted(totals):
        before = [
            totals[earlier]
            for back in range(1, DAYS_EXPECTED + 1)
            if (earlier := day - timedelta(days=back)) in totals
        ]
        if len(before) >= FEWEST_EXPECTED and totals[day] and sum(before):
            ratios.append(Decimal(totals[day] * len(before)) / sum(before))
    return ratios
