"""Another way to rent for a deployment that runs, its hours or its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from fleet.models import ActionKind, Deployment, RentalKind, RolloutState
from fleet.selectors.burn import container_disk_usd_per_hour
from fleet.selectors.serverless import workers_of
from fleet.selectors.start_up import start_up_of
from fleet.services import lifecycle, order_rules
from fleet.services.actions import figures, targets
from fleet.services.actions.amounts import YES, amount, count, shortest, yes_or_no
from fleet.services.actions.launching import (
    BILLING,
    losses_of,
    price_warnings,
)
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.actions.spot_renting import (
    moving_notes,
    on_demand_price,
)
from fleet.services.actions.vetoes import vetoed_more
from fleet.services.actions.workers import endpoint_saving
from fleet.services.launch_guard import LaunchGuard
from fleet.services.order_burst import budget_fault, burst_faults
from fleet.services.order_hours import PlanHours, hour_faults, plan_hours
from fleet.services.order_rules import (
    MOST_REPLICAS,
    TYPED_HOURS,
    WORKERS,
    OrderSpec,
)
from fleet.services.order_spot import (
    SPOT_FIELDS,
    plan_spot,
    spot_faults,
    spot_limit,
    spot_warnings,
)
from fleet.services.order_workers import (
    PlanWorkers,
    plan_workers,
    worker_columns,
    worker_faults,
    worker_of,
)
from fleet.services.ordering import schedule_columns
from fleet.services.refused import Refused

FIELDS = (
    "deployment",
    "rental_kind",
    "replicas",
    *TYPED_HOURS,
    "baseline_replicas",
    "is_ready_at_start",
    "max_replicas",
    "budget_usd_per_hour",
    *WORKERS,
    *SPOT_FIELDS,
)
FIRST_ENDPOINT = "The pods go on until the endpoint is live, and drain then: no gap."
FIRST_PODS = (
    "The endpoint goes on until as many pods serve as are wanted; both are billed until "
    "then. While the money forbids the pods, the endpoint stays."
)
FREE = "Nothing is rented or ended by it now: it can be taken back for free."


def plan_rental(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """The plan of another rental. Raises Refused with a sentence per wrong field."""
    deployment = targets.deployment_named(parameters)
    if not deployment.replicas:
        raise Refused.because(f"{deployment} is stopped; start it, and change it then.")
    on_demand = on_demand_price(deployment)
    price = on_demand * deployment.gpu_count
    price += container_disk_usd_per_hour(deployment.container_disk_gb)
    spec, hours, serverless = asked(deployment, parameters, price=price, now=now)
    columns = rental_columns(spec, hours, serverless, usd_per_on_demand_gpu_hour=on_demand)
    changed = figures.with_columns(deployment, columns)
    before, after = rental_words(deployment), rental_words(changed)
    if before == after:
        raise Refused.because(f"{deployment} rents that way already: {before}.")
    change = figures.replica_change(deployment, changed, now=now)
    spot = plan_spot(
        spec,
        usd_per_on_demand_gpu_hour=on_demand,
        start_up=start_up_of(deployment),
        now=now,
    )
    moved = endpoint_change(deployment, serverless, now=now)
    added, saved = change.added + moved.added, change.saved + moved.saved
    is_free = not change.missing and not change.surplus and not moved.endpoint
    return CostedPlan(
        kind=ActionKind.RENTAL,
        parameters={name: parameters[name] for name in FIELDS if parameters.get(name)},
        target=deployment.slug,
        title=f"Change how {deployment.slug} rents?",
        button="Change it",
        changes=(Change("rental", before, after),),
        account=figures.account_change(
            added=added, saved=saved, provider=spot.provider if spot else "", now=now
        ),
        added_usd_per_hour=added,
        saved_usd_per_hour=saved,
        usd_per_day=None if moved.endpoint else change.daily_usd,
        hours_per_day=figures.hours_per_day(changed, now=now),
        spent_usd=figures.spent_usd(change.surplus, now=now),
        price_read_at=moved.price_read_at or change.price.read_at,
        losses=losses_of(change.surplus) + moved.losses,
        notes=((BILLING,) if change.missing else ())
        + hour_notes(hours)
        + moved.notes
        + moving_notes(deployment, changed),
        warnings=spot_warnings(spot)
        if spot or serverless
        else price_warnings(changed, change.price),
        blocked=vetoed_more(changed, added, guard=guard, now=now),
        undo=FREE if is_free else "",
        undo_parameters=rental_text(deployment) if is_free else {},
        deployment=deployment,
        replicas=spec.replicas,
        new_pods=change.missing,
        pods=change.surplus,
        columns=columns,
        endpoint=moved.endpoint,
        spot=spot,
        quoted_at=now,
    )


def apply_rental(plan: CostedPlan, confirmed: Confirmation, *, now: datetime) -> Deployment:
    """Write the columns of the new rental; reconcile rents and ends by them."""
    assert plan.deployment is not None
    lifecycle.change_rental(
        plan.deployment, plan.columns, acting_user=confirmed.acting_user, now=now
    )
    return plan.deployment


def asked(
    deployment: Deployment, parameters: Mapping[str, str], *, price: Decimal, now: datetime
) -> tuple[OrderSpec, PlanHours | None, PlanWorkers | None]:
    """The rental that is asked for, checked as an order is. Raises Refused."""
    text = rental_text(deployment) | dict(parameters)
    kind = text.get("rental_kind", "")[:20]
    is_serverless = kind == RentalKind.SERVERLESS
    spec = replace(
        spec_of(deployment),
        rental_kind=kind,
        replicas=1 if is_serverless else targets.replicas_asked(text),
        days=text.get("days", ""),
        from_time=text.get("from_time", ""),
        to_time=text.get("to_time", ""),
        cron=text.get("cron", ""),
        window_hours=text.get("window_hours", ""),
        zone=text.get("zone", ""),
        baseline_replicas=count(text, "baseline_replicas") or 0,
        is_ready_at_start=text.get("is_ready_at_start") in YES,
        max_replicas=count(text, "max_replicas"),
        budget_usd_per_hour=amount(text, "budget_usd_per_hour"),
        workers_min=count(text, "workers_min"),
        workers_max=count(text, "workers_max"),
        idle_timeout=count(text, "idle_timeout"),
        queue_delay=count(text, "queue_delay"),
        max_spot_usd_per_gpu_hour=amount(text, "max_spot_usd_per_gpu_hour"),
        on_demand_fallback=text.get("on_demand_fallback") in YES,
    )
    errors: dict[str, list[str]] = {}
    faults = (
        *hour_faults(spec),
        *burst_faults(spec, most_replicas=MOST_REPLICAS),
        *worker_faults(spec),
        *spot_faults(spec),
    )
    for field, sentence in faults:
        errors.setdefault(field, []).append(sentence)
    # Today's price decides, not the limit of the pods from before.
    free = replace(spec, max_usd_per_gpu_hour=None)
    worker = worker_of(
        free,
        settings.PROVIDER_NAME,
        lambda field, sentence: errors.setdefault("rental_kind", []).append(sentence),
    )
    limit = order_rules.replica_limit_usd_per_hour(spec, deployment.max_usd_per_gpu_hour)
    if not errors and (small := budget_fault(spec, usd_per_replica_hour=limit)):
        errors["budget_usd_per_hour"] = [small]
    if errors:
        raise Refused(errors)
    hours = plan_hours(
        spec,
        start_up=start_up_of(deployment),
        usd_per_replica_hour=price,
        now=now,
    )
    return spec, hours, None if errors else plan_workers(free, worker)


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What another rental means for the endpoint: money [USD/h], and words."""

    endpoint: str = ""
    added: Decimal = Decimal(0)
    saved: Decimal = Decimal(0)
    price_read_at: datetime | None = None
    notes: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()


