"""The demo: 60 simulated days, closed one by one by the code that closes real ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from economics.calc.hours import day_bounds, day_of
from economics.models import DayClose, ExpenseLine, TokenPrice
from economics.services.accrual import accrue
from economics.services.close import closable_at, close_day
from economics.services.counting import count_usage
from economics.services.demo_market import make_market
from economics.services.metering import seal_hours
from economics.services.pod_use import book_pod_use
from economics.services.prices import set_token_price
from economics.services.revenue import post_revenue
from fleet.models import Deployment, ServedModel
from fleet.services import audit, demo_fleet
from fleet.services.demo_fleet import DEPLOYMENTS, DemoDeployment

CLOSE_AFTER = timedelta(minutes=20)
USER = "demo"

# USD per million tokens: uncached prompt, cached prompt, completion; and from which day
# of the past on. The first price of Llama and of GLM is the founding plan's own, the second
# what the market paid for it in 2026-08. Qwen's undercuts the cheapest of the play market.
PRICES = (
    ("llama-3.1-8b", 60, ("0.10", "0.05", "0.20")),
    ("llama-3.1-8b", 14, ("0.0337", "0.0168", "0.0541")),
    ("glm-5", 60, ("1.00", "0.20", "2.00")),
    ("glm-5", 14, ("0.60", "0.12", "1.92")),
    ("qwen-2.5-7b", 60, ("0.07", "0.035", "0.14")),
)


class DemoRefused(Exception):
    """The demo can not be made here; the message says why."""


def make_demo(*, now: datetime, plans: Sequence[DemoDeployment] = DEPLOYMENTS) -> str:
    """Make the demo's fleets with their simulated past; a summary.

    All or nothing: one transaction, so that no other job sees half a past. Raises
    DemoRefused when the past is taken by closed days, or when the catalog does not
    list what the demo rents. Running it twice makes it once.
    """
    if Deployment.objects.filter(slug__in=[plan.slug for plan in plans]).exists():
        return "the demo exists already"
    if ExpenseLine.objects.exists():
        raise DemoRefused(
            "Expenses are booked here already, and the demo's past would lie among them. "
            "Start it in a new folder (KERNE_VAR)."
        )
    if DayClose.objects.exists():
        raise DemoRefused(
            "Days of the past are closed already; the demo can not be put into them. "
            "Start it in a new folder (KERNE_VAR)."
        )
    try:
        with transaction.atomic():
            pods = make_past(plans, now=now)
            make_market(days=max(plan.days for plan in plans), now=now)
            closed = close_past(plans, now=now)
            book_today(now=now)
            audit.record("make demo", "demo fleet", acting_user=USER, now=now, days=closed)
    except demo_fleet.NoOffer as missing:
        raise DemoRefused(str(missing)) from missing
    return f"{closed} simulated days closed, {pods} pods of the past"


def make_past(plans: Sequence[DemoDeployment], *, now: datetime) -> int:
    """Deployments, prices, pods and samples up to `now`; the number of pods."""
    for slug, days_ago, prices in PRICES:
        set_demo_price(slug, days_ago=days_ago, prices=prices, now=now)
    pods = 0
    for plan in plans:
        first = first_day(plan, now=now)
        deployment = demo_fleet.ensure(plan, now=first)
        pods += demo_fleet.make_past(plan, deployment, first=first.date(), until=now)
    return pods


def book_today(*, now: datetime) -> None:
    """Count and book what of today is over, as the scheduled jobs do.

    Until their next run the first page would else show a day of costs without revenue.
    """
    count_usage(now)
    seal_hours(now)
    post_revenue(now)
    accrue(now)
    book_pod_use(now)


def first_day(plan: DemoDeployment, *, now: datetime) -> datetime:
    """Midnight, UTC, of the first simulated day of a deployment."""
    return day_bounds(day_of(now) - timedelta(days=plan.days)).start


def set_demo_price(
    slug: str, *, days_ago: int, prices: tuple[str, str, str], now: datetime
) -> None:
    """A price of the demo; one that the operator set for that hour is left alone."""
    model = ServedModel.objects.get(slug=slug)
    valid_from = day_bounds(day_of(now) - timedelta(days=days_ago)).start
    if TokenPrice.objects.filter(served_model=model, valid_from=valid_from).exists():
        return
    uncached, cached, completion = map(Decimal, prices)
    set_token_price(
        model,
        uncached_prompt=uncached,
        cached_prompt=cached,
        completion=completion,
        valid_from=valid_from,
        acting_user=USER,
        now=valid_from,
    )


def close_past(plans: Sequence[DemoDeployment], *, now: datetime) -> int:
    """Close every simulated day that may be closed at `now`, in its order; how many.

    Just after midnight yesterday's last hour is not sealed yet; its close comes by itself.
    """
    first = min(first_day(plan, now=now) for plan in plans).date()
    past = [first + timedelta(days=ago) for ago in range((day_of(now) - first).days)]
    days = [day for day in past if closable_at(day) <= now]
    for day in days:
        close_day(day, min(day_bounds(day).end + CLOSE_AFTER, now))
    return len(days)
