"""Termination: told to stop, scraped a last time, deleted, and asked until it is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from fleet.models import Pod, PodStatus
from fleet.providers.base import GpuProvider, ProviderError, RateLimited
from fleet.services import audit, fault_points
from fleet.services.isolation import FAULTS, apart, note_fault

log = logging.getLogger(__name__)

RESEND_SECONDS = 60
ALERT_SECONDS = 300  # still billed five minutes after the order to stop
SCRAPES_AT_ONCE = 100  # one round of probes: all of them take as long as the slowest
GONE_STATUSES = ("TERMINATED",)

TAKEN_WITHIN = timedelta(seconds=2)  # a notice names whole seconds

LastScrape = Callable[[Sequence[Pod]], object]


def request_termination(
    pod: Pod,
    *,
    acting_user: str,
    now: datetime,
    reason: str = "",
    figures: Mapping[str, Any] | None = None,
    at_once: bool = False,
) -> bool:
    """Say that a pod must end; True if this call said it. `figures` go to the audit.

    at_once  requests in work are cut off instead of being drained

    A pod that was only requested is called off on the spot: nothing was rented. One
    whose create may be on its way ends as soon as its id is known. False also when the
    pod moved on since it was read: a rule then judges it anew at the next tick.
    """
    with transaction.atomic():
        if pod.status == PodStatus.REQUESTED:
            moved = pod.move_to(PodStatus.FAILED, now=now, reason=f"called off: {reason}")
        elif pod.status in (PodStatus.CREATING, PodStatus.PROVISIONING, PodStatus.SERVING):
            moved = pod.move_to(
                PodStatus.TERMINATING,
                now=now,
                reason=reason,
                facts={"terminate_requested_at": now, "ends_at_once": at_once},
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
                **(figures or {}),
            )
    return moved


def drive_terminations(
    pods: Sequence[Pod],
    *,
    provider: GpuProvider,
    clock: Callable[[], datetime],
    last_scrape: LastScrape,
    troubles: list[str],
) -> list[str]:
    """One step towards the end of each TERMINATING pod; the names of those now gone.

    Safe to repeat for ever: the last scrape comes before the first delete, a delete
    is sent again every minute, and only the provider's own word ends a pod. A pod
    without an id waits: the cloud list finds it by name. What breaks for one pod is
    added to `troubles` and stops no other.
    """
    known = [pod for pod in pods if pod.provider_id]
    if known:
        fault_points.reach("stop_requested")
    fresh = [
        pod
        for pod in known
        if pod.terminate_sent_at is None and not is_draining(pod, now=clock())
    ][:SCRAPES_AT_ONCE]
    # What the provider takes away is read before it is gone, and never after.
    last_read = [pod for pod in fresh if pod.taken_at is None]
    last_read += [pod for pod in known if is_leaving(pod, now=clock())]
    if last_read:
        apart("last scrape", lambda: last_scrape(last_read), troubles)
        fault_points.reach("scrape_kept")
    gone = []
    for pod in known:
        if pod.terminate_sent_at is None and pod not in fresh:
            continue
        try:
            if delete_until_gone(pod, provider=provider, clock=clock):
                gone.append(pod.name)
        except RateLimited as error:
            log.warning("terminating goes on at the next tick: %s", error)
            break  # each further request would be refused, and use up the quota
        except ProviderError as error:
            log.warning("%s: terminating goes on, the provider said: %s", pod, error)
        except FAULTS as fault:
            note_fault(str(pod), fault, troubles)
    return gone


def delete_until_gone(
    pod: Pod, *, provider: GpuProvider, clock: Callable[[], datetime]
) -> bool:
    """Delete a pod and ask for it; True if the provider says gone. Raises ProviderError.

    Billing ends, as an upper bound, when the newest delete was answered: the clock is
    read then, because a tick that began a minute ago would make the rent too short.
    """
    if pod.taken_at is not None and pod.terminate_sent_at is None:
        announced = provider.pod(pod.provider_id)
        if announced is not None and announced.status not in GONE_STATUSES:
            pod.taken_at = None  # not taken as it was announced: billed on
            Pod.objects.filter(pk=pod.pk).update(taken_at=None)
    if needs_delete(pod, now=clock()):
        provider.terminate(pod.provider_id)
        fault_points.reach("deleted")
        pod.terminate_sent_at = clock()
        Pod.objects.filter(pk=pod.pk).update(terminate_sent_at=pod.terminate_sent_at)
        fault_points.reach("delete_noted")
    seen = provider.pod(pod.provider_id)
    if seen is not None and seen.status not in GONE_STATUSES:
        return False
    return pod.move_to(
        PodStatus.TERMINATED,
        now=clock(),
        reason=pod.status_reason or "the provider says it is gone",
        facts={
            "billed_until": billed_until(pod, now=clock()),
            "provider_status": "TERMINATED",
        },
    )


def billed_until(pod: Pod, *, now: datetime) -> datetime:
    """The end of a gone pod's rent, an upper bound; never before its begin."""
    end = pod.terminate_sent_at or now
    if pod.taken_at is not None:
        end = min(end, pod.taken_at)
    return end if pod.billed_from is None else max(end, pod.billed_from)


def is_draining(pod: Pod, *, now: datetime) -> bool:
    """Whether requests in flight may still finish: never longer than DRAIN_SECONDS."""
    if pod.taken_at is not None:  # the provider ends it then; until then it may answer
        return now < pod.taken_at + TAKEN_WITHIN
    if pod.ends_at_once:
        return False
    since = pod.terminate_requested_at or pod.status_since
    if now - since >= timedelta(seconds=settings.DRAIN_SECONDS):
        return False
    latest = pod.samples.order_by("-at").first()
    if latest is None or now - latest.at > recent():
        return False  # nothing recent says that anyone waits for an answer
    return latest.requests_running > 0


def is_leaving(pod: Pod, *, now: datetime) -> bool:
    """Whether the provider takes it away in a moment and its last scrape is due."""
    if pod.taken_at is None or pod.terminate_sent_at is not None:
        return False
    return now < pod.taken_at and pod.last_scrape_at is None


def recent() -> timedelta:
    """The age up to which a sample counts: two sweeps, each as long as it may take."""
    return timedelta(
        seconds=2 * settings.PROBE_INTERVAL_SECONDS + settings.PROBE_TIMEOUT_SECONDS
    )


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