def endpoint_change(
    deployment: Deployment, after: PlanWorkers | None, *, now: datetime
) -> EndpointChange:
    """From pods to an endpoint or back; nothing where neither side is serverless.

    Raises Refused for other workers of the same endpoint: that is a scale.
    """
    if deployment.is_serverless and after is not None:
        raise Refused.because(
            f"{deployment} is serverless already; scale it to change its workers."
        )
    if after is not None:
        if deployment.rollouts.filter(state=RolloutState.RUNNING).exists():
            raise Refused.because(
                f"The settings of {deployment} are being changed; wait until that is done."
            )
        pods = deployment.pods.wanted().exists()
        return EndpointChange(
            "set up",
            added=after.usd_per_hour_most,
            price_read_at=after.price_read_at,
            notes=(*after.words, *((FIRST_ENDPOINT,) if pods else ())),
        )
    if deployment.is_serverless:
        return EndpointChange(
            "ended",
            saved=endpoint_saving(deployment),
            notes=(FIRST_PODS,),
            losses=("Jobs that still wait or run at its end are cancelled.",),
        )
    return EndpointChange()


def spec_of(deployment: Deployment) -> OrderSpec:
    """The deployment as its order, without its hours."""
    return OrderSpec(
        slug=deployment.slug,
        fleet_id=deployment.fleet_id,
        variant_id=deployment.variant_id,
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        cloud=deployment.cloud,
        rental_kind=deployment.rental_kind,
        replicas=deployment.replicas,
        max_model_len=deployment.max_model_len,
        gpu_memory_utilization=deployment.gpu_memory_utilization,
        container_disk_gb=deployment.container_disk_gb,
        max_usd_per_gpu_hour=deployment.max_usd_per_gpu_hour,
        extra_args=deployment.extra_args,
    )


