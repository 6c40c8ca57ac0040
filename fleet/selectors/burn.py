"""Burn: what everything that may be billed costs per hour."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from fleet.models import Orphan, Pod
from fleet.selectors.resources import (
    HOURS_PER_MONTH,
    Spend,
    endpoint_headroom_usd_per_hour,
    resources_spend,
)

CONTAINER_DISK_USD_PER_GB_MONTH = Decimal("0.10")  # RunPod's pricing page, 2026-08


def container_disk_usd_per_hour(gigabytes: int) -> Decimal:
    """Price of a running pod's container disk [USD/h]."""
    return CONTAINER_DISK_USD_PER_GB_MONTH * gigabytes / HOURS_PER_MONTH


def pod_usd_per_hour(pod: Pod) -> Decimal:
    """Price of a pod with its disk [USD/h]."""
    return pod.price + container_disk_usd_per_hour(pod.container_disk_gb)


def committed_usd_per_hour(provider: str, *, pods: Iterable[Pod] | None = None) -> Decimal:
    """All that may be billed at `provider` now [USD/h]: strays, volumes, endpoints too."""
    return committed(provider, pods=pods).usd_per_hour


def committed(provider: str, *, pods: Iterable[Pod] | None = None) -> Spend:
    """The same, with how many strays more cost something that nobody knows."""
    if pods is None:
        pods = Pod.objects.maybe_billed().filter(provider=provider)
    orphans = Orphan.objects.filter(provider=provider, gone_at__isnull=True)
    resources = resources_spend(provider)
    usd_per_hour = (
        sum(map(pod_usd_per_hour, pods), Decimal(0))
        + sum((orphan.usd_per_pod_hour for orphan in orphans), Decimal(0))
        + resources.usd_per_hour
    )
    return Spend(usd_per_hour, resources.unknown)


def exposed_usd_per_hour(provider: str) -> Decimal:
    """What all that was agreed to may cost [USD/h]: endpoints with as many workers as may.

    New spending is weighed against this: what an endpoint scales to later asks nobody.
    """
    return committed_usd_per_hour(provider) + endpoint_headroom_usd_per_hour(provider)
