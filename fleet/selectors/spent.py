"""What a span of a pod's life cost: its price by the second, its disk included."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from fleet.models import Pod
from fleet.selectors.burn import pod_usd_per_hour

HOUR = Decimal(3600)
PART_STEP = Decimal("1E-10")  # [USD] so that the parts of a start add up exactly


def usd_between(pod: Pod, start: datetime, end: datetime) -> Decimal:
    """[USD] for [start, end) at the pod's price; 0 where nothing was billed yet.

    An estimate from the price at create; the provider's bill is the truth.
    """
    billed_from = max(start, pod.billed_from) if pod.billed_from else end
    billed_to = min(end, pod.billed_until) if pod.billed_until else end
    seconds = max(billed_to - billed_from, timedelta(0)).total_seconds()
    return pod_usd_per_hour(pod) * Decimal(str(seconds)) / HOUR


def usd_so_far(pod: Pod, *, until: datetime) -> Decimal:
    """[USD] from its begin up to `until`; 0 before it was rented."""
    return usd_between(pod, pod.billed_from or until, until)


def usd_by(pod: Pod, until: datetime) -> Decimal:
    """The same to PART_STEP: a part of a life costs the difference of two of these."""
    return usd_so_far(pod, until=until).quantize(PART_STEP, ROUND_HALF_UP)


def cold_start_usd(pod: Pod) -> Decimal | None:
    """What it cost until the pod first answered; None before it did."""
    if pod.billed_from is None or pod.ready_at is None:
        return None
    return usd_by(pod, pod.ready_at)
