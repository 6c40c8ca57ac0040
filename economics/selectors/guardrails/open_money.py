"""Spend and revenue of the days that are not closed, per deployment and day.

Everything here leaves out the demo's simulated past: it is history to look at, and no
guardrail acts on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Max, Q, QuerySet, Sum

from economics.calc.accrual import compute_cost
from economics.calc.guardrails import surest_spend
from economics.calc.hours import DAY, day_bounds, day_of, hour_start, whole_seconds
from economics.models import (
    BillingObservation,
    CostLine,
    DayClose,
    ResourceObservation,
    RevenueLine,
)
from economics.selectors.days import booking_day, closed_days, first_figures_day
from economics.selectors.guardrails.resource_spend import Place, resource_spend
from economics.selectors.hour_revenue import Prices, hour_revenue, unbooked_hours
from economics.selectors.pod_cost import (
    amount_of,
    kinds_of,
    unaccrued_parts,
    unaccrued_pods,
)
from economics.selectors.take_rates import TakeRates, fees_of_lines
from fleet.models import SIMULATED_PAST, Orphan, Pod, StrayResource
from fleet.selectors.resources import stray_usd_per_hour

MOST_OPEN_DAYS = 62
Stray = tuple[str, str, datetime]  # what it is, the provider's id, the bucket's start


@dataclass(frozen=True)
class OpenMoney:
    """[USD] by deployment id and day; revenue is net of the take rate."""

    spent: dict[Place, Decimal]
    revenue: dict[Place, Decimal]
    since: date


def ours(*, simulated: bool) -> QuerySet[Pod]:
    """The pods that guardrails count: one kind of money, without a simulated past."""
    return Pod.objects.without_past().filter(deployment__fleet__simulated=simulated)


def first_open_day(*, now: datetime) -> date:
    """The oldest day that is not closed; at most MOST_OPEN_DAYS back."""
    newest = DayClose.objects.aggregate(newest=Max("day"))["newest"]
    first = newest + DAY if newest else (first_figures_day() or day_of(now))
    today = day_of(now)
    return min(max(first, today - timedelta(days=MOST_OPEN_DAYS)), today)


def open_money(*, simulated: bool, now: datetime) -> OpenMoney:
    """What was spent and earned on the days that are open, up to `now`."""
    since = first_open_day(now=now)
    # With the day before: what is late of a closed day counts in the first open one.
    closed = closed_days(since - DAY)
    spent = open_spend(since, closed=closed, simulated=simulated, now=now)
    resources = resource_spend(since, closed=closed, simulated=simulated, now=now)
    for place, usd in resources.items():
        spent[place] = spent.get(place, Decimal(0)) + usd
    return OpenMoney(
        spent=spent,
        revenue=open_revenue(since, closed=closed, simulated=simulated, now=now),
        since=since,
    )


@dataclass
class PodHour:
    """What is known of a pod's cost in one hour that counts in one day [USD]."""

    accrued: Decimal = Decimal(0)
    booked: Decimal = Decimal(0)  # with the corrections by the bill
    billed: Decimal | None = None


def open_spend(
    since: date, *, closed: set[date], simulated: bool, now: datetime
) -> dict[Place, Decimal]:
    """Per pod and hour the bill or our own seconds, whichever is more, summed up."""
    hours: defaultdict[tuple[int, datetime, date], PodHour] = defaultdict(PodHour)
    for pod_id, hour, day, accrued, booked in booked_hours(since):
        cell = hours[pod_id, hour, day]
        cell.accrued += accrued or Decimal(0)
        cell.booked += booked
    for pod in unaccrued_pods(now).exclude(provider_id__startswith=SIMULATED_PAST):
        for part in unaccrued_parts(pod, until=now):
            day = booking_day(day_of(part.start), closed)
            if day >= since:
                usd = sum(
                    (amount_of(pod, kind, part) for kind in kinds_of(pod)), Decimal(0)
                )
                cell = hours[pod.pk, part.hour_start, day]
                cell.accrued += usd
                cell.booked += usd
    for (billed_pod, hour), usd in billed_hours(since).items():
        if billed_pod is not None:
            hours[billed_pod, hour, day_of(hour)].billed = usd
    seen = ours(simulated=simulated).filter(pk__in={pod_id for pod_id, _, _ in hours})
    pods = dict(seen.values_list("pk", "deployment_id"))
    spent: defaultdict[Place, Decimal] = defaultdict(Decimal)
    for (pod_id, _, day), cell in hours.items():
        if pod_id in pods:
            own = max(cell.accrued, cell.booked)
            spent[pods[pod_id], day] += surest_spend(
                billed_usd=cell.billed, accrued_usd=own
            )
    return dict(spent)


def booked_hours(
    since: date,
) -> list[tuple[int, datetime, date, Decimal | None, Decimal]]:
    """(pod, hour, day, accrued, with corrections) of the cost lines of the open days."""
    return list(
        CostLine.objects.filter(day__gte=since)
        .order_by()
        .values_list("pod", "hour_start", "day")
        .annotate(
            accrued=Sum("amount_usd", filter=Q(observation__isnull=True)),
            booked=Sum("amount_usd"),
        )
    )


