"""How long a deployment takes from the order to READY: measured, else estimated."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from fleet.models import ModelVariant, Pod

LATEST_STARTS = 5
# Without a measurement: rent and boot, then the weights at a modest download speed.
BOOT_SECONDS = 120
SECONDS_PER_WEIGHT_GB = 4  # 0.25 GB/s


@dataclass(frozen=True, slots=True)
class StartUp:
    """seconds [s] from the request of a pod to its first READY, and how that is known."""

    seconds: int
    source: str


def start_up(variant: ModelVariant, *, gpu_type_id: str, gpu_count: int) -> StartUp:
    """The median of the last five starts of these weights on this shape, or an estimate."""
    starts = (
        Pod.objects.filter(
            deployment__variant=variant,
            gpu_type_id=gpu_type_id,
            gpu_count=gpu_count,
            ready_at__isnull=False,
        )
        .order_by("-ready_at")
        .values_list("requested_at", "ready_at")[:LATEST_STARTS]
    )
    seconds = [(ready - requested).total_seconds() for requested, ready in starts if ready]
    if seconds:
        pods = "pod" if len(seconds) == 1 else f"{len(seconds)} pods, their median"
        return StartUp(round(median(seconds)), f"measured, last {pods}")
    estimate = BOOT_SECONDS + float(variant.weight_gb) * SECONDS_PER_WEIGHT_GB
    return StartUp(
        round(estimate),
        f"estimate: {BOOT_SECONDS} s of boot, {variant.weight_gb} GB at 0.25 GB/s",
    )
