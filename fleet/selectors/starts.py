"""When each step of a start began, and how long a step takes as a rule.

A step is not the whole: what a start takes in all is in `start_up.py`.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import datetime

from fleet.models import Health, HealthChange, Pod, PodStatus, PodTransition

STEPS = 5  # requested, creating, image and start, loading, ready

Starts = list[datetime | None]


def starts_of(pods: Sequence[Pod]) -> dict[int, Starts]:
    """When each step began, by pod; None where it was not reached, or not seen.

    Two queries, whatever the number of pods.
    """
    first: dict[tuple[int, str], datetime] = {}
    for row in PodTransition.objects.filter(pod__in=pods).order_by("at", "pk"):
        first.setdefault((row.pod_id, row.new), row.at)
    loading: dict[int, datetime] = {}
    rows = HealthChange.objects.filter(pod__in=pods, health=Health.LOADING)
    for change in rows.order_by("at"):
        loading.setdefault(change.pod_id, change.at)
    return {
        pod.pk: [
            pod.requested_at,
            first.get((pod.pk, PodStatus.CREATING)) or pod.sent_at,
            first.get((pod.pk, PodStatus.PROVISIONING)) or pod.billed_from,
            loading.get(pod.pk),
            pod.ready_at,
        ]
        for pod in pods
    }


def typical_seconds(starts: Sequence[Starts]) -> list[float | None]:
    """The median length of each step [s]; None where no start tells, and of the last."""
    found: list[float | None] = []
    for n in range(STEPS - 1):
        seen = []
        for each in starts:
            begin = each[n]
            end = next((at for at in each[n + 1 :] if at is not None), None)
            if begin is not None and end is not None:
                seen.append((end - begin).total_seconds())
        found.append(statistics.median(seen) if seen else None)
    return [*found, None]