def billed_hours(since: date) -> dict[tuple[int | None, datetime], Decimal]:
    """The newest word of the bill per pod and hour since a day [USD]."""
    seen: dict[tuple[int | None, str, datetime], Decimal] = {}
    rows = BillingObservation.objects.filter(bucket_start__gte=day_bounds(since).start)
    for row in rows.order_by("revision"):
        key = (row.pod_id, row.provider_pod_id, hour_start(row.bucket_start))
        seen[key] = row.total_usd
    billed: defaultdict[tuple[int | None, datetime], Decimal] = defaultdict(Decimal)
    for (pod_id, _, hour), usd in seen.items():
        billed[pod_id, hour] += usd
    return dict(billed)


def open_revenue(
    since: date, *, closed: set[date], simulated: bool, now: datetime
) -> dict[Place, Decimal]:
    """What is left of the revenue lines of the open days, and of what unbooked tokens
    earn, after the take rate of the day that they were served on."""
    earned: defaultdict[Place, Decimal] = defaultdict(Decimal)
    rows = (
        RevenueLine.objects.filter(day__gte=since, deployment__fleet__simulated=simulated)
        .exclude(usage_hour__pod__provider_id__startswith=SIMULATED_PAST)
        .exclude(estimate__pod__provider_id__startswith=SIMULATED_PAST)
        .order_by()
        .values_list("deployment", "day")
        .annotate(usd=Sum("amount_usd") - fees_of_lines())
    )
    for deployment, day, usd in rows:
        earned[deployment, day] += usd
    prices, takes = Prices(), TakeRates()
    for hour in unbooked_hours().filter(
        hour_start__gte=day_bounds(since).start, hour_start__lte=now
    ):
        deployment = hour.pod.deployment
        if deployment.fleet.simulated != simulated:
            continue
        if hour.pod.provider_id.startswith(SIMULATED_PAST):
            continue
        price = prices.of(hour)
        if price is not None:
            served = day_of(hour.hour_start)
            left = hour_revenue(hour, price) * (1 - takes.on(served))
            earned[deployment.pk, booking_day(served, closed)] += left
    return dict(earned)


def stray_spend(*, providers: Sequence[str], now: datetime) -> Decimal:
    """What no row of ours explains cost today [USD]: pods, volumes and endpoints.

    Of each the bill or the seconds since it was first seen, whichever is more.
    """
    midnight = day_bounds(day_of(now)).start
    accrued = {
        **accrued_orphans(providers, since=midnight, now=now),
        **accrued_resources(providers, since=midnight, now=now),
    }
    newest: dict[Stray, Decimal] = {}
    pods = BillingObservation.objects.filter(
        provider__in=providers, pod__isnull=True, bucket_start__gte=midnight
    )
    for row in pods.order_by("revision"):
        newest[f"pod@{row.provider}", row.provider_pod_id, row.bucket_start] = row.total_usd
    others = ResourceObservation.objects.filter(
        provider__in=providers, bucket_start__gte=midnight
    )
    for each in others.order_by("revision"):
        usd = Decimal(0) if each.explained else each.total_usd
        newest[f"{each.kind}@{each.provider}", each.provider_id, each.bucket_start] = usd
    billed: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (kind, provider_id, _), usd in newest.items():
        billed[kind, provider_id] += usd
    return sum(
        (
            surest_spend(
                billed_usd=billed.get(each), accrued_usd=accrued.get(each, Decimal(0))
            )
            for each in accrued.keys() | billed.keys()
        ),
        Decimal(0),
    )


def accrued_orphans(
    providers: Sequence[str], *, since: datetime, now: datetime
) -> dict[tuple[str, str], Decimal]:
    """What stray pods ran up since, by our seconds [USD]."""
    seen = Orphan.objects.filter(Q(gone_at__isnull=True) | Q(gone_at__gt=since))
    return {
        (f"pod@{orphan.provider}", orphan.provider_id): compute_cost(
            seconds=seconds_seen(orphan, since=since, now=now),
            usd_per_hour=orphan.usd_per_pod_hour,
        )
        for orphan in seen.filter(provider__in=providers, first_seen_at__lt=now)
    }


def accrued_resources(
    providers: Sequence[str], *, since: datetime, now: datetime
) -> dict[tuple[str, str], Decimal]:
    """What stray volumes and endpoints ran up since at what they cost now [USD]. Of one
    whose price is unknown only the bill tells."""
    seen = StrayResource.objects.filter(Q(gone_at__isnull=True) | Q(gone_at__gt=since))
    return {
        (f"{stray.kind}@{stray.provider}", stray.provider_id): compute_cost(
            seconds=seconds_seen(stray, since=since, now=now), usd_per_hour=price
        )
        for stray in seen.filter(provider__in=providers, first_seen_at__lt=now)
        if (price := stray_usd_per_hour(stray)) is not None
    }


def seconds_seen(stray: Orphan | StrayResource, *, since: datetime, now: datetime) -> int:
    """Seconds since `since` in which it was in the list."""
    start, end = max(stray.first_seen_at, since), min(stray.gone_at or now, now)
    return whole_seconds(start, max(start, end))
