"""Today's money of many pods at once, for the rows of a list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Coalesce

from economics.calc.hours import day_of
from economics.calc.profit import Provenance, weakest
from economics.models import CostLine, RevenueLine, TokenClass
from economics.selectors import booking_day, closed_days
from economics.selectors.hour_revenue import (
    Prices,
    charged_of,
    hour_revenue,
    revenue_provenance,
    unbooked_hours,
)
from economics.selectors.pod_cost import (
    cost_of_seconds,
    cost_provenance,
    kinds_of,
    unaccrued_parts,
    unaccrued_pods,
)
from economics.selectors.take_rates import TakeRates, fees_of_lines

CATCH_UP = timedelta(days=62)  # how far back what is not booked yet may lie


@dataclass(frozen=True)
class PodToday:
    """What a pod earned and cost since 00:00 UTC [USD], booked or running up.

    provenance  how that is known: the tag of its weakest part
    """

    revenue_usd: Decimal
    cost_usd: Decimal
    fees_usd: Decimal = Decimal(0)
    provenance: Provenance = Provenance.MEASURED

    @property
    def profit_usd(self) -> Decimal:
        return self.revenue_usd - self.fees_usd - self.cost_usd


class Sums:
    """Amounts [USD] and tags by pod id, as they are added up."""

    def __init__(self) -> None:
        self.costs: defaultdict[int, Decimal] = defaultdict(Decimal)
        self.revenues: defaultdict[int, Decimal] = defaultdict(Decimal)
        self.fees: defaultdict[int, Decimal] = defaultdict(Decimal)
        self.tags: defaultdict[int, set[Provenance]] = defaultdict(set)

    def by_pod(self) -> dict[int, PodToday]:
        """What was added up of each; a pod without any is left out."""
        return {
            pk: PodToday(
                self.revenues[pk], self.costs[pk], self.fees[pk], weakest(self.tags[pk])
            )
            for pk in self.costs.keys() | self.revenues.keys()
        }


def pods_today(pod_ids: Iterable[int], now: datetime) -> dict[int, PodToday]:
    """Today's money by pod id; a pod without any is left out. Seven queries in all."""
    ids, sums = list(pod_ids), Sums()
    _add_lines(ids, day_of(now), sums)
    _add_running(ids, now, sums)
    return sums.by_pod()


def _add_lines(ids: list[int], day: date, sums: Sums) -> None:
    booked = (
        CostLine.objects.filter(pod__in=ids, day=day).order_by().values("pod", "provenance")
    )
    for row in booked.annotate(usd=Sum("amount_usd")):
        sums.costs[row["pod"]] += row["usd"]
        sums.tags[row["pod"]].add(Provenance(row["provenance"]))
    earned = (
        RevenueLine.objects.filter(day=day)
        .annotate(pod=Coalesce("usage_hour__pod", "estimate__pod"))
        .filter(pod__in=ids)
        .order_by()
        .values("pod", "provenance")
    )
    for line in earned.annotate(usd=Sum("amount_usd"), fee=fees_of_lines()):
        sums.revenues[line["pod"]] += line["usd"]
        sums.fees[line["pod"]] += line["fee"]
        sums.tags[line["pod"]].add(Provenance(line["provenance"]))


def _add_running(ids: list[int], now: datetime, sums: Sums) -> None:
    today = day_of(now)
    closed = closed_days(today - CATCH_UP)
    running = unaccrued_pods(now).filter(pk__in=ids).select_related("deployment__fleet")
    for pod in running:
        for part in unaccrued_parts(pod, until=now):
            if booking_day(day_of(part.start), closed) != today:
                continue  # it will be booked into its own day
            sums.tags[pod.pk].add(Provenance(cost_provenance(pod)))
            for kind in kinds_of(pod):
                until = cost_of_seconds(pod, kind, part.until_second)
                sums.costs[pod.pk] += until - cost_of_seconds(pod, kind, part.from_second)
    prices, takes = Prices(), TakeRates()
    for hour in unbooked_hours().filter(pod__in=ids):
        price = prices.of(hour)
        served = day_of(hour.hour_start)
        if price is not None and booking_day(served, closed) == today:
            usd = hour_revenue(hour, price)
            sums.revenues[hour.pod_id] += usd
            sums.fees[hour.pod_id] += usd * takes.on(served)
            charge = charged_of(hour, price)
            sums.tags[hour.pod_id] |= {
                Provenance(revenue_provenance(hour, kind, charge)) for kind in TokenClass
            }
