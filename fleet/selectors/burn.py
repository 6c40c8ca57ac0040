"""Burn: what everything that may be billed costs per hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from fleet.models import Pod
from fleet.selectors.resources import (
    HOURS_PER_MONTH,
    Spend,
    endpoint_headroom_usd_per_hour,
)
from fleet.selectors.standing import Standing, standing

# RunPod's pricing page, 2026-08: container and volume disk of a running pod, and the
# volume disk of a stopped one.
CONTAINER_DISK_USD_PER_GB_MONTH = Decimal("0.10")
VOLUME_DISK_USD_PER_GB_MONTH = Decimal("0.10")
STOPPED_VOLUME_USD_PER_GB_MONTH = Decimal("0.20")


def container_disk_usd_per_hour(gigabytes: int) -> Decimal:
    """Price of a running pod's container disk [USD/h]."""
    return CONTAINER_DISK_USD_PER_GB_MONTH * gigabytes / HOURS_PER_MONTH


def pod_usd_per_hour(pod: Pod) -> Decimal:
    """Price of a running pod with its disks [USD/h]."""
    return rent_with_disks(
        pod.price, container_gb=pod.container_disk_gb, volume_gb=pod.volume_disk_gb
    )


def rent_with_disks(price: Decimal, *, container_gb: int, volume_gb: int) -> Decimal:
    """A price of a pod and what its disks cost while it runs [USD/h]."""
    volume = VOLUME_DISK_USD_PER_GB_MONTH * volume_gb / HOURS_PER_MONTH
    return price + container_disk_usd_per_hour(container_gb) + volume


def committed_usd_per_hour(*providers: str, pods: Iterable[Pod] | None = None) -> Decimal:
    """All that may be billed at `providers` now [USD/h]: strays, volumes, endpoints too."""
    return committed(*providers, pods=pods).usd_per_hour


def committed(*providers: str, pods: Iterable[Pod] | None = None) -> Spend:
    """The same, with how many strays more cost something that nobody knows."""
    spends = committed_by_provider(providers, pods=pods).values()
    usd_per_hour = sum((each.usd_per_hour for each in spends), Decimal(0))
    return Spend(usd_per_hour, sum(each.unknown for each in spends))


def committed_by_provider(
    providers: Sequence[str],
    *,
    pods: Iterable[Pod] | None = None,
    beside: Standing | None = None,
) -> dict[str, Spend]:
    """The same for each of `providers`, the main one first. Two queries.

    Volumes and endpoints stand with the first: no other sells them.

    pods, beside  what may be billed, and what stands; each read when not given
    """
    if not providers:
        return {}
    costs = dict.fromkeys(providers, Decimal(0))
    if pods is None:
        pods = Pod.objects.maybe_billed().filter(provider__in=providers)
    for pod in pods:
        costs[pod.provider] = costs.get(pod.provider, Decimal(0)) + pod_usd_per_hour(pod)
    stands = standing() if beside is None else beside
    for name in providers:
        costs[name] += stands.orphans(name)
    spends = {name: Spend(usd) for name, usd in costs.items()}
    rest = stands.spend(*providers)
    spends[providers[0]] = Spend(costs[providers[0]] + rest.usd_per_hour, rest.unknown)
    return spends


def exposed_usd_per_hour(*providers: str) -> Decimal:
    """What all that was agreed to may cost [USD/h]: endpoints with as many workers as may.

    New spending is weighed against this: what an endpoint scales to later asks nobody.
    """
    return committed_usd_per_hour(*providers) + endpoint_headroom_usd_per_hour(*providers)
