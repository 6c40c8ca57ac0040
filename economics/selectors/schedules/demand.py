"""The demand of each hour: the model's own history, the market's, or a file's."""

from __future__ import annotations

from collections.abc import Sequence
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
WEEKS_READ = 8  # for an hour that the days read do not have
HOURS_PER_DAY = 24
Counted = tuple[int, ...]  # uncached prompt, cached prompt, completion, requests
NONE_COUNTED: Counted = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class HourlyDemand:
    """Tokens and requests of each hour, and how they are known.

    tag            measured, estimated or simulated; an expectation is at best estimated
    unknown_hours  of the hours planned, those that nobody counted
    note           what is not known, in a sentence; "" where nothing is missing
    """

    tokens: tuple[TokenCounts, ...]
    requests: tuple[int, ...]
    source: str
    observed: str
    tag: str
    unknown_hours: int = 0
    note: str = ""

    @staticmethod
    def of(
        counted: Sequence[Counted],
        *,
        source: str,
        observed: str,
        tag: str,
        unknown_hours: int = 0,
        note: str = "",
    ) -> HourlyDemand:
        """A demand out of counted hours."""
        return HourlyDemand(
            tokens=tuple(TokenCounts(*each[:3]) for each in counted),
            requests=tuple(each[3] for each in counted),
            source=source,
            observed=observed,
            tag=tag,
            unknown_hours=unknown_hours,
            note=note,
        )


def own_demand(
    slug: str, *, start: datetime, hours: int, simulated: bool, with_means: bool = False
) -> HourlyDemand | Unknown:
    """What each hour asks if it asks as the same hour of the last 14 days did, on average.

    Only sealed hours count. What was asked of nobody is in no counter: an hour of the day
    in which no replica ran counts as no demand, or, `with_means`, as the mean of the same
    hour of the week in 8 weeks, and where that was not counted either, of all counted
    hours. How many those are is told. One query, or two.
    """
    rows = _sealed(slug, start - timedelta(days=DAYS_READ), start, simulated=simulated)
    if not rows:
        return Unknown(
            f"no sealed hour of {slug} was counted in the last {DAYS_READ} days; the page "
            "Books, Usage takes a request log, or plan on the market's demand or a file"
        )
    by_hour: dict[int, list[Counted]] = {}
    for at, counted in rows:
        by_hour.setdefault(at.hour, []).append(counted)
    planned = [start + HOUR * t for t in range(hours)]
    blind = [at for at in planned if at.hour not in by_hour]
    means = {}
    if blind and with_means:
        means = _means(slug, blind, rows, start=start, simulated=simulated)
    return HourlyDemand.of(
        [
            mean(by_hour[at.hour]) if at.hour in by_hour else means.get(at, NONE_COUNTED)
            for at in planned
        ],
        source=f"mean of the same hour in {len(rows)} sealed hours of {DAYS_READ} days",
        observed=f"{rows[0][0]:%Y-%m-%d %H}:00 to {rows[-1][0] + HOUR:%Y-%m-%d %H}:00 UTC",
        tag="simulated" if simulated else "estimated",
        unknown_hours=len(blind),
        note=unknown_words(len(blind), hours, with_means=with_means),
    )


def unknown_words(unknown: int, hours: int, *, with_means: bool) -> str:
    """How many hours nobody counted, and what they count as; "" where there is none."""
    if not unknown:
        return ""
    taken = (
        "each counts as the mean of the same hour of the week, else of all counted hours"
        if with_means
        else "they count as no demand"
    )
    return f"Unknown hours: {unknown} of {hours}; {taken}."


def mean(counted: Sequence[Counted]) -> Counted:
    """The mean of each column, to the next whole number."""
    return tuple(round(sum(column) / len(counted)) for column in zip(*counted, strict=True))


def _sealed(
    slug: str, since: datetime, until: datetime, *, simulated: bool
) -> list[tuple[datetime, Counted]]:
    """The sealed hours of a model in [since, until), all its pods together."""
    rows = (
        UsageHour.objects.filter(
            pod__deployment__variant__served_model__slug=slug,
            pod__deployment__fleet__simulated=simulated,
            hour_start__gte=since,
            hour_start__lt=until,
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
    return [(at, tuple(counted)) for at, *counted in rows]


def _means(
    slug: str,
    blind: Sequence[datetime],
    counted: Sequence[tuple[datetime, Counted]],
    *,
    start: datetime,
    simulated: bool,
) -> dict[datetime, Counted]:
    """What each blind hour counts as: its hour of the week, else the mean of all."""
    since = start - timedelta(weeks=WEEKS_READ)
    by_week: dict[tuple[int, int], list[Counted]] = {}
    for at, each in _sealed(slug, since, start, simulated=simulated):
        by_week.setdefault((at.weekday(), at.hour), []).append(each)
    every = mean([each for _, each in counted])
    return {
        at: mean(by_week[at.weekday(), at.hour])
        if (at.weekday(), at.hour) in by_week
        else every
        for at in blind
    }


def market_demand(traffic: MarketTraffic | None, *, hours: int) -> HourlyDemand | Unknown:
    """The market's day, spread evenly: its hours are not published."""
    if traffic is None:
        return Unknown("the market's traffic of this model is unknown; see the page Market")
    prompt = traffic.prompt_tokens_per_day / HOURS_PER_DAY
    one = (
        round(prompt * (1 - traffic.cached_share)),
        round(prompt * traffic.cached_share),
        round(traffic.completion_tokens_per_day / HOURS_PER_DAY),
        round(prompt / max(traffic.prompt_tokens_per_request, Decimal(1))),
    )
    return HourlyDemand.of(
        [one] * hours,
        source=traffic.source,
        observed=f"{traffic.observed_on}",
        tag="estimated",
        note="The market tells days: its hours are taken as equal.",
    )
