"""Health of pods over a day as spans of time; the drawing is done by a template tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.models import HealthChange, Pod, PodStatus

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class HealthSpan:
    """A health held in [start, end); `end` None: it still holds."""

    state: str
    start: datetime
    end: datetime | None


def health_spans(pods: Sequence[Pod], *, now: datetime) -> dict[int, list[HealthSpan]]:
    """The spans of each pod that reach into the last 24 hours. Two queries in all.

    A pod's strip begins with its request and ends with its end; before, between
    and after there is no span, and the strip shows a gap.
    """
    ids = [pod.pk for pod in pods]
    recent = HealthChange.objects.filter(pod__in=ids, at__gt=now - DAY, at__lte=now)
    older = HealthChange.objects.filter(pod__in=ids, at__lte=now - DAY)
    changes: dict[int, list[HealthChange]] = defaultdict(list)
    for change in older.order_by("pod_id", "-at", "-pk").distinct("pod_id"):
        changes[change.pod_id].append(change)
    for change in recent.order_by("at", "pk"):
        changes[change.pod_id].append(change)
    return {pod.pk: spans_of(pod, changes[pod.pk]) for pod in pods}


def spans_of(pod: Pod, changes: Iterable[HealthChange]) -> list[HealthSpan]:
    """Spans from the changes of one pod, oldest first."""
    rows = list(changes)
    ended = ended_at(pod)
    spans = []
    first_seen = rows[0].at if rows else ended
    if first_seen is None or pod.requested_at < first_seen:
        spans.append(HealthSpan("starting", pod.requested_at, first_seen))
    for n, row in enumerate(rows):
        until = rows[n + 1].at if n + 1 < len(rows) else ended
        spans.append(HealthSpan(row.health, row.at, until))
    return spans


def ended_at(pod: Pod) -> datetime | None:
    """When a pod ceased to be ours to watch; None while it lives."""
    if not pod.is_ended:
        return None
    if pod.status == PodStatus.TERMINATED and pod.billed_until is not None:
        return pod.billed_until
    return pod.status_since
