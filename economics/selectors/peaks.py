"""What a deployment's own hours say of its traffic and of its best throughput."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from economics.calc.hours import SECONDS_PER_HOUR, day_bounds, day_of
from economics.models import UsageHour
from fleet.models import Deployment

TRAFFIC_DAYS = 7  # whole days: the question is the same all day long
BEST_DAYS = 14
LEAST_REQUESTS = 100  # below it a mean request is chance
MOST_CACHED = Decimal("0.99")
HUNDREDTH = Decimal("0.01")
CLASSES = ("uncached_prompt_tokens", "cached_prompt_tokens", "completion_tokens")


@dataclass(frozen=True, slots=True)
class KnownPeak:
    """A peak [tokens / s of the mix] and how it is known."""

    tokens_per_second: Decimal
    source: str


def on_its_machine(deployment: Deployment, through: str = "") -> dict[str, Any]:
    """A filter of the pods that ran on the machine that the deployment wants now.

    through  the way from the rows to their pods, such as "pod__"
    """
    return {
        f"{through}deployment": deployment,
        f"{through}gpu_type_id": deployment.gpu_type_id,
        f"{through}gpu_count": deployment.gpu_count,
    }


def own_traffic(deployment: Deployment, *, now: datetime) -> dict[str, Any] | None:
    """The mean request of the last whole days as fields of a plan's question; None where
    too few were answered. One query."""
    end = day_bounds(day_of(now)).start
    hours = UsageHour.objects.filter(
        pod__deployment=deployment,
        hour_start__gte=end - timedelta(days=TRAFFIC_DAYS),
        hour_start__lt=end,
    )
    names = (*CLASSES, "requests")
    sums = hours.aggregate(**{f"all_{name}": Sum(name) for name in names})
    uncached, cached, completion, requests = (sums[f"all_{name}"] or 0 for name in names)
    prompt = uncached + cached
    if requests < LEAST_REQUESTS or not prompt or not completion:
        return None
    share = (Decimal(cached) / prompt).quantize(HUNDREDTH)
    return {
        "prompt_tokens": max(1, round(prompt / requests)),
        "completion_tokens": max(1, round(completion / requests)),
        "cached_share": min(share, MOST_CACHED),
    }


def best_hour(deployment: Deployment, *, now: datetime) -> KnownPeak:
    """The hour in which one pod on today's machine served the most; 0 before any. One
    query."""
    row = (
        UsageHour.objects.filter(
            **on_its_machine(deployment, "pod__"),
            hour_start__gte=now - timedelta(days=BEST_DAYS),
        )
        .annotate(tokens=F(CLASSES[0]) + F(CLASSES[1]) + F(CLASSES[2]))
        .filter(tokens__gt=0)
        .order_by("-tokens", "hour_start")
        .values("tokens", "hour_start")
        .first()
    )
    if row is None:
        return KnownPeak(Decimal(0), "nothing was served")
    return KnownPeak(
        Decimal(row["tokens"]) / SECONDS_PER_HOUR,
        f"measured: its best hour, from {row['hour_start']:%Y-%m-%d %H:%M} UTC",
    )
