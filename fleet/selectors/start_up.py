"""How long starts take: one set of past starts, and two durations, each with its name.

wait        [requested_at, ready_at)  what somebody waits for, the search for a GPU included
cold start  [billed_from, ready_at)   what is paid for before the first token

Each figure is the median of the last five starts alike: the same weights on the same GPUs
for the same kind of money, of the deployment itself where it had one, else of any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from fleet.models import Deployment, ModelVariant, Pod

LATEST_STARTS = 5
# Without a measurement: rent and boot, then the weights at a modest download speed.
BOOT_SECONDS = 120
SECONDS_PER_WEIGHT_GB = 4  # 0.25 GB/s
WAIT = "from the request to READY"
COLD_START = "from the first billed second to READY"


@dataclass(frozen=True, slots=True)
class Measured:
    """A duration of past starts [s]: the median, the longest, and of how many."""

    seconds: float
    longest: float
    count: int


@dataclass(frozen=True, slots=True)
class StartUp:
    """The wait for a replica, and how that is known.

    seconds       [s] as it usually takes: the median
    lead_seconds  [s] to be ready in time: the longest
    """

    seconds: int
    lead_seconds: int
    source: str
    is_measured: bool


def wait_seconds(pod: Pod) -> float | None:
    """From the request of a pod to its first READY [s]; None before it."""
    if pod.ready_at is None:
        return None
    return max((pod.ready_at - pod.requested_at).total_seconds(), 0.0)


def cold_start_seconds(pod: Pod) -> float | None:
    """From the first billed second to the first READY [s]; None before it."""
    if pod.billed_from is None or pod.ready_at is None:
        return None
    return max((pod.ready_at - pod.billed_from).total_seconds(), 0.0)


def starts_alike(
    deployment: Deployment,
    *,
    but: Pod | None = None,
    before: datetime | None = None,
) -> list[Pod]:
    """The newest pods that became ready as one of `deployment` would, newest first.

    but     a pod that is left out
    before  only those that were requested before that instant
    """
    return past_starts(
        deployment.variant,
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        simulated=deployment.fleet.simulated,
        own=deployment.pk,
        but=but,
        before=before,
    )


def past_starts(
    variant: ModelVariant,
    *,
    gpu_type_id: str,
    gpu_count: int,
    simulated: bool,
    own: int | None = None,
    but: Pod | None = None,
    before: datetime | None = None,
) -> list[Pod]:
    """As `starts_alike`, for a deployment that need not be there yet. At most 2 queries."""
    alike = Pod.objects.filter(
        deployment__variant=variant,
        deployment__fleet__simulated=simulated,
        gpu_type_id=gpu_type_id,
        gpu_count=gpu_count,
        ready_at__isnull=False,
    ).order_by("-ready_at")
    if but is not None:
        alike = alike.exclude(pk=but.pk)
    if before is not None:
        alike = alike.filter(requested_at__lt=before)
    newest = list(alike.filter(deployment=own)[:LATEST_STARTS]) if own else []
    return newest or list(alike[:LATEST_STARTS])


def measured(seconds: Iterable[float | None]) -> Measured | None:
    """Median and longest of the known durations [s]; None where none is known."""
    known = [each for each in seconds if each is not None]
    return Measured(median(known), max(known), len(known)) if known else None


def typical_wait(pods: Iterable[Pod]) -> Measured | None:
    """What somebody waits for as a rule, by past starts."""
    return measured(map(wait_seconds, pods))


def typical_cold_start(pods: Iterable[Pod]) -> Measured | None:
    """What is paid for before the first token as a rule, by past starts."""
    return measured(map(cold_start_seconds, pods))


def start_up_of(deployment: Deployment) -> StartUp:
    """The wait for a replica of a deployment, as it is or would be."""
    return start_up(
        deployment.variant,
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        simulated=deployment.fleet.simulated,
        own=deployment.pk,
    )


def start_up(
    variant: ModelVariant,
    *,
    gpu_type_id: str,
    gpu_count: int,
    simulated: bool,
    own: int | None = None,
) -> StartUp:
    """The wait of these weights on this shape, measured or else an estimate."""
    past = past_starts(
        variant,
        gpu_type_id=gpu_type_id,
        gpu_count=gpu_count,
        simulated=simulated,
        own=own,
    )
    if wait := typical_wait(past):
        pods = "pod" if wait.count == 1 else f"{wait.count} pods"
        return StartUp(
            seconds=round(wait.seconds),
            lead_seconds=round(wait.longest),
            source=f"{WAIT}, measured on the last {pods}",
            is_measured=True,
        )
    estimate = round(BOOT_SECONDS + float(variant.weight_gb) * SECONDS_PER_WEIGHT_GB)
    return StartUp(
        seconds=estimate,
        lead_seconds=estimate,
        source=f"estimate: {BOOT_SECONDS} s of boot, {variant.weight_gb} GB at 0.25 GB/s",
        is_measured=False,
    )
