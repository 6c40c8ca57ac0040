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
    """From the request of a pod to its first READY, and how that is known.

    seconds       [s] as it usually takes: the median
    lead_seconds  [s] to be ready in time: the longest
    """

    seconds: int
    lead_seconds: int
    source: str
    is_measured: bool


def start_up(variant: ModelVariant, *, gpu_type_id: str, gpu_count: int) -> StartUp:
    """The last five starts of these weights on this shape, or else an estimate."""
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
        pods = "pod" if len(seconds) == 1 else f"{len(seconds)} pods"
        return StartUp(
            seconds=round(median(seconds)),
            lead_seconds=round(max(seconds)),
            source=f"measured on the last {pods}",
            is_measured=True,
        )
    estimate = round(BOOT_SECONDS + float(variant.weight_gb) * SECONDS_PER_WEIGHT_GB)
    return StartUp(
        seconds=estimate,
        lead_seconds=estimate,
        source=f"estimate: {BOOT_SECONDS} s of boot, {variant.weight_gb} GB at 0.25 GB/s",
        is_measured=False,
    )
