"""Volumes and endpoints: what they cost per hour and month, and what mounts them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, DecimalField, ExpressionWrapper, F, Value, When
from django.db.models.functions import Coalesce, Greatest

from fleet.models import (
    ENDED,
    RESOURCE_MAYBE_BILLED,
    NetworkVolume,
    Pod,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)

# RunPod's pricing page, 2026-08: all GB of a volume at the price of its class
USD_PER_GB_MONTH = Decimal("0.07")
USD_PER_GB_MONTH_LARGE = Decimal("0.05")
LARGE_VOLUME_GB = 1000
HOURS_PER_MONTH = Decimal(730)

USD = DecimalField(max_digits=16, decimal_places=4)
NOTHING = Value(Decimal(0), output_field=USD)
# What an endpoint's workers cost [USD/h], as `endpoint_usd_per_hour` has it.
WORKERS_RENT = ExpressionWrapper(
    F("usd_per_worker_hour") * Greatest(Coalesce(F("workers_seen"), 0), F("workers_min")),
    output_field=USD,
)

# A volume that is told to grow may be billed at its new size before the list shows it.
BILLED_GB = Case(
    When(grow_sent_at__isnull=False, then=Greatest("size_gb", "growing_to_gb")),
    default=F("size_gb"),
)
# What a stray's workers cost [USD/h], as `stray_usd_per_hour` has it; NULL is unknown.
STRAY_RENT = Case(
    When(kind=StrayResource.Kind.VOLUME, then=NOTHING),
    When(workers_seen__isnull=True, then=Value(None)),
    When(workers_seen=0, workers_min=0, then=NOTHING),
    default=WORKERS_RENT,
    output_field=USD,
)


def volume_usd_per_gb_month(size_gb: int) -> Decimal:
    """The price of each GB of a volume of this size [USD / GB-month]."""
    return USD_PER_GB_MONTH if size_gb < LARGE_VOLUME_GB else USD_PER_GB_MONTH_LARGE


def volume_usd_per_month(size_gb: int) -> Decimal:
    """What a volume costs [USD / month of 730 h], whether or not a pod runs."""
    return volume_usd_per_gb_month(size_gb) * size_gb


def volume_usd_per_hour(size_gb: int) -> Decimal:
    """What a volume costs [USD/h]."""
    return volume_usd_per_month(size_gb) / HOURS_PER_MONTH


def endpoint_usd_per_hour(endpoint: ServerlessEndpoint) -> Decimal:
    """What an endpoint's workers cost now, as last seen [USD/h], without their disks."""
    return endpoint.usd_per_worker_hour * endpoint.workers_billed


def stray_usd_per_hour(stray: StrayResource) -> Decimal | None:
    """What a stray costs now [USD/h]; None where its workers or their price are unknown."""
    if stray.kind == StrayResource.Kind.VOLUME:
        return volume_usd_per_hour(stray.size_gb)
    workers, price = stray.workers_billed, stray.usd_per_worker_hour
    if workers == 0:
        return Decimal(0)
    return None if workers is None or price is None else price * workers


def endpoint_headroom_usd_per_hour(*providers: str) -> Decimal:
    """What endpoints may still scale up by [USD/h], beyond the workers counted now.

    Strays are in as far as their price is known.
    """
    endpoints = ServerlessEndpoint.objects.filter(
        provider__in=providers, status__in=RESOURCE_MAYBE_BILLED
    )
    strays = StrayResource.objects.filter(
        provider__in=providers, usd_per_worker_hour__isnull=False, gone_at__isnull=True
    )
    return sum(
        (
            max(each.most_usd_per_hour - endpoint_usd_per_hour(each), Decimal(0))
            for each in endpoints
        ),
        Decimal(0),
    ) + sum(
        (
            price * max(each.workers_max - (each.workers_billed or 0), 0)
            for each in strays
            if (price := each.usd_per_worker_hour) is not None
        ),
        Decimal(0),
    )


@dataclass(frozen=True, slots=True)
class Spend:
    """What is spent per hour as far as it is known [USD/h], and how many strays more
    cost something that nobody knows."""

    usd_per_hour: Decimal
    unknown: int = 0


def pods_mounting(volumes: Iterable[NetworkVolume]) -> dict[int, list[Pod]]:
    """The pods that mount each volume and have not ended, by the volume's key."""
    found: dict[int, list[Pod]] = {}
    rows = Pod.objects.filter(network_volume__in=list(volumes)).exclude(status__in=ENDED)
    for pod in rows.order_by("pk"):
        if pod.network_volume_id is not None:
            found.setdefault(pod.network_volume_id, []).append(pod)
    return found


def live_volume_of(deployment_id: int) -> NetworkVolume | None:
    """The volume that a deployment's pods and workers mount; None without one."""
    return NetworkVolume.objects.filter(
        deployment_id=deployment_id, status=ResourceStatus.LIVE
    ).first()
