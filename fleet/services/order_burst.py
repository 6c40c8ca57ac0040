"""The limits of a burst order: checked, and what they may cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from fleet.models import Deployment, RentalKind
from fleet.scaling import Limits
from fleet.selectors.scaling import limits_of

if TYPE_CHECKING:
    from fleet.services.order_rules import OrderSpec

LARGEST_BUDGET = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class PlanBurst:
    """What a burst may grow to.

    usd_per_hour_most, usd_per_day_most   [USD] all replicas at the price limit
    """

    limits: Limits
    limit_words: str
    usd_per_hour_most: Decimal
    usd_per_day_most: Decimal


def burst_faults(spec: OrderSpec, *, most_replicas: int) -> list[tuple[str, str]]:
    """Each wrong limit of a burst, with a sentence; nothing for other rentals."""
    if spec.rental_kind != RentalKind.BURST:
        return []
    faults = []
    most, budget = spec.max_replicas, spec.budget_usd_per_hour
    if most is None or not spec.replicas < most <= most_replicas:
        said = "empty" if most is None else str(most)
        faults.append(
            (
                "max_replicas",
                f"Most replicas is {said}; it must be more than the baseline of "
                f"{spec.replicas}, and at most {most_replicas}.",
            )
        )
    if budget is None or not 0 < budget <= LARGEST_BUDGET:
        said = "empty" if budget is None else f"{budget} USD/h"
        faults.append(
            (
                "budget_usd_per_hour",
                f"Budget is {said}; write USD per hour for all replicas, such as 3.00.",
            )
        )
    return faults


def budget_fault(spec: OrderSpec, *, usd_per_replica_hour: Decimal) -> str | None:
    """A budget that leaves no room for a single replica more, with the arithmetic."""
    if spec.rental_kind != RentalKind.BURST or spec.budget_usd_per_hour is None:
        return None
    needed = usd_per_replica_hour * (spec.replicas + 1)
    if spec.budget_usd_per_hour >= needed:
        return None
    return (
        f"Budget is {spec.budget_usd_per_hour} USD/h; the baseline of {spec.replicas} and "
        f"one more cost up to {needed:.2f} USD/h, so it must be at least that."
    )


def plan_burst(spec: OrderSpec, *, usd_per_replica_hour: Decimal) -> PlanBurst | None:
    """What the order may grow to; None for other rentals. The order was checked before."""
    if spec.rental_kind != RentalKind.BURST:
        return None
    limits = Limits(
        baseline=spec.replicas,
        most=spec.max_replicas or spec.replicas,
        budget_usd_per_hour=spec.budget_usd_per_hour or Decimal(0),
        usd_per_replica_hour=usd_per_replica_hour,
    )
    most = usd_per_replica_hour * limits.cap
    return PlanBurst(
        limits=limits,
        limit_words=limits.in_words(),
        usd_per_hour_most=most,
        usd_per_day_most=most * 24,
    )


def baseline_fault(deployment: Deployment, wanted: int) -> str | None:
    """Why a burst can not have `wanted` replicas as its baseline; None where it can."""
    if deployment.rental_kind != RentalKind.BURST:
        return None
    limits = limits_of(deployment)
    affordable = int(limits.budget_usd_per_hour // limits.usd_per_replica_hour)
    most = min(deployment.max_replicas or 0, affordable)
    if wanted <= most:
        return None
    return (
        f"Replicas is {wanted}; the baseline of {deployment} may be at most {most}: its "
        f"most is {deployment.max_replicas}, and {limits.budget_usd_per_hour:.2f} USD/h "
        f"pay for {affordable}."
    )
