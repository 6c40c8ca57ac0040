"""The demand of each hour: the model's own history, or the market's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from economics.calc.hours import HOUR
from economics.calc.token_mix import TokenCounts
from economics.calc.unknown import Unknown
from economics.market.public import MarketTraffic
from economics.models import UsageHour

DAYS_READ = 14
HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class HourlyDemand:
    """Tokens and requests of each hour, and how they are known.

    tag   measured, estimated or simulated; an expectation is never better than estimated
    note  what is not known, in a sentence; "" where nothing is missing
    """

    tokens: tuple[TokenCounts, ...]
    requests: tuple[int, ...]
    source: str
    observed: str
    tag: str
    note: str = ""


def own_demand(
    slug: str, *, start: datetime, hours: int, simulated: bool
) -> HourlyDemand | Unknown:
    """What each hour asks if it asks as the same hour of the last 14 days did, on average.

    Only sealed hours count. What was asked of nobody is in no counter: hours of the day in
    which no replica ran count as no demand, and the note says so. One query.
    """
    rows = list(
        UsageHour.objects.filter(
            pod__deployment__variant__served_model__slug=slug,
            pod__deployment__fleet__simulated=simulated,
            hour_start__gte=start - timedelta(days=DAYS_READ),
            hour_start__lt=start,
            sealed_at__isnull=False,
        )
        .order_by("hour_start")
        .values_list("hour_start")
        .annotate(
            Sum("uncached_prompt_tokens"),
            Sum("cached_prompt_tokens"),
            Sum("completion_tokens"),
            Sum("requests"),
        )
    )
    if not rows:
        return Unknown(
            f"no sealed hour of {slug} was counted in the last {DAYS_READ} days; the page "
            "Books, Usage takes a request log, or plan on the market's demand"
        )
    by_hour: dict[int, list[tuple[int, ...]]] = {}
    for at, *counted in rows:
        by_hour.setdefault(at.hour, []).append(tuple(counted))
    expected = [
        _mean(by_hour.get((start + HOUR * t).hour, []))
        for t in range(min(hours, HOURS_PER_DAY))
    ]
    expected = [expected[t % HOURS_PER_DAY] for t in range(hours)]
    blind = HOURS_PER_DAY - len(by_hour)
    return HourlyDemand(
        tokens=tuple(TokenCounts(*each[:3]) for each in expected),
        requests=tuple(each[3] for each in expected),
        source=f"mean of the same hour in {len(rows)} sealed hours of {DAYS_READ} days",
        observed=f"{rows[0][0]:%Y-%m-%d %H}:00 to {rows[-1][0] + HOUR:%Y-%m-%d %H}:00 UTC",
        tag="simulated" if simulated else "estimated",
        note=(
            f"In {blind} hours of the day nothing was counted; they count as no demand."
            if blind
            else ""
        ),
    )


def _mean(counted: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The mean of each column, to the next whole token; nothing where there is none."""
    if not counted:
        return (0, 0, 0, 0)
    return tuple(round(sum(column) / len(counted)) for column in zip(*counted, strict=True))


def market_demand(traffic: MarketTraffic | None, *, hours: int) -> HourlyDemand | Unknown:
    """The market's day, spread evenly: its hours are not published."""
    if traffic is None:
        return Unknown("the market's traffic of this model is unknown; see the page Market")
    prompt = traffic.prompt_tokens_per_day / HOURS_PER_DAY
    tokens = TokenCounts(
        uncached_prompt=round(prompt * (1 - traffic.cached_share)),
        cached_prompt=round(prompt * traffic.cached_share),
        completion=round(traffic.completion_tokens_per_day / HOURS_PER_DAY),
    )
    requests = round(prompt / max(traffic.prompt_tokens_per_request, Decimal(1)))
    return HourlyDemand(
        tokens=(tokens,) * hours,
        requests=(requests,) * hours,
        source=traffic.source,
        observed=f"{traffic.observed_on}",
        tag="estimated",
        note="The market tells days: its hours are taken as equal.",
    )
