"""Usage hours as they are shown: tokens by class, requests by the reason of their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from economics.calc.counters import RequestCounts
from economics.calc.token_mix import TokenCounts
from economics.models import LogHour, UsageEstimate, UsageHour
from fleet.models import Deployment, Pod

HOURS_SHOWN = 48
ESTIMATES_SHOWN = 20
REASONS = {f"requests_{reason}": reason for reason in RequestCounts._fields}
CLASSES = ("uncached_prompt", "cached_prompt", "completion")
SUMS = {
    **{name: Sum(f"{name}_tokens") for name in CLASSES},
    **{reason: Sum(column) for column, reason in REASONS.items()},
}


@dataclass(frozen=True)
class ServedHour:
    """What the pods of a deployment served in one UTC hour.

    pods     how many of them have a row
    is_open  some of it may still be added to
    """

    hour_start: datetime
    counts: TokenCounts
    requests: RequestCounts
    pods: int
    is_open: bool


@dataclass(frozen=True)
class ServedHours:
    """The newest hours of a deployment, newest first, and their sum."""

    rows: list[ServedHour]

    @property
    def counts(self) -> TokenCounts:
        return sum((row.counts for row in self.rows), TokenCounts())

    @property
    def requests(self) -> RequestCounts:
        return added(row.requests for row in self.rows)


def estimates_of(owner: Pod | Deployment) -> list[UsageEstimate]:
    """What a pod, or the pods of a deployment, served unmetered; the newest first."""
    mine = Q(pod=owner) if isinstance(owner, Pod) else Q(pod__deployment=owner)
    rows = UsageEstimate.objects.filter(mine, superseded_at__isnull=True)
    return list(rows.select_related("pod").order_by("-from_at")[:ESTIMATES_SHOWN])


def requests_of(hour: UsageHour | LogHour) -> RequestCounts:
    """The finished requests of a pod's or a log's hour."""
    return RequestCounts(*(getattr(hour, column) for column in REASONS))


def requests_in(hours: QuerySet[UsageHour]) -> RequestCounts:
    """The finished requests of some hours. One query."""
    sums = hours.aggregate(**{reason: Sum(column) for column, reason in REASONS.items()})
    return RequestCounts(*(sums[reason] or 0 for reason in RequestCounts._fields))


def added(parts: Iterable[RequestCounts]) -> RequestCounts:
    """Requests of several hours, reason by reason."""
    columns = zip(*parts, strict=True)
    return RequestCounts(*(sum(column) for column in columns))


def deployment_hours(deployment: Deployment) -> ServedHours:
    """The newest hours of a deployment over its pods. One query."""
    return ServedHours([served(row) for row in hour_sums(deployment)[:HOURS_SHOWN]])


def every_hour(deployment: Deployment) -> Iterator[ServedHour]:
    """All hours of a deployment with traffic, newest first. One query."""
    return map(served, hour_sums(deployment).iterator())


def hour_sums(deployment: Deployment) -> QuerySet[Any, Any]:
    """The sums of each hour over the pods of a deployment, newest first."""
    return (
        UsageHour.objects.filter(pod__deployment=deployment)
        .order_by()
        .values("hour_start")
        .annotate(pods=Count("pk"), sealed=Count("sealed_at"), **SUMS)
        .order_by("-hour_start")
    )


def served(row: Mapping[str, Any]) -> ServedHour:
    return ServedHour(
        hour_start=row["hour_start"],
        counts=TokenCounts(*(row[name] for name in CLASSES)),
        requests=RequestCounts(*(row[reason] for reason in RequestCounts._fields)),
        pods=row["pods"],
        is_open=row["sealed"] < row["pods"],
    )
