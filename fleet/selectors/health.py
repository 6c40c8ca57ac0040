"""Health for the eye: the state now, and the strip of the last hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from fleet.models import Health, Pod

BLIND_AFTER_INTERVALS = 6


@dataclass(frozen=True, slots=True)
class HealthSpan:
    """One state over [start, end)."""

    health: Health
    start: datetime
    end: datetime
    reason: str


def blind_after() -> timedelta:
    """The age of a probe from which our own eyes count as shut."""
    return timedelta(
        seconds=BLIND_AFTER_INTERVALS * settings.PROBE_INTERVAL_SECONDS
        + settings.PROBE_TIMEOUT_SECONDS
    )


def shown_health(pod: Pod, *, now: datetime) -> tuple[Health, str]:
    """The state of a pod as of `now` and its reason; unknown when nobody looked lately."""
    if pod.is_ended:
        return Health.UNKNOWN, "the pod has ended"
    if pod.probed_at is None:
        return Health.UNKNOWN, "not probed yet"
    if now - pod.probed_at > blind_after():
        return Health.UNKNOWN, f"not probed since {pod.probed_at:%H:%M:%S} UTC"
    return Health(pod.health), pod.health_reason


def health_spans(pod: Pod, *, start: datetime, end: datetime) -> list[HealthSpan]:
    """States of a pod over [start, end), oldest first; before its first row nothing.

    The last state ends where our last probe ends: after it the strip has a gap.
    """
    changes = list(pod.health_changes.filter(at__lt=end).order_by("at", "pk"))
    last_seen = min(end, (pod.probed_at or end) + blind_after())
    if pod.billed_until is not None:
        last_seen = min(last_seen, pod.billed_until)
    spans = []
    for index, change in enumerate(changes):
        follows = index + 1 < len(changes)
        until = min(changes[index + 1].at if follows else last_seen, end)
        begin = max(change.at, start)
        if begin < until:
            spans.append(HealthSpan(Health(change.health), begin, until, change.reason))
    return spans
