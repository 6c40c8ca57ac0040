"""The cloud list against our rows, both ways: adopt, find orphans, close ghosts."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from fleet.models import MAYBE_BILLED, Orphan, Pod, PodStatus
from fleet.providers.base import CloudPod, GpuProvider, ProviderError
from fleet.services import audit, provisioning, replicas, termination

log = logging.getLogger(__name__)

NEWBORN_SECONDS = 120  # a list may lag: a younger pod is never called missing
MISSES_NEEDED = 2
BROKEN = ("EXITED", "ERROR")


@dataclass
class Comparison:
    """What one comparison did, by pod name."""

    listed: int = 0
    adopted: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    never_created: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        parts = [f"{self.listed} pods listed"]
        for word in ("adopted", "orphans", "ghosts", "never_created", "broken"):
            names = getattr(self, word)
            if names:
                parts.append(f"{word.replace('_', ' ')}: {', '.join(names)}")
        return "; ".join(parts)


def compare(*, provider: GpuProvider, now: datetime) -> Comparison:
    """Settle every difference between the provider's pods and our rows.

    The rows are read before the list is asked for: a pod created in between is in
    the list and not among the rows, and is then found by its id, not taken for an
    orphan. Raises ProviderError when there is no complete list; nothing is settled
    on half of one.
    """
    waiting = list(
        Pod.objects.filter(provider=provider.name, status__in=MAYBE_BILLED).values_list(
            "pk", flat=True
        )
    )
    cloud = provider.pods()
    done = Comparison(listed=len(cloud))
    seen: set[int] = set()
    for listed in sorted(cloud, key=lambda each: each.created_at):
        if listed.status in termination.GONE_STATUSES:
            continue  # still listed, already gone: a miss like any other
        pod = row_of(listed, provider=provider, seen=seen)
        if pod is not None and ended_lately(pod, now=now):
            continue  # the list lags behind the end
        if pod is None or pod.is_ended:
            note_orphan(listed, provider=provider, now=now, done=done)
            continue
        seen.add(pod.pk)
        see(pod, listed, provider=provider, now=now, done=done)
    for pk in waiting:
        if pk not in seen:
            miss(Pod.objects.get(pk=pk), provider=provider, now=now, done=done)
    close_orphans({each.provider_id for each in cloud}, provider=provider, now=now)
    return done


def row_of(listed: CloudPod, *, provider: GpuProvider, seen: set[int]) -> Pod | None:
    """Our row of a listed pod: by id, else by the unique name of an unanswered create.

    A row whose id is another pod's does not own the listed one: that bills beside it.
    """
    mine = Pod.objects.select_related("deployment").filter(provider=provider.name)
    pod = mine.filter(provider_id=listed.provider_id).first()
    if pod is None:
        pod = mine.filter(name=listed.name, provider_id="").exclude(pk__in=seen).first()
    return pod


def ended_lately(pod: Pod, *, now: datetime) -> bool:
    """Whether a pod with an id ended so recently that a list may not know it yet."""
    age = now - pod.status_since
    return (
        pod.is_ended and bool(pod.provider_id) and age < timedelta(seconds=NEWBORN_SECONDS)
    )


def see(
    pod: Pod, listed: CloudPod, *, provider: GpuProvider, now: datetime, done: Comparison
) -> None:
    """Book that a pod was listed; adopt it when its create was never answered."""
    if not pod.provider_id:
        if provisioning.record_rental(pod, listed, provider=provider, now=now):
            done.adopted.append(pod.name)
        return
    Pod.objects.filter(pk=pod.pk).update(
        listed_at=now, list_misses=0, provider_status=listed.status
    )
    if listed.status in BROKEN and pod.status in (
        PodStatus.PROVISIONING,
        PodStatus.SERVING,
    ):
        end_broken(pod, listed.status, now=now)
        done.broken.append(pod.name)


def end_broken(pod: Pod, status: str, *, now: datetime) -> None:
    """A pod whose container ended earns nothing and may bill its disk: end it."""
    reason = f"the provider says {status}"
    ended = termination.request_termination(
        pod, acting_user="rule:broken", reason=reason, now=now
    )
    if ended and pod.ready_at is None:
        replicas.note_launch_failure(pod.deployment, now=now, reason=reason)


def miss(pod: Pod, *, provider: GpuProvider, now: datetime, done: Comparison) -> None:
    """Book that a pod of ours is not in a complete list; two misses decide."""
    if pod.is_ended:
        return
    if not pod.provider_id:
        miss_unanswered(pod, now=now, done=done)
        return
    born = pod.billed_from or pod.status_since
    if now - born < timedelta(seconds=NEWBORN_SECONDS):
        return
    Pod.objects.filter(pk=pod.pk).update(list_misses=pod.list_misses + 1)
    if pod.list_misses + 1 < MISSES_NEEDED:
        return
    found = provider.pod(pod.provider_id)
    if found is not None and found.status not in termination.GONE_STATUSES:
        return  # the list lags, the pod lives
    gone = pod.move_to(
        PodStatus.TERMINATED,
        now=now,
        reason="vanished: the provider does not know it any more",
        facts={"billed_until": pod.terminate_sent_at or now},
    )
    if gone:
        done.ghosts.append(pod.name)
        audit.record("close ghost", pod, acting_user="rule:cloud_list", now=now)


def miss_unanswered(pod: Pod, *, now: datetime, done: Comparison) -> None:
    """A create without an answer whose pod is not listed: it fails after settling."""
    sent = pod.sent_at or pod.status_since
    if now - sent < timedelta(seconds=settings.SETTLE_SECONDS):
        return
    Pod.objects.filter(pk=pod.pk).update(list_misses=pod.list_misses + 1)
    if pod.list_misses + 1 < MISSES_NEEDED:
        return
    reason = "the create was never answered, and two complete lists do not show the pod"
    if pod.move_to(PodStatus.FAILED, now=now, reason=reason):
        done.never_created.append(pod.name)


def note_orphan(
    listed: CloudPod, *, provider: GpuProvider, now: datetime, done: Comparison
) -> None:
    """Show a pod that nobody here wants, and end it when it is ours and the grace is over.

    A pod that carries the name of an ended row of ours is certainly unwanted: it
    gets no grace. A foreign name is shown and never touched.
    """
    ours = listed.name.startswith(f"kerne-{settings.KERNE_ENV}-")
    orphan, created = Orphan.objects.get_or_create(
        provider=provider.name,
        provider_id=listed.provider_id,
        defaults={
            "name": listed.name,
            "ours": ours,
            "usd_per_pod_hour": listed.usd_per_pod_hour,
            "first_seen_at": now,
            "last_seen_at": now,
        },
    )
    if not created:
        orphan.last_seen_at = now
        orphan.sightings += 1
        orphan.gone_at = None
        orphan.save(update_fields=["last_seen_at", "sightings", "gone_at"])
    done.orphans.append(listed.name)
    if may_end(orphan, now=now):
        end_orphan(orphan, provider=provider, now=now)


def may_end(orphan: Orphan, *, now: datetime) -> bool:
    """Whether an orphan may be terminated by rule at this sighting."""
    if not orphan.ours or not settings.ORPHAN_TERMINATE:
        return False
    if Pod.objects.filter(name=orphan.name).exists():
        return True
    grace = timedelta(seconds=settings.ORPHAN_GRACE_SECONDS)
    return orphan.sightings >= MISSES_NEEDED and now - orphan.first_seen_at >= grace


def end_orphan(orphan: Orphan, *, provider: GpuProvider, now: datetime) -> None:
    """Terminate an orphan; the next lists say whether it is gone, and repeat this."""
    try:
        provider.terminate(orphan.provider_id)
    except ProviderError as error:
        log.warning("orphan %s: terminating goes on, the provider said: %s", orphan, error)
        return
    if orphan.terminate_sent_at is None:
        audit.record(
            "terminate orphan",
            orphan,
            acting_user="rule:orphan",
            now=now,
            usd_per_pod_hour=orphan.usd_per_pod_hour,
            first_seen_at=orphan.first_seen_at,
        )
    orphan.terminate_sent_at = now
    orphan.save(update_fields=["terminate_sent_at"])


def close_orphans(listed_ids: set[str], *, provider: GpuProvider, now: datetime) -> None:
    """Mark orphans that are in no list any more as gone."""
    Orphan.objects.filter(provider=provider.name, gone_at__isnull=True).exclude(
        provider_id__in=listed_ids
    ).update(gone_at=now)
