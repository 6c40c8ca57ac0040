"""Ordering: from a form to a plan with its price, and from a confirmed plan to rows.

The confirmation is that of every costed action, `fleet.services.actions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from fleet.models import BalanceReading, Deployment, Fleet, GpuOffer, ModelVariant
from fleet.selectors.account import known_balance, runway_hours
from fleet.selectors.burn import committed_usd_per_hour, container_disk_usd_per_hour
from fleet.selectors.providers import main_provider
from fleet.selectors.start_up import start_up
from fleet.services import audit, order_rules
from fleet.services.order_burst import PlanBurst, plan_burst
from fleet.services.order_hours import PlanHours, plan_hours
from fleet.services.order_rules import OrderRefused, OrderSpec
from fleet.services.order_spot import PlanSpot, plan_spot, spot_warnings
from fleet.services.order_workers import PlanWorkers, plan_workers, worker_columns
from fleet.sizing.fit import SizingResult
from fleet.vllm.extra_args import normal


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """What an order would rent and cost, by the code that will place it.

    usd_per_gpu_hour    [USD / GPU-hour] the catalog's list price
    usd_per_pod_hour    [USD / pod-hour] all GPUs of one replica, no disk
    disk_usd_per_hour   [USD / pod-hour] container disk of one replica
    usd_per_hour        [USD / h] all replicas with their disks; of serverless at most
    usd_per_day         [USD / day]; with scheduled hours the mean of the next 7 days
    hours               the scheduled hours with their cost; None for other rentals
    spot                what spot costs and risks; None for other rentals
    burst               what a burst may grow to; None for other rentals
    workers             of serverless and what they cost; None for other rentals
    runway_hours_*      [h] how long the balance lasts; None with `runway_reason`
    """

    spec: OrderSpec
    fleet: Fleet
    variant: ModelVariant
    offer: GpuOffer
    fit: SizingResult
    launch_command: str
    usd_per_gpu_hour: Decimal
    usd_per_pod_hour: Decimal
    disk_usd_per_hour: Decimal
    usd_per_hour: Decimal
    usd_per_day: Decimal
    hours: PlanHours | None
    burst: PlanBurst | None
    workers: PlanWorkers | None
    spot: PlanSpot | None
    fleet_usd_per_hour_before: Decimal
    fleet_usd_per_hour_after: Decimal
    balance: BalanceReading | None
    runway_hours_before: Decimal | None
    runway_hours_after: Decimal | None
    runway_reason: str
    price_age_seconds: int
    warnings: tuple[str, ...]
    quoted_at: datetime


def str_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def plan_order(spec: OrderSpec, *, now: datetime) -> OrderPlan:
    """The plan of an order. Raises OrderRefused with a sentence per wrong field."""
    checked = order_rules.check(spec, provider=settings.PROVIDER_NAME)
    offer = checked.offer
    start = start_up(
        checked.variant,
        gpu_type_id=spec.gpu_type_id,
        gpu_count=spec.gpu_count,
        simulated=checked.fleet.simulated,
    )
    spot = plan_spot(
        spec,
        usd_per_on_demand_gpu_hour=offer.usd_per_gpu_hour,
        start_up=start,
        now=now,
    )
    priced = spot.offer if spot else offer  # where the first pods are rented
    per_pod = priced.usd_per_gpu_hour * spec.gpu_count
    disk = container_disk_usd_per_hour(spec.container_disk_gb)
    per_hour = (per_pod + disk) * spec.replicas
    workers = plan_workers(spec, checked.worker)
    if workers is not None:
        per_hour = workers.usd_per_hour_most
    payer = spot.provider if spot else main_provider()
    before = committed_usd_per_hour(payer)
    burst = plan_burst(
        spec,
        usd_per_replica_hour=order_rules.replica_limit_usd_per_hour(
            spec, offer.usd_per_gpu_hour
        ),
    )
    balance, reason = known_balance(now=now, provider=payer)
    hours = plan_hours(spec, start_up=start, usd_per_replica_hour=per_pod + disk, now=now)
    return OrderPlan(
        spec=spec,
        fleet=checked.fleet,
        variant=checked.variant,
        offer=offer,
        fit=checked.fit,
        launch_command=checked.launch_command,
        usd_per_gpu_hour=priced.usd_per_gpu_hour,
        usd_per_pod_hour=per_pod,
        disk_usd_per_hour=disk,
        usd_per_hour=per_hour,
        usd_per_day=per_hour * 24 if hours is None else hours.usd_per_mean_day,
        hours=hours,
        burst=burst,
        workers=workers,
        spot=spot,
        fleet_usd_per_hour_before=before,
        fleet_usd_per_hour_after=before + per_hour,
        balance=balance,
        runway_hours_before=runway_hours(balance, before),
        runway_hours_after=runway_hours(balance, before + per_hour),
        runway_reason=reason,
        price_age_seconds=int((now - priced.seen_at).total_seconds()),
        warnings=order_rules.warnings(
            spec, checked, before + (burst.usd_per_hour_most if burst else per_hour)
        )
        + spot_warnings(spot),
        quoted_at=now,
    )


def place_order(
    plan: OrderPlan, *, acting_user: str, order_key: str, now: datetime
) -> Deployment:
    """Save a confirmed plan as a deployment; its pods are requested by reconcile.

    The same `order_key` a second time gives the first deployment back: a double
    click orders once. Raises OrderRefused when the name was taken meanwhile.
    """
    known = Deployment.objects.filter(order_key=order_key).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            deployment = new_deployment(plan, order_key=order_key, now=now)
            audit.record(
                "order",
                deployment,
                acting_user=acting_user,
                now=now,
                usd_per_hour=plan.usd_per_hour,
                usd_per_day=plan.usd_per_day,
                usd_per_gpu_hour=plan.usd_per_gpu_hour,
                balance_usd=plan.balance.balance_usd if plan.balance else None,
                runway_hours_after=plan.runway_hours_after,
            )
    except IntegrityError:
        known = Deployment.objects.filter(order_key=order_key).first()
        if known is not None:
            return known  # the other half of a double click won
        raise OrderRefused({"slug": [order_rules.taken(plan.spec.slug)]}) from None
    return deployment


def new_deployment(plan: OrderPlan, *, order_key: str, now: datetime) -> Deployment:
    """The row of a plan. The price limit is what was shown plus the allowed drift."""
    spec = plan.spec
    return Deployment.objects.create(
        fleet=plan.fleet,
        variant=plan.variant,
        slug=spec.slug,
        gpu_type_id=spec.gpu_type_id,
        gpu_count=spec.gpu_count,
        cloud=spec.cloud,
        rental_kind=spec.rental_kind,
        **schedule_columns(plan.hours, is_ready_at_start=spec.is_ready_at_start),
        replicas=spec.replicas,
        max_replicas=spec.max_replicas,
        budget_usd_per_hour=spec.budget_usd_per_hour,
        max_usd_per_gpu_hour=order_rules.price_limit(spec, plan.offer.usd_per_gpu_hour),
        max_spot_usd_per_gpu_hour=plan.spot.limit if plan.spot else None,
        on_demand_fallback=bool(plan.spot and plan.spot.fallback),
        max_model_len=spec.max_model_len,
        gpu_memory_utilization=spec.gpu_memory_utilization,
        container_disk_gb=spec.container_disk_gb,
        **worker_columns(plan.workers),
        image=settings.DEFAULT_VLLM_IMAGE,
        extra_args=normal(spec.extra_args),
        order_key=order_key,
        created_at=now,
    )


def schedule_columns(hours: PlanHours | None, *, is_ready_at_start: bool) -> dict[str, Any]:
    """The columns of a deployment that say when it rents."""
    if hours is None:
        return {}
    schedule = hours.schedule
    return {
        "schedule_starts": "; ".join(schedule.starts),
        "schedule_seconds": schedule.duration_seconds,
        "schedule_zone": schedule.zone,
        "is_ready_at_start": is_ready_at_start,
        "lead_seconds": schedule.lead_seconds,
        "baseline_replicas": schedule.baseline,
    }
