"""What a level does. Each deed names its rule and numbers, in the audit and on the pod."""

from __future__ import annotations

from datetime import datetime

from economics.calc.guardrails import Judgement, Level, Observation
from economics.calc.unknown import Unknown
from economics.selectors.guardrails.world import ours_of
from fleet.models import Deployment, Pod
from fleet.services import lifecycle, resource_rent

WORDS = {
    Level.WARN: "Warned.",
    Level.REFUSE: "New spending is refused.",
    Level.DRAIN: "New spending is refused; what runs drains and ends.",
    Level.TERMINATE: "New spending is refused; what runs ends at once.",
}
STOPPING = (Level.DRAIN, Level.TERMINATE)


def act(judgement: Judgement, *, now: datetime) -> str:
    """Do what the level asks for, as far as it is not done; what was done in words.

    Warnings are told elsewhere, refusals happen at the launch. A value that nobody knows
    ends nothing.
    """
    seen = judgement.observation
    if judgement.level not in STOPPING or isinstance(seen.value, Unknown):
        return ""
    user = f"rule:{seen.rule}"
    reason = f"guardrail: {judgement.sentence}"
    at_once = judgement.level == Level.TERMINATE
    if seen.pod_id is not None:
        return end_pod(seen, acting_user=user, reason=reason, at_once=at_once, now=now)
    told: list[str] = []
    meant = targets(seen)
    # First: a stop ends those of its rental without telling their names.
    ended = resource_rent.end_endpoints(
        meant, acting_user=user, now=now, reason=reason, at_once=at_once
    )
    for deployment in meant:
        count = lifecycle.stop_deployment(
            deployment, acting_user=user, now=now, reason=reason, at_once=at_once
        )
        if count:
            told.append(f"{deployment.slug} ({count} pod{'s' if count > 1 else ''})")
    told += ended
    return f"Ended {', '.join(told)}." if told else ""


def end_pod(
    seen: Observation, *, acting_user: str, reason: str, at_once: bool, now: datetime
) -> str:
    """End one pod; its deployment wants one replica less, so that none follows it."""
    pod = Pod.objects.filter(pk=seen.pod_id or 0).first()
    if pod is None or not lifecycle.request_termination(
        pod, acting_user=acting_user, now=now, reason=reason, at_once=at_once
    ):
        return ""
    return f"Ended {pod.name}."


def targets(seen: Observation) -> list[Deployment]:
    """The deployments that a trip is about and that want or have a pod or an endpoint."""
    wanted = ours_of(seen.fleet_id)
    if seen.deployment_id is not None:
        wanted = wanted.filter(pk=seen.deployment_id)
    return list(wanted.order_by("pk"))
