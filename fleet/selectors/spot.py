"""Spot: what the market asks today, and what is known of its interruptions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Max

from fleet.models import (
    WANTED,
    Deployment,
    MarketOffer,
    OfferKind,
    OfferSource,
    Pod,
    Stock,
)
from fleet.scaling.spot import COUNTED, Choice, Market, choose
from fleet.selectors.providers import spot_provider
from fleet.selectors.spent import cold_start_usd

HOUR = 3600
SHOWN_DAYS = 7
LOOKED_BACK = timedelta(days=30)
LEAST_POD_HOURS = Decimal(24)  # fewer of them measure nothing


@dataclass(frozen=True, slots=True)
class InterruptionRate:
    """How often a pod is taken away [1 / pod-hour], and how that is known."""

    per_hour: Decimal
    source: str
    is_measured: bool


def is_spot(pod: Pod) -> bool:
    """Whether a pod is interruptible: rented at the spot market."""
    return bool(pod.provider) and pod.provider == spot_provider()


def spot_offer(gpu_type_id: str) -> MarketOffer | None:
    """What the spot market last said of a GPU; None where it never listed it."""
    return MarketOffer.objects.filter(
        provider=spot_provider(),
        source=OfferSource.CATALOG,
        kind=OfferKind.INTERRUPTIBLE,
        gpu_type_id=gpu_type_id,
    ).first()


def market_of(deployment: Deployment, *, now: datetime) -> Market:
    """The spot market as the replicas of a deployment meet it."""
    offer = spot_offer(deployment.gpu_type_id) if spot_provider() else None
    limit = deployment.max_spot_usd_per_gpu_hour or Decimal(0)
    held = deployment.spot_held_until
    seen = deployment.pods.aggregate(last=Max("interrupted_at"))["last"]
    if offer is None or offer.is_stale(now):
        return Market(None, False, limit, held, seen)
    fits = deployment.gpu_count <= offer.max_count
    return Market(
        usd_per_gpu_hour=offer.usd_per_gpu_hour if fits else None,
        in_stock=offer.stock != Stock.NONE,
        limit=limit,
        held_until=held,
        interrupted_at=seen,
    )


def interruptions_lately(deployment: Deployment, *, now: datetime) -> int:
    """Interruptions of the last hour."""
    return deployment.pods.filter(interrupted_at__gt=now - COUNTED).count()


def interruption_rate(gpu_type_id: str, *, now: datetime) -> InterruptionRate:
    """Measured on our own spot pods of this GPU in 30 days, else the assumed rate."""
    return interruption_rates([gpu_type_id], now=now)[gpu_type_id]


def interruption_rates(
    gpu_type_ids: Collection[str], *, now: datetime
) -> dict[str, InterruptionRate]:
    """The rate of each GPU. One query."""
    since = now - LOOKED_BACK
    pods = Pod.objects.filter(
        provider=spot_provider(),
        gpu_type_id__in=gpu_type_ids,
        billed_from__isnull=False,
    ).exclude(billed_until__lt=since)
    pods = pods.only("gpu_type_id", "billed_from", "billed_until", "interrupted_at")
    by_gpu: dict[str, list[Pod]] = {name: [] for name in gpu_type_ids}
    for pod in pods:
        by_gpu[pod.gpu_type_id].append(pod)
    return {name: _rate_of(rows, since=since, now=now) for name, rows in by_gpu.items()}


def _rate_of(pods: Iterable[Pod], *, since: datetime, now: datetime) -> InterruptionRate:
    """The rate that spot pods of one GPU were taken away at, else the assumed one."""
    hours, count = Decimal(0), 0
    for pod in pods:
        hours += pod_hours(pod, since=since, until=now)
        count += pod.interrupted_at is not None and pod.interrupted_at >= since
    if hours >= LEAST_POD_HOURS:
        return InterruptionRate(
            count / hours,
            f"measured: {count} in {hours:.0f} pod-hours of this GPU, last 30 days",
            is_measured=True,
        )
    assumed: Decimal = settings.SPOT_INTERRUPTIONS_PER_HOUR
    return InterruptionRate(
        assumed,
        f"assumed, KERNE_SPOT_INTERRUPTIONS_PER_HOUR; only {hours:.1f} pod-hours of this "
        f"GPU were seen, {LEAST_POD_HOURS} measure it",
        is_measured=False,
    )


def pod_hours(pod: Pod, *, since: datetime, until: datetime) -> Decimal:
    """Billed hours of a pod in [since, until)."""
    if pod.billed_from is None:
        return Decimal(0)
    start = max(pod.billed_from, since)
    end = min(pod.billed_until or until, until)
    seconds = max((end - start).total_seconds(), 0)
    return Decimal(str(seconds)) / HOUR


@dataclass(frozen=True, slots=True)
class SpotShown:
    """What a spot deployment's page says.

    on_spot, standing_in  live replicas by where they are rented
    choice                where the next one would be rented, and why
    interruptions         of the last SHOWN_DAYS, in `pod_hours` of spot
    per_hour              None where less than one pod-hour was seen
    reloads               starts that followed an interruption, all of its life
    reload_usd            [USD] what those cost until they served
    loading               of them not ready yet, so not in the sum
    """

    on_spot: int
    standing_in: int
    choice: Choice
    market: Market
    interruptions: int
    pod_hours: Decimal
    per_hour: Decimal | None
    reloads: int
    reload_usd: Decimal
    loading: int
    days: int = SHOWN_DAYS


def spot_shown(deployment: Deployment, *, now: datetime) -> SpotShown | None:
    """Where its replicas are, and what interruptions have cost; None for other rentals."""
    if not deployment.is_spot:
        return None
    pods = list(deployment.pods.order_by("requested_at", "pk"))
    live = [pod for pod in pods if pod.status in WANTED]
    market = market_of(deployment, now=now)
    since = now - timedelta(days=SHOWN_DAYS)
    taken = [pod for pod in pods if pod.interrupted_at and pod.interrupted_at >= since]
    hours = sum(
        (pod_hours(pod, since=since, until=now) for pod in pods if is_spot(pod)), Decimal(0)
    )
    reloads = reloads_of(pods)
    costs = [cold_start_usd(pod) for pod in reloads]
    return SpotShown(
        on_spot=sum(map(is_spot, live)),
        standing_in=sum(not is_spot(pod) for pod in live),
        choice=choose(market, fallback=deployment.on_demand_fallback, now=now),
        market=market,
        interruptions=len(taken),
        pod_hours=hours,
        per_hour=len(taken) / hours if hours >= 1 else None,
        reloads=len(reloads),
        reload_usd=sum((usd for usd in costs if usd is not None), Decimal(0)),
        loading=costs.count(None),
    )


def reloads_of(pods: Sequence[Pod]) -> list[Pod]:
    """The starts that replaced what was interrupted: of each the next one, counted once.

    pods  of one deployment, in the order of their requests
    """
    ends = sorted(pod.interrupted_at for pod in pods if pod.interrupted_at is not None)
    left, found = list(pods), []
    for at in ends:
        following = next((pod for pod in left if pod.requested_at >= at), None)
        if following is not None:
            left.remove(following)
            found.append(following)
    return found