def rental_text(deployment: Deployment) -> dict[str, str]:
    """The rental of a deployment as the parameters that would make it again."""
    text = {
        "deployment": deployment.slug,
        "rental_kind": deployment.rental_kind,
        "replicas": str(deployment.replicas),
    }
    if deployment.rental_kind == RentalKind.SCHEDULED:
        text |= {
            "days": "cron",
            "cron": deployment.schedule_starts,
            "window_hours": shortest(Decimal(deployment.schedule_seconds or 0) / 3600),
            "zone": deployment.schedule_zone,
            "baseline_replicas": str(deployment.baseline_replicas),
            "is_ready_at_start": yes_or_no(deployment.is_ready_at_start),
        }
    if deployment.is_serverless:
        text |= {
            "workers_min": str(deployment.workers_min),
            "workers_max": str(deployment.workers_max),
            "idle_timeout": str(deployment.idle_timeout_seconds),
            "queue_delay": str(deployment.queue_delay_seconds),
        }
    if deployment.rental_kind == RentalKind.BURST:
        text |= {
            "max_replicas": str(deployment.max_replicas),
            "budget_usd_per_hour": shortest(deployment.budget_usd_per_hour or Decimal(0)),
        }
    if deployment.is_spot:
        limit = deployment.max_spot_usd_per_gpu_hour or Decimal(0)
        text |= {
            "max_spot_usd_per_gpu_hour": shortest(limit),
            "on_demand_fallback": yes_or_no(deployment.on_demand_fallback),
        }
    return text


def rental_columns(
    spec: OrderSpec,
    hours: PlanHours | None,
    workers: PlanWorkers | None = None,
    *,
    usd_per_on_demand_gpu_hour: Decimal,
) -> dict[str, Any]:
    """Every column of a deployment that says how it rents; those of others emptied."""
    columns: dict[str, Any] = {
        "rental_kind": spec.rental_kind,
        "replicas": spec.replicas,
        "schedule_starts": "",
        "schedule_seconds": None,
        "schedule_zone": "",
        "is_ready_at_start": False,
        "lead_seconds": 0,
        "baseline_replicas": 0,
        "max_replicas": None,
        "budget_usd_per_hour": None,
        "burst_replicas": 0,
        "scaled_at": None,
        "workers_min": 0,
        "workers_max": None,
        "max_usd_per_worker_hour": None,
        "handover_replicas": 0,
        "max_spot_usd_per_gpu_hour": None,
        "on_demand_fallback": False,
        "spot_held_until": None,
        "spot_held_reason": "",
    }
    if spec.rental_kind == RentalKind.BURST:
        columns["max_replicas"] = spec.max_replicas
        columns["budget_usd_per_hour"] = spec.budget_usd_per_hour
    columns |= worker_columns(workers)
    if spec.rental_kind == RentalKind.SPOT:
        columns["max_spot_usd_per_gpu_hour"] = spot_limit(spec, usd_per_on_demand_gpu_hour)
        columns["on_demand_fallback"] = spec.on_demand_fallback
    return columns | schedule_columns(hours, is_ready_at_start=spec.is_ready_at_start)


def rental_words(deployment: Deployment) -> str:
    """How a deployment rents, in one line."""
    if deployment.is_serverless:
        return f"serverless, {workers_of(deployment).words}"
    many = "1 replica" if deployment.replicas == 1 else f"{deployment.replicas} replicas"
    if deployment.rental_kind == RentalKind.SCHEDULED:
        outside = deployment.baseline_replicas
        rest = f", {outside} outside" if outside else ""
        early = ", ready at the start" if deployment.is_ready_at_start else ""
        return f"{many}: {deployment.hours_in_words}{rest}{early}"
    if deployment.rental_kind == RentalKind.BURST:
        budget = shortest(deployment.budget_usd_per_hour or Decimal(0))
        return f"{many} to {deployment.max_replicas} by demand, up to {budget} USD/h"
    if deployment.is_spot:
        limit = shortest(deployment.max_spot_usd_per_gpu_hour or Decimal(0))
        else_what = "on demand stands in" if deployment.on_demand_fallback else "else waits"
        return f"{many} on spot up to {limit} USD per GPU-hour, {else_what}"
    return f"{many}, always on"


def hour_notes(hours: PlanHours | None) -> tuple[str, ...]:
    """What the new hours are, and what they cost in the coming week."""
    if hours is None:
        return ()
    week = next(cost for cost in hours.costs if cost.words == "the next 7 days")
    return (
        f"{hours.words}.",
        f"{week.words.capitalize()}: {week.hours:.2f} h, {week.usd:.2f} USD at most.",
    )
