"""Health for the eye: the state now, unknown when nobody looked lately."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from fleet.models import Health, Pod

BLIND_AFTER_INTERVALS = 6


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
