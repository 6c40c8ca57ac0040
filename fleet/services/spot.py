"""Spot: replicas where they are cheapest, and what follows from an interruption.

The policy is `fleet.scaling.spot`; here its steps become rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from fleet.models import Deployment, Health, Pod, PodStatus
from fleet.scaling.spot import Replica, hold_after_interruption, next_step
from fleet.selectors.providers import spot_provider
from fleet.selectors.spot import interruptions_lately, is_spot, market_of
from fleet.services import audit, termination

RULE = "rule:spot"
SERVES = (Health.READY, Health.BUSY)

Request = Callable[[str], Pod]  # at a provider, by its name


def settle(
    deployment: Deployment,
    live: Sequence[Pod],
    *,
    wanted: int,
    main: str,
    may_launch: bool,
    request: Request,
    now: datetime,
) -> int:
    """One step of a locked deployment's replicas; how many rows it changed.

    live  its replicas, the most useful first
    """
    step = next_step(
        [replica_of(pod) for pod in live],
        wanted=wanted,
        market=market_of(deployment, now=now),
        fallback=deployment.on_demand_fallback,
        may_launch=may_launch,
        may_return=deployment.surge == 0,
        now=now,
    )
    for _ in range(step.spot):
        request(spot_provider())
    for _ in range(step.on_demand):
        request(main)
    # In the order of their keys, as everybody locks pods: no deadlock.
    ending = sorted((pod for pod in live if pod.pk in step.end), key=lambda each: each.pk)
    ended = sum(
        termination.request_termination(
            pod, acting_user=RULE, reason=why_ended(pod, deployment, step.reason), now=now
        )
        for pod in ending
    )
    return step.spot + step.on_demand + ended


def why_ended(pod: Pod, deployment: Deployment, reason: str) -> str:
    if not deployment.replicas:
        return "not wanted any more"
    if not is_spot(pod) and pod.status == PodStatus.SERVING:
        return "a spot replica serves in its place, or fewer are wanted"
    return reason


def replica_of(pod: Pod) -> Replica:
    """A pod as the policy sees it."""
    return Replica(
        key=pod.pk,
        is_spot=is_spot(pod),
        is_requested=pod.status == PodStatus.REQUESTED,
        serves=pod.status == PodStatus.SERVING and pod.health in SERVES,
    )


def is_held(pod: Pod, *, now: datetime) -> bool:
    """Whether this is a spot pod whose deployment leaves spot alone for now."""
    until = pod.deployment.spot_held_until
    return is_spot(pod) and until is not None and until > now


def hold(
    deployment_ids: Iterable[int], *, until: datetime, reason: str, now: datetime
) -> None:
    """Leave spot alone until `until`; a longer hold that runs already stays."""
    sooner = Q(spot_held_until__isnull=True) | Q(spot_held_until__lt=until)
    Deployment.objects.filter(sooner, pk__in=sorted(deployment_ids)).update(
        spot_held_until=until, spot_held_reason=reason[:300]
    )


def hold_waiting(pod: Pod, *, until: datetime, reason: str, now: datetime) -> None:
    """The same for every deployment that waits at the market: the account was refused."""
    waiting = Pod.objects.requested().filter(provider=pod.provider)
    ids = set(waiting.values_list("deployment_id", flat=True))
    hold(ids | {pod.deployment_id}, until=until, reason=reason, now=now)


def note_notice(pod: Pod, taken_at: datetime, *, now: datetime) -> bool:
    """The provider takes a pod away at `taken_at`; True if this call noted it.

    It is off the market at once, and no replica any more: the next step asks for its
    replacement. Not a failure of its launch or its engine: nothing counts it as one.
    """
    if pod.status == PodStatus.TERMINATING:
        # On its way out already: only when it ends is new.
        Pod.objects.filter(pk=pod.pk, taken_at__isnull=True).update(taken_at=taken_at)
        return False
    reason = f"interrupted: the provider takes it away at {taken_at:%H:%M:%S} UTC"
    facts = {
        "terminate_requested_at": now,
        "interrupted_at": now,
        "taken_at": taken_at,
    }
    with transaction.atomic():
        deployment = locked_deployment(pod)
        moved = pod.move_to(PodStatus.TERMINATING, now=now, reason=reason, facts=facts)
        if moved:
            record(pod, deployment, reason=reason, now=now)
    return moved


def note_taken(pod: Pod, *, now: datetime) -> bool:
    """A spot pod is gone without a notice that we saw; True if this call noted it.

    When it went nobody told: until now is the upper bound, and the bill corrects it.
    """
    reason = "interrupted: gone from the spot market, its notice was not seen"
    facts = {
        "interrupted_at": now,
        "billed_until": termination.billed_until(pod, now=now),
    }
    with transaction.atomic():
        deployment = locked_deployment(pod)
        moved = pod.move_to(PodStatus.TERMINATED, now=now, reason=reason, facts=facts)
        if moved:
            record(pod, deployment, reason=reason, now=now)
    return moved


def locked_deployment(pod: Pod) -> Deployment:
    """Before its pod, as a deployment's own step locks them: no deadlock."""
    return Deployment.objects.select_for_update().get(pk=pod.deployment_id)


def record(pod: Pod, deployment: Deployment, *, reason: str, now: datetime) -> None:
    """The audit row, and the hold: what was just interrupted may be again."""
    count = interruptions_lately(deployment, now=now)
    wait = hold_after_interruption(count, fallback=deployment.on_demand_fallback)
    audit.record(
        "interrupted",
        pod,
        acting_user=RULE,
        now=now,
        reason=reason,
        usd_per_pod_hour=pod.price,
        interruptions_in_an_hour=count,
        spot_left_alone_seconds=int(wait.total_seconds()),
    )
    if wait > timedelta(0):
        why = f"{pod.name} was interrupted, {count} in an hour"
        hold([deployment.pk], until=now + wait, reason=why, now=now)
