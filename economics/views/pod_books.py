"""The books of one pod: its money so far, and its hours as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from economics.calc.counters import RequestCounts
from economics.calc.token_mix import TokenCounts
from economics.models import CostLine, RevenueLine, UsageHour
from economics.selectors import PodMoney, pod_money
from economics.selectors.hour_revenue import counts_of
from economics.selectors.usage_hours import requests_in, requests_of
from fleet.models import Pod

HOURS_SHOWN = 48


@dataclass(frozen=True)
class HourRow:
    """An hour of a pod. Money is what is booked; None: no line yet."""

    hour_start: datetime
    counts: TokenCounts
    requests: RequestCounts | None
    revenue_usd: Decimal | None
    cost_usd: Decimal | None
    notes: tuple[tuple[str, str], ...]  # a word, and what it means


@dataclass(frozen=True)
class PodBooks:
    """Everything the books say of a pod.

    booked_cost_usd   [USD] of cost lines
    requests          finished, of all hours
    running_cost_usd  [USD] since the last line, not booked yet
    """

    money: PodMoney
    booked_cost_usd: Decimal
    requests: RequestCounts
    rows: list[HourRow]

    @property
    def running_cost_usd(self) -> Decimal:
        return self.money.cost_usd - self.booked_cost_usd

    @property
    def profit_usd(self) -> Decimal:
        return self.money.revenue_usd - self.money.fees_usd - self.money.cost_usd


def pod_books(pod: Pod, now: datetime) -> PodBooks:
    """The books of a pod as of `now`."""
    booked = CostLine.objects.filter(pod=pod).aggregate(usd=Sum("amount_usd"))["usd"]
    hours = UsageHour.objects.filter(pod=pod)
    return PodBooks(
        pod_money(pod, now), booked or Decimal(0), requests_in(hours), hour_rows(pod)
    )


def hour_rows(pod: Pod) -> list[HourRow]:
    """The newest hours with tokens or costs, newest first. Three queries."""
    newest = UsageHour.objects.filter(pod=pod).order_by("-hour_start")[:HOURS_SHOWN]
    usage = {hour.hour_start: hour for hour in newest}
    costs = dict(
        CostLine.objects.filter(pod=pod)
        .order_by("-hour_start")
        .values("hour_start")
        .annotate(usd=Sum("amount_usd"))
        .values_list("hour_start", "usd")[:HOURS_SHOWN]
    )
    revenues = dict(
        RevenueLine.objects.filter(usage_hour__in=[hour.pk for hour in usage.values()])
        .order_by()
        .values("usage_hour__hour_start")
        .annotate(usd=Sum("amount_usd"))
        .values_list("usage_hour__hour_start", "usd")
    )
    hours = sorted(usage.keys() | costs.keys(), reverse=True)[:HOURS_SHOWN]
    return [
        HourRow(
            hour_start=at,
            counts=counts_of(usage[at]) if at in usage else TokenCounts(),
            requests=requests_of(usage[at]) if at in usage else None,
            revenue_usd=revenues.get(at),
            cost_usd=costs.get(at),
            notes=_notes(usage[at]) if at in usage else (),
        )
        for at in hours
    ]


def _notes(hour: UsageHour) -> tuple[tuple[str, str], ...]:
    """What one should know before trusting the row to the last token."""
    split, late = f"{hour.interpolated_tokens:,}", f"{hour.late_tokens:,}"
    known = (
        (hour.sealed_at is None, "open", "the hour is still counted"),
        (hour.interpolated_tokens, "split", f"{split} tokens were split by time"),
        (hour.late_tokens, "late", f"{late} tokens belong to an earlier, sealed hour"),
        (hour.cached_unknown, "no cached", "the engine does not report cached tokens"),
    )
    return tuple((word, meaning) for holds, word, meaning in known if holds)
