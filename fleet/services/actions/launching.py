"""Launch, scale and start: actions that rent, and the scale that ends replicas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from fleet.models import ActionKind, Deployment, Pod
from fleet.schedule import describe, wanted_at
from fleet.selectors.crossover import ask_for, crossover_words
from fleet.services import lifecycle, order_rules
from fleet.services.actions import figures, targets, workers
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.actions.vetoes import vetoed, vetoed_more
from fleet.services.launch_guard import LaunchGuard
from fleet.services.order_burst import baseline_fault
from fleet.services.order_text import spec_from_text
from fleet.services.ordering import OrderPlan, place_order, plan_order, str_or_none
from fleet.services.refused import Refused

BILLING = (
    "Billing begins when the provider creates a pod, by the second, also while the "
    "weights load, and goes on until the pod has ended."
)


LAUNCH_FIELDS = tuple(each.name for each in fields(order_rules.OrderSpec))


def spec_text(spec: order_rules.OrderSpec) -> dict[str, str]:
    """An order as parameters of a launch."""
    said = {name: str_or_none(value) for name, value in asdict(spec).items()}
    return {name: value for name, value in said.items() if value is not None}


def plan_launch(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """The plan of a new deployment. Raises Refused with a sentence per wrong field."""
    spec = spec_from_text({name: parameters.get(name) for name in LAUNCH_FIELDS})
    order = plan_order(spec, now=now)
    hours, payer = order.hours, order.spot.provider if order.spot else ""
    shape = f"{spec.gpu_count}× {order.offer.display_name}"
    if order.workers is not None:
        return plan_launch_workers(parameters, order, guard=guard, now=now)
    many = f"{spec.replicas} × {shape}" if spec.replicas > 1 else shape
    return CostedPlan(
        kind=ActionKind.LAUNCH,
        parameters=parameters,
        target=spec.slug,
        title=f"Rent {many} for {order.variant}?",
        button=f"Rent {many}",
        changes=(Change("replicas", "0", str(spec.replicas)),),
        account=figures.account_change(added=order.usd_per_hour, provider=payer, now=now),
        added_usd_per_hour=order.usd_per_hour,
        usd_per_day=order.usd_per_day,
        price_read_at=order.spot.offer.seen_at if order.spot else order.offer.seen_at,
        notes=(BILLING, "The container disk is erased at the end."),
        warnings=order.warnings,
        blocked=vetoed(
            spec.slug,
            order.usd_per_hour,
            fleet_id=spec.fleet_id,
            deployment_id=None,
            guard=guard,
            now=now,
            provider=payer,
        ),
        replicas=spec.replicas,
        new_pods=spec.replicas if hours is None else wanted_at(hours.schedule, now),
        order=order,
        spot=order.spot,
        quoted_at=now,
    )


def plan_launch_workers(
    parameters: Mapping[str, str], order: OrderPlan, *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """The plan of a new deployment that is served by workers of an endpoint."""
    spec, asked = order.spec, order.workers
    assert asked is not None
    per_hour = order.usd_per_hour
    shape = f"{spec.gpu_count}× {order.offer.display_name}"
    return CostedPlan(
        kind=ActionKind.LAUNCH,
        parameters=parameters,
        target=spec.slug,
        title=f"Set up serverless workers of {shape} for {order.variant}?",
        button="Set up, at most",
        changes=(Change("workers", "none", f"{asked.least} to {asked.most}"),),
        account=figures.account_change(added=per_hour, now=now),
        added_usd_per_hour=per_hour,
        price_read_at=asked.price_read_at,
        notes=(*asked.words, *pod_instead(order)),
        warnings=order.warnings,
        blocked=vetoed(
            spec.slug,
            per_hour,
            fleet_id=spec.fleet_id,
            deployment_id=None,
            guard=guard,
            now=now,
        ),
        replicas=spec.replicas,
        order=order,
        endpoint="set up",
        quoted_at=now,
    )


def pod_instead(order: OrderPlan) -> tuple[str, ...]:
    """From when on a pod would be cheaper than the workers of an order."""
    spec, asked = order.spec, order.workers
    assert asked is not None
    return crossover_words(
        ask_for(
            order.variant,
            gpu_type_id=spec.gpu_type_id,
            gpu_count=spec.gpu_count,
            simulated=order.fleet.simulated,
            usd_per_pod_hour=order.usd_per_pod_hour + order.disk_usd_per_hour,
            usd_per_worker_hour=asked.usd_per_worker_hour,
            idle_timeout_seconds=asked.idle_timeout,
        )
    )


def apply_launch(plan: CostedPlan, confirmed: Confirmation, *, now: datetime) -> Deployment:
    """Save the deployment; reconcile requests its pods."""
    assert plan.order is not None
    return place_order(
        plan.order, acting_user=confirmed.acting_user, order_key=confirmed.key, now=now
    )


def plan_scale(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """More or fewer replicas of a running deployment. Raises Refused."""
    deployment = targets.deployment_named(parameters)
    if deployment.is_serverless:
        return workers.plan_scale(deployment, parameters, guard=guard, now=now)
    wanted = targets.replicas_asked(parameters)
    if not deployment.replicas:
        raise Refused.because(f"{deployment} is stopped; start it instead.")
    if wanted == deployment.replicas:
        raise Refused.because(
            f"Replicas is {wanted}, and {deployment} wants as many already.",
            field="replicas",
        )
    return plan_replicas(ActionKind.SCALE, deployment, wanted, guard=guard, now=now)


def plan_start(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """Replicas again, after a stop or after the controller gave up. Raises Refused."""
    deployment = targets.deployment_named(parameters)
    if deployment.is_serverless:
        return workers.plan_start(deployment, guard=guard, now=now)
    wanted = targets.replicas_asked({"replicas": "1", **parameters})
    if deployment.replicas and not deployment.is_given_up:
        raise Refused.because(
            f"{deployment} is started already and wants {deployment.replicas}; scale it "
            "instead."
        )
    return plan_replicas(ActionKind.START, deployment, wanted, guard=guard, now=now)


def plan_replicas(
    kind: ActionKind,
    deployment: Deployment,
    wanted: int,
    *,
    guard: LaunchGuard,
    now: datetime,
) -> CostedPlan:
    """The plan of another number of replicas, up or down. Raises Refused."""
    if fault := baseline_fault(deployment, wanted):
        raise Refused.because(fault, field="replicas")
    changed = figures.with_columns(deployment, {"replicas": wanted})
    change = figures.replica_change(deployment, changed, now=now)
    costs_more = change.daily_usd > 0
    return CostedPlan(
        kind=kind,
        parameters={"deployment": deployment.slug, "replicas": str(wanted)},
        target=deployment.slug,
        title=f"{kind.label.capitalize()} {deployment.slug} to {replicas_words(wanted)}?",
        button=button_words(kind, wanted, change.missing, len(change.surplus)),
        changes=(Change("replicas", str(deployment.replicas), str(wanted)),),
        account=figures.account_change(
            added=change.added,
            saved=change.saved,
            provider=figures.renting_provider(deployment),
            now=now,
        ),
        added_usd_per_hour=change.added,
        saved_usd_per_hour=change.saved,
        hours_per_day=figures.hours_per_day(deployment, now=now),
        usd_per_day=change.daily_usd,
        spent_usd=figures.spent_usd(change.surplus, now=now),
        price_read_at=change.price.read_at if costs_more else None,
        losses=losses_of(change.surplus),
        notes=((BILLING,) if change.missing else ())
        + ordered_before_words(change.ordered_before)
        + closed_words(changed, now=now),
        warnings=price_warnings(deployment, change.price) if costs_more else (),
        blocked=vetoed_more(deployment, change.added, guard=guard, now=now),
        deployment=deployment,
        replicas=wanted,
        new_pods=change.missing,
        pods=change.surplus,
        quoted_at=now,
    )


def apply_scale(plan: CostedPlan, confirmed: Confirmation, *, now: datetime) -> Deployment:
    """Other replicas, or of serverless other workers."""
    if not plan.endpoint:
        return apply_replicas(plan, confirmed, now=now)
    deployment = workers.apply_workers(plan, confirmed, now=now)
    assert deployment is not None
    return deployment


def ordered_before_words(count: int) -> tuple[str, ...]:
    """That some of the replicas to rent were ordered before; nothing where none was."""
    if not count:
        return ()
    were = "1 of them was" if count == 1 else f"{count} of them were"
    return (f"{were} ordered before and not rented yet; these figures count it all.",)


def closed_words(deployment: Deployment, *, now: datetime) -> tuple[str, ...]:
    """That its hours are closed and the rent begins later; nothing where they are open."""
    schedule = deployment.schedule
    if schedule is None or deployment.replicas_wanted(now=now) == deployment.replicas:
        return ()
    return (f"Its hours are closed now: {describe(schedule, now=now)}.",)


def apply_replicas(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment:
    """Want the planned number; reconcile rents what is missing and ends the surplus."""
    assert plan.deployment is not None and plan.replicas is not None
    lifecycle.start_deployment(
        plan.deployment, replicas=plan.replicas, acting_user=confirmed.acting_user, now=now
    )
    return plan.deployment


def price_warnings(deployment: Deployment, price: figures.ReplicaPrice) -> tuple[str, ...]:
    """What may keep the planned pods from being rented at the price shown."""
    if price.too_dear:
        return (
            f"Today's price is above {deployment}'s limit of "
            f"{price.limit} USD/h per GPU: nothing is rented until it falls.",
        )
    if price.read_at is None:
        return (
            "The catalog has no price for this GPU today; the figures are the most that "
            "the deployment's own limit allows.",
        )
    return ()


def losses_of(pods: Sequence[Pod]) -> tuple[str, ...]:
    """What is lost when these pods end."""
    rented = [pod for pod in pods if pod.provider_id]
    if not rented:
        return ()
    disks = sum(pod.container_disk_gb for pod in rented)
    return (
        "Requests in flight may finish while the pod drains; what is left then is cut off.",
        f"Container disks of {disks} GB are erased: the next pod loads its weights again.",
    )


def replicas_words(count: int) -> str:
    return "1 replica" if count == 1 else f"{count} replicas"


def button_words(kind: ActionKind, wanted: int, missing: int, ending: int) -> str:
    """What the button does, without the money."""
    if missing:
        more = "" if kind == ActionKind.START else " more"
        return f"Rent {missing}{more}"
    if ending:
        return f"End {ending}, keep {wanted}"
    return f"Want {wanted}"
