"""Replicas: from what a deployment wants to intent rows, one row per pod to rent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from fleet.models import MAX_NEVER_READY, Deployment, GpuOffer, Pod
from fleet.services import audit, termination

BACK_OFF_SECONDS = (15, 30, 60, 120, 300, 600)
NAME_LENGTH = 60


def pod_name(slug: str, attempt: int) -> str:
    """`kerne-<env>-<deployment>-<attempt>`: unique, and how a lost pod is found again."""
    return f"kerne-{settings.KERNE_ENV}-{slug}-{attempt}"[:NAME_LENGTH]


def settle_deployment(
    deployment_id: int, *, provider: str, now: datetime, new_key: Callable[[], str]
) -> int:
    """Make the pods of a deployment as many as wanted; the number of rows changed.

    Missing replicas become REQUESTED rows, surplus ones are told to stop. The row
    lock makes two controllers take turns; a second run finds nothing to do.
    """
    with transaction.atomic():
        deployment = (
            Deployment.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("fleet")
            .filter(pk=deployment_id)
            .first()
        )
        if deployment is None:
            return 0  # another controller is at it
        wanted = deployment.replicas_wanted(now=now)
        live = list(deployment.pods.wanted().order_by("requested_at", "pk"))
        if len(live) < wanted and may_launch(deployment, now=now):
            count = wanted - len(live)
            for _ in range(count):
                request_pod(deployment, provider=provider, now=now, api_key=new_key())
            return count
    surplus = live[wanted:]
    reason = "outside the scheduled hours" if deployment.replicas else "not wanted any more"
    for pod in surplus:
        termination.request_termination(
            pod, acting_user="rule:replicas", reason=reason, now=now
        )
    return len(surplus)


def may_launch(deployment: Deployment, *, now: datetime) -> bool:
    """Whether a replica may be requested: no back-off running, not given up."""
    if deployment.launch_failures >= MAX_NEVER_READY:
        return False
    return deployment.not_before is None or deployment.not_before <= now


def request_pod(
    deployment: Deployment, *, provider: str, now: datetime, api_key: str
) -> Pod:
    """Write the intent to rent one pod; nothing is rented here."""
    attempt = (deployment.pods.aggregate(last=Max("attempt"))["last"] or 0) + 1
    offer = GpuOffer.objects.filter(
        provider=provider, gpu_type_id=deployment.gpu_type_id, cloud=deployment.cloud
    ).first()
    per_gpu = offer.usd_per_gpu_hour if offer else deployment.max_usd_per_gpu_hour
    return Pod.objects.create(
        deployment=deployment,
        name=pod_name(deployment.slug, attempt),
        attempt=attempt,
        status_since=now,
        requested_at=now,
        ready_by=now + timedelta(seconds=settings.PROVISIONING_DEADLINE_SECONDS),
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        cloud=deployment.cloud,
        container_disk_gb=deployment.container_disk_gb,
        api_key=api_key,
        provider=provider,
        quoted_usd_per_pod_hour=per_gpu * deployment.gpu_count,
    )


def note_launch_failure(
    deployment: Deployment, *, now: datetime, reason: str, give_up: bool = False
) -> None:
    """Count a replica that never became ready, and set the back-off before the next.

    `give_up` stops relaunching at once: the request itself is wrong, so that every
    further attempt would fail the same way.
    """
    with transaction.atomic():
        row = Deployment.objects.select_for_update().get(pk=deployment.pk)
        row.launch_failures = (
            MAX_NEVER_READY if give_up else min(row.launch_failures + 1, MAX_NEVER_READY)
        )
        row.not_before = now + back_off(row.launch_failures)
        row.save(update_fields=["launch_failures", "not_before"])
        if row.launch_failures >= MAX_NEVER_READY:
            audit.record(
                "stop relaunching",
                row,
                acting_user="rule:never_ready",
                now=now,
                failures=row.launch_failures,
                last_reason=reason,
            )


def hold_off(deployment: Deployment, *, now: datetime, seconds: int) -> None:
    """Wait before the next launch without counting a failure (no capacity, 429)."""
    Deployment.objects.filter(pk=deployment.pk).update(
        not_before=now + timedelta(seconds=seconds)
    )


def back_off(failures: int) -> timedelta:
    """15 s, 30 s, 1, 2, 5, 10 min, and 10 min from then on."""
    index = min(max(failures, 1), len(BACK_OFF_SECONDS)) - 1
    return timedelta(seconds=BACK_OFF_SECONDS[index])
