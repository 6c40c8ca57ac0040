"""Termination: told to stop, scraped a last time, deleted, and asked until it is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from fleet.models import Pod, PodStatus
from fleet.providers.base import GpuProvider, ProviderError
from fleet.services import audit

log = logging.getLogger(__name__)

RESEND_SECONDS = 60
ALERT_SECONDS = 300  # still billed five minutes after the order to stop
GONE_STATUSES = ("TERMINATED",)

LastScrape = Callable[[Pod], bool]


def request_termination(
    pod: Pod, *, acting_user: str, now: datetime, reason: str = ""
) -> bool:
    """Say that a pod must end; True if this call said it.

    A pod that was only requested is called off on the spot: nothing was rented. One
    whose create may be on its way ends as soon as its id is known.
    """
    if pod.status == PodStatus.REQUESTED:
        moved = pod.move_to(PodStatus.FAILED, now=now, reason=f"called off: {reason}")
    elif pod.status in (PodStatus.CREATING, PodStatus.PROVISIONING, PodStatus.SERVING):
        moved = pod.move_to(
            PodStatus.TERMINATING,
            now=now,
            reason=reason,
            facts={"terminate_requested_at": now},
        )
    else:
        return False  # on its way out already
    if moved:
        audit.record(
            "terminate",
            pod,
            acting_user=acting_user,
            now=now,
            reason=reason,
            usd_per_pod_hour=pod.price,
        )
    return moved


def drive_termination(
    pod: Pod, *, provider: GpuProvider, now: datetime, last_scrape: LastScrape
) -> bool:
    """One step towards the end of a TERMINATING pod; True once the provider says gone.

    Safe to repeat for ever: the last scrape comes before the first delete, a delete
    is sent again every minute, and only the provider's own word ends the pod.
    """
    if not pod.provider_id:
        return False  # its create may still be on its way; the cloud list settles it
    try:
        if pod.terminate_sent_at is None:
            if is_draining(pod, now=now):
                return False
            last_scrape(pod)
        if needs_delete(pod, now=now):
            provider.terminate(pod.provider_id)
            pod.terminate_sent_at = now
            Pod.objects.filter(pk=pod.pk).update(terminate_sent_at=now)
        seen = provider.pod(pod.provider_id)
    except ProviderError as error:
        log.warning("%s: terminating goes on, the provider said: %s", pod, error)
        return False
    if seen is not None and seen.status not in GONE_STATUSES:
        return False
    return pod.move_to(
        PodStatus.TERMINATED,
        now=now,
        reason=pod.status_reason or "the provider says it is gone",
        facts={
            "billed_until": pod.terminate_sent_at or now,
            "provider_status": "TERMINATED",
        },
    )


def is_draining(pod: Pod, *, now: datetime) -> bool:
    """Whether requests in flight may still finish: never longer than DRAIN_SECONDS."""
    since = pod.terminate_requested_at or pod.status_since
    if now - since >= timedelta(seconds=settings.DRAIN_SECONDS):
        return False
    latest = pod.samples.order_by("-at").first()
    if latest is None or now - latest.at > timedelta(
        seconds=settings.PROBE_TIMEOUT_SECONDS
    ):
        return False  # nothing recent says that anyone waits for an answer
    return latest.requests_running > 0


def needs_delete(pod: Pod, *, now: datetime) -> bool:
    """Whether the delete was never sent, or is a minute old and did not work."""
    sent = pod.terminate_sent_at
    return sent is None or now - sent >= timedelta(seconds=RESEND_SECONDS)


def overdue(*, now: datetime) -> list[Pod]:
    """Pods that were told to stop over five minutes ago and are still billed."""
    limit = now - timedelta(seconds=ALERT_SECONDS)
    return list(
        Pod.objects.filter(
            status=PodStatus.TERMINATING, terminate_requested_at__lt=limit
        ).order_by("terminate_requested_at")
    )
