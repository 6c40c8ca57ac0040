"""A spot order: its limits checked, and what an interruption of it loses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from fleet.models import MarketOffer, RentalKind
from fleet.selectors.burn import container_disk_usd_per_hour
from fleet.selectors.providers import main_provider, spot_provider
from fleet.selectors.spot import InterruptionRate, interruption_rate, spot_offer
from fleet.selectors.start_up import StartUp
from fleet.services.spot_reckoning import SpotQuestion, SpotReckoning, reckon

if TYPE_CHECKING:
    from fleet.services.order_rules import OrderSpec

LARGEST_USD_PER_GPU_HOUR = Decimal(1_000)
HOUR = Decimal(3600)
SPOT_FIELDS = ("max_spot_usd_per_gpu_hour", "on_demand_fallback")
NOT_SOLD = (
    "Rental is spot, and no connected provider sells it: RunPod withdrew its spot pods. "
    "Choose another rental."
)


@dataclass(frozen=True, slots=True)
class PlanSpot:
    """What a spot replica costs, and what an interruption of it does.

    usd_per_gpu_hour        [USD / GPU-hour] spot, today; the price of a pod's whole life
    limit                   [USD / GPU-hour] above it nothing is rented at the market
    usd_per_hour            [USD/h] of one spot replica with its disk
    usd_per_on_demand_hour  [USD/h] the same on demand
    load_usd                [USD] what an interruption loses: the loading of the next one
    """

    provider: str
    on_demand_provider: str
    offer: MarketOffer
    usd_per_gpu_hour: Decimal
    limit: Decimal
    usd_per_hour: Decimal
    usd_per_on_demand_hour: Decimal
    fallback: bool
    start_up: StartUp
    load_usd: Decimal
    rate: InterruptionRate
    reckoning: SpotReckoning

    @property
    def is_over_limit(self) -> bool:
        return self.usd_per_gpu_hour > self.limit


def spot_faults(spec: OrderSpec) -> list[tuple[str, str]]:
    """Each wrong field of a spot order, with a sentence; nothing for other rentals."""
    if spec.rental_kind != RentalKind.SPOT:
        return []
    if not spot_provider():
        return [("rental_kind", NOT_SOLD)]
    faults = []
    offer = spot_offer(spec.gpu_type_id)
    if offer is None:
        faults.append(
            (
                "gpu_type_id",
                f"{spec.gpu_type_id!r} is not sold as spot by {spot_provider()}; choose "
                "another GPU, or another rental.",
            )
        )
    elif spec.gpu_count > offer.max_count:
        faults.append(
            (
                "gpu_count",
                f"GPU count is {spec.gpu_count}; one spot pod takes at most "
                f"{offer.max_count} of {offer.display_name}.",
            )
        )
    limit = spec.max_spot_usd_per_gpu_hour
    if limit is not None and not 0 < limit <= LARGEST_USD_PER_GPU_HOUR:
        faults.append(
            (
                "max_spot_usd_per_gpu_hour",
                f"Spot limit is {limit} USD per GPU-hour; it must be above 0 and at most "
                f"{LARGEST_USD_PER_GPU_HOUR}, or empty for today's on-demand price.",
            )
        )
    return faults


def spot_limit(spec: OrderSpec, usd_per_on_demand_gpu_hour: Decimal) -> Decimal | None:
    """The limit of a spot order [USD / GPU-hour]: its own, else what on demand costs.

    Dearer than that spot has no use. None for other rentals.
    """
    if spec.rental_kind != RentalKind.SPOT:
        return None
    return spec.max_spot_usd_per_gpu_hour or usd_per_on_demand_gpu_hour


def plan_spot(
    spec: OrderSpec,
    *,
    usd_per_on_demand_gpu_hour: Decimal,
    start_up: StartUp,
    now: datetime,
) -> PlanSpot | None:
    """What a spot order costs and risks; None for other rentals. It was checked before."""
    limit = spot_limit(spec, usd_per_on_demand_gpu_hour)
    offer = spot_offer(spec.gpu_type_id) if limit is not None else None
    if offer is None or limit is None:
        return None
    disk = container_disk_usd_per_hour(spec.container_disk_gb)
    per_hour = offer.usd_per_gpu_hour * spec.gpu_count + disk
    on_demand = usd_per_on_demand_gpu_hour * spec.gpu_count + disk
    load_hours = Decimal(start_up.seconds) / HOUR
    rate = interruption_rate(spec.gpu_type_id, now=now)
    return PlanSpot(
        provider=spot_provider(),
        on_demand_provider=main_provider(),
        offer=offer,
        usd_per_gpu_hour=offer.usd_per_gpu_hour,
        limit=limit,
        usd_per_hour=per_hour,
        usd_per_on_demand_hour=on_demand,
        fallback=spec.on_demand_fallback,
        start_up=start_up,
        load_usd=per_hour * load_hours,
        rate=rate,
        reckoning=reckon(
            SpotQuestion(
                usd_per_spot_hour=per_hour,
                usd_per_on_demand_hour=on_demand,
                interruptions_per_hour=rate.per_hour,
                load_hours=load_hours,
            )
        ),
    )


def spot_warnings(plan: PlanSpot | None) -> tuple[str, ...]:
    """What should be read before a spot order is confirmed."""
    if plan is None:
        return ()
    said = []
    if plan.is_over_limit:
        stands_in = (
            "on demand stands in until it falls"
            if plan.fallback
            else "nothing is rented until it falls"
        )
        said.append(
            f"Spot costs {plan.usd_per_gpu_hour} USD per GPU-hour now, above the limit of "
            f"{plan.limit}: {stands_in}."
        )
    if plan.reckoning.is_cheaper is False:
        said.append(
            "At this rate of interruptions an hour of serving costs more on spot than on "
            "demand."
        )
    if plan.fallback:
        said.append(
            f"While on demand stands in, a replica costs {plan.usd_per_on_demand_hour:.4f} "
            f"USD/h, paid by the account at {plan.on_demand_provider}."
        )
    return tuple(said)
