"""What an operator may do to a deployment or a pod; page, command and task call these."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fleet.models import Deployment, Pod
from fleet.services import audit, termination


def request_termination(pod: Pod, *, acting_user: str, now: datetime) -> bool:
    """End one pod. Its deployment wants one replica less, so that none follows it.

    True if this call said it; ending a pod twice changes nothing the second time.
    """
    with transaction.atomic():
        ended = termination.request_termination(
            pod, acting_user=acting_user, now=now, reason=f"terminated by {acting_user}"
        )
        if ended:
            live = pod.deployment.pods.wanted().count()
            Deployment.objects.filter(pk=pod.deployment_id, replicas__gt=live).update(
                replicas=live
            )
    return ended


def stop_deployment(deployment: Deployment, *, acting_user: str, now: datetime) -> int:
    """Want no replicas any more and end those that run; the number of pods told to stop."""
    with transaction.atomic():
        changed = Deployment.objects.filter(pk=deployment.pk, replicas__gt=0).update(
            replicas=0
        )
        if changed:
            audit.record(
                "stop",
                deployment,
                acting_user=acting_user,
                now=now,
                was=deployment.replicas,
            )
        told = [
            termination.request_termination(
                pod, acting_user=acting_user, now=now, reason=f"stopped by {acting_user}"
            )
            for pod in deployment.pods.wanted()
        ]
    deployment.replicas = 0
    return sum(told)


def start_deployment(
    deployment: Deployment, *, replicas: int, acting_user: str, now: datetime
) -> None:
    """Want `replicas` again; also clears the give-up of a replica that never got ready.

    Raises ValueError for a number below 1.
    """
    if replicas < 1:
        raise ValueError(f"replicas must be at least 1, got {replicas}")
    with transaction.atomic():
        Deployment.objects.filter(pk=deployment.pk).update(
            replicas=replicas, launch_failures=0, not_before=None
        )
        audit.record(
            "start", deployment, acting_user=acting_user, now=now, replicas=replicas
        )
    deployment.refresh_from_db()
