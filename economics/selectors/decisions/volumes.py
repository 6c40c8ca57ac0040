"""Tokens of the last days: ours by the hour of the day, the market's by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import ExtractHour

from economics.calc.token_mix import TokenCounts
from economics.models import MarketSource, MarketVolume, UsageHour
from economics.selectors.market_board import MIX_DAYS

VOLUME_DAYS = 28


def served_by_hour(*, now: datetime) -> dict[int, dict[int, TokenCounts]]:
    """Tokens of the last days by the id of their model and the UTC hour of the day. One
    query."""
    found: defaultdict[int, dict[int, TokenCounts]] = defaultdict(dict)
    rows = (
        UsageHour.objects.filter(
            hour_start__gte=now - timedelta(days=MIX_DAYS), hour_start__lt=now
        )
        .order_by()
        .values_list(
            "pod__deployment__variant__served_model", ExtractHour("hour_start", tzinfo=UTC)
        )
        .annotate(
            Sum("uncached_prompt_tokens"),
            Sum("cached_prompt_tokens"),
            Sum("completion_tokens"),
        )
    )
    for model, hour, *counts in rows:
        found[model][hour] = TokenCounts(*counts)
    return dict(found)


def market_volumes(
    source: MarketSource, slugs: Iterable[str], *, now: datetime
) -> dict[str, dict[date, Decimal]]:
    """Tokens of the days that are over, by slug. One query."""
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    rows = MarketVolume.objects.filter(
        source=source,
        slug__in=list(slugs),
        day__gte=now.date() - timedelta(days=VOLUME_DAYS),
        day__lt=now.date(),
    )
    for row in rows:
        found[row.slug][row.day] = row.tokens
    return found
