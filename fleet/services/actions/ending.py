"""Stop and terminate: actions that end pods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fleet.models import RESOURCE_RUNS, ActionKind, Deployment
from fleet.selectors.serverless import rental_endpoint
from fleet.services import lifecycle
from fleet.services.actions import figures, targets
from fleet.services.actions.launching import losses_of
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.actions.workers import endpoint_saving
from fleet.services.launch_guard import LaunchGuard
from fleet.services.refused import Refused

BILLED_UNTIL = (
    "GPU billing ends when the provider confirms the end, usually within a minute; the "
    "end is asked for until it does."
)
JOBS_CUT = (
    "Jobs may finish while the endpoint drains, at most as long as a pod; what waits or "
    "runs then is cancelled."
)
NOT_BACK = (
    "It can not be taken back. Starting again rents anew, at the price and with the "
    "stock of that hour."
)


def plan_stop(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """No replica of a deployment any more. Raises Refused."""
    deployment = targets.deployment_named(parameters)
    pods = list(deployment.pods.wanted().order_by("pk"))
    endpoint = rental_endpoint(deployment)
    if not deployment.replicas and not pods and endpoint is None:
        raise Refused.because(f"{deployment} is stopped already, and no pod of it runs.")
    workers = endpoint_saving(deployment)
    saved = figures.billed_usd_per_hour(pods) + workers
    names = [*(pod.name for pod in pods), *([endpoint.name] if endpoint else [])]
    ends = ", ".join(names) or "no pod runs"
    return CostedPlan(
        kind=ActionKind.STOP,
        parameters={"deployment": deployment.slug},
        target=deployment.slug,
        title=f"Stop {deployment.slug}?",
        button=f"Stop {deployment.slug}",
        changes=(Change("replicas", str(deployment.replicas), "0"),),
        account=figures.account_relieved(pods, also=workers, now=now),
        saved_usd_per_hour=saved,
        hours_per_day=figures.hours_per_day(deployment, now=now),
        spent_usd=figures.spent_usd(pods, now=now),
        losses=losses_of(pods) + ((JOBS_CUT,) if endpoint else ()),
        notes=(f"Ends: {ends}.", *bills_on(deployment), BILLED_UNTIL, NOT_BACK),
        deployment=deployment,
        replicas=0,
        pods=tuple(pods),
        endpoint="ended" if endpoint else "",
        quoted_at=now,
    )


def bills_on(deployment: Deployment) -> tuple[str, ...]:
    """What a stop does not end: volumes and endpoints have pages of their own."""
    rows = (
        *deployment.networkvolumes.filter(status__in=RESOURCE_RUNS).order_by("pk"),
        *deployment.serverlessendpoints.filter(
            status__in=RESOURCE_RUNS, is_rental=False
        ).order_by("pk"),
    )
    if not rows:
        return ()
    names = ", ".join(f"{row.kind} {row.name}" for row in rows)
    return (f"Not ended by this, and billed on: {names}.",)


def apply_stop(plan: CostedPlan, confirmed: Confirmation, *, now: datetime) -> Deployment:
    """Want none and tell those that run to stop."""
    assert plan.deployment is not None
    lifecycle.stop_deployment(plan.deployment, acting_user=confirmed.acting_user, now=now)
    return plan.deployment


def plan_terminate(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """The end of one pod; its deployment wants one replica less. Raises Refused."""
    pod = targets.pod_named(parameters)
    if pod.is_ended or pod.terminate_requested_at is not None:
        raise Refused.because(f"{pod} was already ending or has ended.")
    saved = figures.billed_usd_per_hour([pod])
    wanted = pod.deployment.replicas
    after = wanted_after(wanted, pod.deployment.pods.wanted().count())
    nothing_rented = () if pod.status != "requested" else ("Nothing is rented yet.",)
    return CostedPlan(
        kind=ActionKind.TERMINATE,
        parameters={"pod": pod.name},
        target=pod.name,
        title=f"Terminate {pod.name}?",
        button="Terminate" if pod.status != "requested" else "Call it off",
        changes=(Change(f"replicas of {pod.deployment.slug}", str(wanted), str(after)),),
        account=figures.account_change(saved=saved, provider=pod.provider, now=now),
        saved_usd_per_hour=saved,
        hours_per_day=figures.hours_per_day(pod.deployment, now=now),
        spent_usd=figures.spent_usd([pod], now=now),
        losses=losses_of([pod]),
        notes=nothing_rented or (BILLED_UNTIL, NOT_BACK),
        deployment=pod.deployment,
        pods=(pod,),
        quoted_at=now,
    )


def wanted_after(wanted: int, live: int) -> int:
    """How many replicas a deployment wants when one of its `live` pods is ended: one
    less, unless that pod is a surplus.

    >>> wanted_after(2, 2), wanted_after(2, 3), wanted_after(0, 0)
    (1, 2, 0)
    """
    return wanted - 1 if 0 < live <= wanted else wanted


def apply_terminate(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment:
    """Tell the pod to stop. Raises Refused where somebody else just did."""
    (pod,) = plan.pods
    if not lifecycle.request_termination(pod, acting_user=confirmed.acting_user, now=now):
        raise Refused.because(f"{pod} was already ending or has ended.")
    return pod.deployment
