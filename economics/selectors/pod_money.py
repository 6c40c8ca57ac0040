"""The money of one pod so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Sum

from economics.calc.hours import day_of
from economics.calc.profit import Provenance, weakest
from economics.calc.token_mix import TokenCounts
from economics.models import CostLine, RevenueLine, TokenClass, UsageHour
from economics.selectors.booked_day import cost_tag
from economics.selectors.hour_revenue import (
    Prices,
    charged_of,
    counts_of,
    hour_revenue,
    revenue_provenance,
    unbooked_hours,
)
from economics.selectors.pod_cost import cost_provenance, unaccrued_amounts, unaccrued_pods
from economics.selectors.take_rates import TakeRates, fees_of_lines
from fleet.models import Pod


@dataclass(frozen=True)
class PodMoney:
    """What a pod cost and earned since it was rented [USD], booked or running up.

    counts           [tokens] served
    unpriced_tokens  of them: without a price, so not in `revenue_usd`
    fees_usd         the marketplace's part of the revenue
    """

    cost_usd: Decimal
    revenue_usd: Decimal
    counts: TokenCounts
    unpriced_tokens: int
    cost_provenance: Provenance
    revenue_provenance: Provenance
    fees_usd: Decimal


def pod_money(pod: Pod, now: datetime) -> PodMoney:
    """The money of a pod as of `now`."""
    cost, cost_tags = pod_cost(pod, now)
    revenue, fees, unpriced, revenue_tags = pod_revenue(pod)
    hours = UsageHour.objects.filter(pod=pod)
    # Without any row there is no tag, and 0 of play money would look measured.
    play = {Provenance.SIMULATED} if pod.deployment.fleet.simulated else set()
    return PodMoney(
        cost_usd=cost,
        revenue_usd=revenue,
        counts=sum(map(counts_of, hours), TokenCounts()),
        unpriced_tokens=unpriced,
        cost_provenance=weakest(cost_tags | play),
        revenue_provenance=weakest(revenue_tags | play),
        fees_usd=fees,
    )


def pod_cost(pod: Pod, now: datetime) -> tuple[Decimal, set[Provenance]]:
    """The lines of a pod, and what it ran up since the last one."""
    lines = list(CostLine.objects.filter(pod=pod))
    settled = {line.corrects_id for line in lines}
    cost = sum((line.amount_usd for line in lines), Decimal(0))
    tags = {cost_tag(line.provenance, confirmed=line.pk in settled) for line in lines}
    running = unaccrued_pods(now).filter(pk=pod.pk).first()
    if running is not None:
        for _, _, usd, _ in unaccrued_amounts(running, now, newest_closed=None):
            cost += usd
            tags.add(Provenance(cost_provenance(running)))
    return cost, tags


def pod_revenue(pod: Pod) -> tuple[Decimal, Decimal, int, set[Provenance]]:
    """(USD, of it fees, tokens without a price, tags): the lines, and the hours without."""
    rows = (
        RevenueLine.objects.filter(Q(usage_hour__pod=pod) | Q(estimate__pod=pod))
        .order_by()
        .values("provenance")
        .annotate(usd=Sum("amount_usd"), fee=fees_of_lines())
    )
    revenue = sum((row["usd"] for row in rows), Decimal(0))
    fees = sum((row["fee"] for row in rows), Decimal(0))
    tags = {Provenance(row["provenance"]) for row in rows}
    unpriced = 0
    prices, takes = Prices(), TakeRates()
    for hour in unbooked_hours().filter(pod=pod):
        price = prices.of(hour)
        if price is None:
            unpriced += counts_of(hour).total
            continue
        usd = hour_revenue(hour, price)
        revenue += usd
        fees += usd * takes.on(day_of(hour.hour_start))
        charge = charged_of(hour, price)
        tags |= {Provenance(revenue_provenance(hour, kind, charge)) for kind in TokenClass}
    return revenue, fees, unpriced, tags
