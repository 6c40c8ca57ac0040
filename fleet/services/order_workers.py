"""The workers of a serverless order: checked, and what they cost at the least and most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fleet.models import MarketOffer, RentalKind
from fleet.providers.resources import LONGEST_IDLE_SECONDS, MOST_WORKERS
from fleet.selectors.serverless import worker_offer_of

if TYPE_CHECKING:
    from fleet.services.order_rules import OrderSpec

LONGEST_DELAY_SECONDS = 3600
DRIFT = Decimal("1.02")  # a worker's price may rise by as much before none is set up
RANGES = (
    ("workers_min", "Least workers", 0, MOST_WORKERS),
    ("workers_max", "Most workers", 1, MOST_WORKERS),
    ("idle_timeout", "Idle time", 1, LONGEST_IDLE_SECONDS),
    ("queue_delay", "Queue delay", 1, LONGEST_DELAY_SECONDS),
)


@dataclass(frozen=True, slots=True)
class PlanWorkers:
    """Workers of an endpoint and what they cost.

    idle_timeout, queue_delay   [s] how long an idle worker stays; how long a job waits
                                before one more worker starts
    usd_per_worker_hour         [USD/h] all GPUs of one worker, without its disk
    limit_usd_per_worker_hour   [USD/h] above which no endpoint is set up
    price_read_at               when the catalog said the price
    """

    least: int
    most: int
    idle_timeout: int
    queue_delay: int
    usd_per_worker_hour: Decimal
    limit_usd_per_worker_hour: Decimal
    price_read_at: datetime

    @property
    def usd_per_hour_least(self) -> Decimal:
        """Without any job [USD/h]."""
        return self.usd_per_worker_hour * self.least

    @property
    def usd_per_hour_most(self) -> Decimal:
        """While as many run as may [USD/h]."""
        return self.usd_per_worker_hour * self.most

    @property
    def words(self) -> tuple[str, ...]:
        """What a plan says of the money."""
        return (
            f"{self.usd_per_worker_hour:.4f} USD per hour of each worker, billed by the "
            f"second from its start to its full stop: cold start and {self.idle_timeout} s "
            "of idle time included.",
            f"0 USD/h while no worker runs; {self.usd_per_hour_least:.4f} USD/h without "
            f"any job, at the least of {self.least}; {self.usd_per_hour_most:.4f} USD/h is "
            f"the most, while {self.most} run.",
            "Tokens are not metered there: vLLM's counters can not be read on serverless "
            "workers. They come from an import of the request log.",
        )


def worker_faults(spec: OrderSpec) -> list[tuple[str, str]]:
    """Each wrong number of a serverless order, with a sentence; nothing for others."""
    if spec.rental_kind != RentalKind.SERVERLESS:
        return []
    faults = []
    for field, label, least, most in RANGES:
        value = getattr(spec, field)
        if value is None or not least <= value <= most:
            said = "empty" if value is None else str(value)
            faults.append(
                (field, f"{label} is {said}; it must be a whole number {least} to {most}.")
            )
    if not faults and (spec.workers_min or 0) > (spec.workers_max or 0):
        faults.append(
            (
                "workers_min",
                f"Least workers is {spec.workers_min}, above the most, "
                f"{spec.workers_max}; it may not exceed it.",
            )
        )
    if spec.extra_args:
        faults.append(
            (
                "extra_args",
                # Not repeated: what was typed may hold a key.
                f"Extra arguments have {len(spec.extra_args)} characters; serverless "
                "workers take their settings another way, so leave them empty.",
            )
        )
    if spec.replicas != 1:
        faults.append(
            (
                "replicas",
                f"Replicas is {spec.replicas}; serverless is one endpoint with workers, so "
                "it must be 1.",
            )
        )
    return faults


def worker_of(spec: OrderSpec, provider: str, fault: Any) -> MarketOffer | None:
    """A serverless worker's offer, within the order's limit; None for other rentals."""
    if spec.rental_kind != RentalKind.SERVERLESS:
        return None
    worker = worker_offer_of(spec.gpu_type_id, provider=provider)
    if worker is None:
        fault(
            "gpu_type_id",
            f"{provider} sells no serverless workers with {spec.gpu_type_id!r}; choose "
            "another GPU, or rent pods.",
        )
    elif wrong := limit_fault(spec, worker):
        fault("max_usd_per_gpu_hour", wrong)
    return worker


def limit_fault(spec: OrderSpec, worker: MarketOffer) -> str:
    """Why the order's own limit is below a worker's price; "" where it is not."""
    limit = spec.max_usd_per_gpu_hour
    if limit is None or limit >= worker.usd_per_gpu_hour:
        return ""
    return (
        f"Price limit is {limit} USD per GPU-hour, below a serverless worker's "
        f"{worker.usd_per_gpu_hour}; raise it, or rent pods."
    )


def plan_workers(spec: OrderSpec, worker: MarketOffer | None) -> PlanWorkers | None:
    """The workers of an order that was checked; None for other rentals."""
    if worker is None or spec.workers_max is None:
        return None
    per_gpu = spec.max_usd_per_gpu_hour or worker.usd_per_gpu_hour * DRIFT
    return PlanWorkers(
        least=spec.workers_min or 0,
        most=spec.workers_max,
        idle_timeout=spec.idle_timeout or 1,
        queue_delay=spec.queue_delay or 1,
        usd_per_worker_hour=worker.usd_per_gpu_hour * spec.gpu_count,
        limit_usd_per_worker_hour=per_gpu * spec.gpu_count,
        price_read_at=worker.seen_at,
    )


def worker_columns(workers: PlanWorkers | None) -> dict[str, Any]:
    """The columns of a deployment that say what its endpoint is set up with."""
    if workers is None:
        return {}
    return {
        "workers_min": workers.least,
        "workers_max": workers.most,
        "idle_timeout_seconds": workers.idle_timeout,
        "queue_delay_seconds": workers.queue_delay,
        "max_usd_per_worker_hour": workers.limit_usd_per_worker_hour,
    }
