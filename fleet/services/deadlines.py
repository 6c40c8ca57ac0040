"""Deadlines: a pod that never becomes ready bills for nothing; end it in time."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from fleet.models import Health, Pod, PodStatus
from fleet.services import replicas, termination


def end_overdue(*, provider_name: str, now: datetime) -> list[str]:
    """Tell pods to stop that were not ready by their deadline; their names.

    Only those that were looked at after it: while our own eyes were shut, a pod may
    have become ready, and the next probe says so.
    """
    late = (
        Pod.objects.select_related("deployment")
        .filter(
            provider=provider_name,
            status=PodStatus.PROVISIONING,
            ready_by__lt=now,
            probed_at__gte=F("ready_by"),
        )
        .exclude(health=Health.UNKNOWN)
        .order_by("pk")
    )
    ended = []
    for pod in late:
        minutes = round(
            (pod.ready_by - (pod.sent_at or pod.requested_at)).total_seconds() / 60
        )
        reason = f"not ready {minutes} minutes after the order"
        if termination.request_termination(
            pod, acting_user="rule:deadline", reason=reason, now=now
        ):
            replicas.note_launch_failure(pod.deployment, now=now, reason=reason)
            ended.append(pod.name)
    return ended
