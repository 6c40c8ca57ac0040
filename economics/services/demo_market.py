"""The demo's market: the play market's past, read by the code that reads the real one."""

from __future__ import annotations

from datetime import datetime, timedelta

from economics.models import MarketModel, MarketSource
from economics.openrouter.parse import (
    endpoint_readings,
    model_readings,
    volume_readings,
)
from economics.selectors.market_join import joined_models
from economics.services.market_watch import (
    take_endpoints,
    take_models,
    take_volumes,
)
from fleet.sandbox import openrouter as play_market


def make_market(*, days: int, now: datetime) -> None:
    """What the play market told on each of these days, as a reading would have kept it."""
    source = MarketSource.SIMULATED
    MarketModel.objects.filter(source=source).delete()  # today's reading came before
    for days_ago in range(days, -1, -1):
        at = now - timedelta(days=days_ago)
        models, _ = model_readings(play_market.listed_models(at))
        take_models(models, source=source, now=at)
        for joined in joined_models(source):
            if joined.market is not None:
                told = play_market.listed_endpoints(joined.market.slug, at)
                take_endpoints(joined.market, endpoint_readings(told)[0], now=at)
    first = now.date() - timedelta(days=days)
    ranked = play_market.ranked(first, now.date(), now)
    volumes, as_of = volume_readings(ranked["data"], ranked["meta"], now=now)
    take_volumes(volumes, source=source, as_of=as_of, now=now)
