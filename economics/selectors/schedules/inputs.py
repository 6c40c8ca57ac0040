"""What an answer rests on beside its machines: figure, unit, source and age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from economics.calc.hours import DAY, day_of
from economics.calc.money import per_million
from economics.calc.token_mix import TokenRates
from economics.models import ExpenseLine
from economics.planner.option import SERVERLESS, PlanOption
from economics.selectors.plan import PlanAnswer
from economics.selectors.schedules.candidates import (
    IDLE_SECONDS,
    Running,
)
from economics.selectors.schedules.demand import HourlyDemand
from economics.selectors.schedules.question import ScheduleQuestion

FIXED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that the answer rests on, as a page shows it."""

    name: str
    value: str
    source: str
    age: str
    tag: str


@dataclass(frozen=True, slots=True)
class FixedCost:
    """What is paid whatever runs [USD/day], and how that is known."""

    usd_per_day: Decimal
    source: str


def fixed_cost(now: datetime, *, simulated: bool) -> FixedCost:
    """What fleets and all of them share: a day's mean of the last 30. One query."""
    until = day_of(now)
    since = until - timedelta(days=FIXED_DAYS)
    total = ExpenseLine.objects.filter(
        day__gte=since,
        day__lt=until,
        expense__simulated=simulated,
        expense__deployment__isnull=True,
    ).aggregate(usd=Sum("amount_usd"))["usd"] or Decimal(0)
    return FixedCost(
        max(total, Decimal(0)) / FIXED_DAYS,
        f"shared expenses of {since} to {until - DAY}, by the day; all of them, whatever "
        "else they are shared with",
    )


def inputs_of(
    plan: PlanAnswer,
    question: ScheduleQuestion,
    demand: HourlyDemand,
    *,
    options: Sequence[PlanOption],
    running: Sequence[Running],
    fixed: FixedCost,
    take_rate: Decimal,
    net: TokenRates,
    now: datetime,
) -> tuple[Input, ...]:
    """Every input of a problem, in the order in which a page tells them."""
    total = sum(each.total for each in demand.tokens)
    hours = len(demand.tokens)
    return (
        Input(
            "Demand",
            f"{total:,} tokens in {hours} hours, of which {question.share:f} is ours. "
            f"{demand.note}".strip(),
            demand.source,
            demand.observed,
            demand.tag,
        ),
        Input(
            "Unknown hours",
            f"{demand.unknown_hours} of {hours}",
            demand.source,
            demand.observed,
            demand.tag,
        ),
        _prices(plan, net),
        Input(
            "Take rate",
            f"{take_rate:f} of revenue",
            "take rates in force",
            f"{day_of(now)}",
            "set",
        ),
        *_serverless(options),
        Input(
            "Replicas that run now",
            "; ".join(each.words for each in running) or "none",
            "live pods of this model's deployments",
            f"{now:%Y-%m-%d %H:%M} UTC",
            "measured",
        ),
        Input(
            "Fixed costs",
            f"${fixed.usd_per_day:,.2f} a day",
            fixed.source,
            f"{day_of(now)}",
            "billed",
        ),
    )


def _prices(plan: PlanAnswer, net: TokenRates) -> Input:
    classes = (
        ("uncached prompt", net.uncached_prompt),
        ("cached prompt", net.cached_prompt),
        ("completion", net.completion),
    )
    figures = ", ".join(f"{name} ${per_million(usd):,.4f}" for name, usd in classes)
    since = plan.facts.ours_since
    age = "as of its source" if since is None else f"in force since {since:%Y-%m-%d %H:%M}"
    return Input(
        "Token prices",
        f"{figures} per 1M tokens, net of the take rate",
        plan.prices_source,
        f"{age} UTC" if since is not None else age,
        "set" if plan.facts.ours is not None else "estimated",
    )


def _serverless(options: Sequence[PlanOption]) -> list[Input]:
    if not any(option.machine.kind == SERVERLESS for option in options):
        return []
    return [
        Input(
            "Idle time of serverless workers",
            f"{IDLE_SECONDS} s, billed, after the last answer",
            "what this console sets up an endpoint with; RunPod's REST v2 has the same "
            "default (idleTimeout)",
            "RunPod's contract of 2026-08",
            "set",
        )
    ]
