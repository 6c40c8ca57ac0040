"""Leases: tell every pod that we are still there, so that it need not end itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from fleet.models import RENTED, Pod
from fleet.selectors.leases import lease_ends_at
from fleet.services.jobs import JobFailed
from fleet.vllm.lease_client import LeaseTarget, renew_many

LATE = 2  # a lease that has run for half its time without a renewal is told


def renew_all(*, provider_names: Sequence[str], clock: Callable[[], datetime]) -> str:
    """Renew the lease of every rented pod that has one; a summary.

    Pods that are told to end get none: should their delete never arrive, they end by
    themselves. Raises JobFailed when a lease has run for half its time in vain.
    """
    pods = list(
        Pod.objects.filter(
            provider__in=provider_names, status__in=RENTED, lease_seconds__isnull=False
        )
        .exclude(lease_url="")
        .order_by("pk")
    )
    asked_at = clock()  # before the answers: a lease never seems longer than it is
    answers = asyncio.run(
        renew_many([LeaseTarget(pod.lease_url, pod.api_key) for pod in pods])
    )
    late = []
    for pod, trouble in zip(pods, answers, strict=True):
        facts: dict[str, object] = {"lease_error": trouble[:200]}
        if not trouble:
            facts["lease_renewed_at"] = asked_at
        elif is_late(pod, now=asked_at):
            late.append(f"{pod.name}: {trouble}")
        Pod.objects.filter(pk=pod.pk).update(**facts)
    renewed = answers.count("")
    if late:
        raise JobFailed(f"{'; '.join(late)}; {renewed} of {len(pods)} renewed")
    return f"{renewed} of {len(pods)} leases renewed"


def is_late(pod: Pod, *, now: datetime) -> bool:
    """Whether half of a lease that was once renewed has passed."""
    ends = lease_ends_at(pod)
    if ends is None or pod.lease_seconds is None:
        return False
    return ends - now < timedelta(seconds=pod.lease_seconds / LATE)
