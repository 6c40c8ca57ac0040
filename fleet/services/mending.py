"""Mending: what is done about a replica that had been ready and hangs or is dead.

Restart it, at most twice in a row; then replace it: the pod ends and its deployment
launches another after a back-off. A busy replica is never touched, nor is any while
nobody looked, while many fell at once with the canary, or beyond the limit per time.
Every step is an audit row with the numbers that led to it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from fleet.models import Health, Pod, PodStatus
from fleet.providers.base import GpuProvider, ProviderError, ProviderRefused
from fleet.selectors.health import blind_after
from fleet.selectors.spent import cold_start_usd, usd_between
from fleet.selectors.start_up import cold_start_seconds
from fleet.services import audit, crash_loops, diagnosis, replicas, termination
from fleet.services.isolation import apart
from fleet.services.mending_limits import FELL, Canary, hold, room

log = logging.getLogger(__name__)

MOST_RESTARTS = 2
IN_A_ROW = timedelta(hours=1)  # an older restart is another story
LEAST_PATIENCE = timedelta(minutes=2)  # for a restarted engine, however fast it once was
RUNNING = "RUNNING"  # the only state in which the provider restarts


def mend(
    *, provider: GpuProvider, canary: Canary, now: datetime, troubles: list[str]
) -> list[str]:
    """One step for each pod that is due; what was done, in words.

    `canary` is asked only when many fell at once. What breaks for one pod is added to
    `troubles` and stops no other.
    """
    if not may_need_help(provider.name, now=now):
        return []
    loops = crash_loops.looping(provider.name, now=now)
    due = unwell(provider.name, now=now)
    if not loops and not due:
        return []
    if held := hold(provider.name, canary=canary, now=now):
        return [held]
    done = [
        apart(
            str(pod), partial(end_loop, pod, starts, provider=provider, now=now), troubles
        )
        for pod, starts in loops
    ]
    looped = {pod.pk for pod, _ in loops}
    done += [
        apart(str(pod), partial(step, pod, provider=provider, now=now), troubles)
        for pod in due
        if pod.pk not in looped
    ]
    return [words for words in done if words]


def may_need_help(provider: str, *, now: datetime) -> bool:
    """Whether any pod is worth a closer look: one query on a quiet day."""
    return Pod.objects.filter(
        Q(health__in=FELL)
        | Q(health=Health.LOADING)
        | Q(engine_started_at__gt=now - crash_loops.WINDOW),
        provider=provider,
        status=PodStatus.SERVING,
    ).exists()


def unwell(provider: str, *, now: datetime) -> list[Pod]:
    """Pods to act on: seen just now, HUNG or DEAD for long enough, the longest first.

    One that was restarted has the time that its start takes; one that does not come
    back from it by then is due again, in whatever state. BUSY is never here.
    """
    long_enough = now - timedelta(seconds=settings.MEND_AFTER_SECONDS)
    rows = (
        Pod.objects.filter(
            Q(health__in=FELL) | Q(health=Health.LOADING, restarts__gt=0),
            health_since__lte=long_enough,
            provider=provider,
            status=PodStatus.SERVING,
            provider_status=RUNNING,
            probed_at__gte=now - blind_after(),
        )
        .select_related("deployment")
        .order_by("health_since", "pk")
    )
    return [
        pod
        for pod in rows
        if pod.restarted_at is None or now - pod.restarted_at >= patience(pod)
    ]


def patience(pod: Pod) -> timedelta:
    """How long a restarted engine may take: twice its first start, within limits."""
    first = cold_start_seconds(pod)
    most = timedelta(seconds=settings.PROVISIONING_DEADLINE_SECONDS)
    return min(max(timedelta(seconds=2 * (first or 0)), LEAST_PATIENCE), most)


def restarts_in_a_row(pod: Pod, *, now: datetime) -> int:
    """Restarts by rule that still count; after an hour a new row begins."""
    if pod.restarted_at is None or now - pod.restarted_at > IN_A_ROW:
        return 0
    return pod.restarts


def step(pod: Pod, *, provider: GpuProvider, now: datetime) -> str:
    """Restart a pod, or replace it after two restarts; what was done, or why not."""
    if restarts_in_a_row(pod, now=now) < MOST_RESTARTS:
        if not room("restart", provider=provider.name, now=now):
            return f"{pod.name} waits: enough restarts by rule within 10 minutes"
        return restart(pod, provider=provider, now=now)
    if not room("terminate", provider=provider.name, now=now):
        return f"{pod.name} waits: enough pods ended by rule within 10 minutes"
    return replace(pod, provider=provider, now=now)


def rule_of(pod: Pod) -> str:
    return "rule:hung" if pod.health == Health.HUNG else "rule:dead"


def figures_of(pod: Pod, *, now: datetime) -> dict[str, Any]:
    """What was seen, and what it has cost."""
    since = pod.health_since or now
    return {
        "health": pod.health,
        "reason": pod.health_reason,
        "seconds": int((now - since).total_seconds()),
        "pending_requests": pod.pending_requests,
        "usd_per_pod_hour": pod.price,
        "usd_meanwhile": usd_between(pod, since, now),
    }


def restart(pod: Pod, *, provider: GpuProvider, now: datetime) -> str:
    """Order a restart: the row first, then the call, so that a crash restarts once.

    No answer is taken for a restart: the next samples tell. A refusal gives the time
    back but not the attempt, so that a pod that cannot be restarted is replaced.
    """
    count = restarts_in_a_row(pod, now=now) + 1
    with transaction.atomic():
        mine = Pod.objects.filter(
            pk=pod.pk,
            status=PodStatus.SERVING,
            health=pod.health,
            restarts=pod.restarts,
        ).update(
            restarts=count,
            restarted_at=now,
            engine_before_restart=F("engine_started_at"),
        )
        if not mine:
            return ""
        audit.record(
            "restart",
            pod,
            acting_user=rule_of(pod),
            now=now,
            attempt=f"{count} of {MOST_RESTARTS}",
            **figures_of(pod, now=now),
        )
    try:
        provider.restart(pod.provider_id)
    except ProviderRefused as refusal:
        Pod.objects.filter(pk=pod.pk, restarts=count).update(
            restarted_at=now - patience(pod)
        )
        return f"{pod.name}: the restart was refused: {refusal}"
    except ProviderError as silence:
        log.warning("%s: the restart was not answered: %s", pod, silence)
    return f"{pod.name} restarted, {count} of {MOST_RESTARTS}: {pod.health_reason}"


def replace(pod: Pod, *, provider: GpuProvider, now: datetime) -> str:
    """End a pod that two restarts did not mend; its deployment launches another."""
    found = diagnosis.diagnose(pod, provider=provider, now=now)
    why = diagnosis.sentence(found)
    reason = f"{pod.health} after {pod.restarts} restarts: {pod.health_reason} {why}"
    if not end(pod, rule=rule_of(pod), reason=reason, now=now):
        return ""
    if not crash_loops.note_lost_replica(pod, reason=why, now=now):
        wait = replicas.back_off(crash_loops.lost_lately(pod.deployment, now=now))
        replicas.hold_off(pod, now=now, seconds=int(wait.total_seconds()))
    return f"{pod.name} replaced: {reason}"


def end_loop(pod: Pod, starts: int, *, provider: GpuProvider, now: datetime) -> str:
    """End a pod in a crash loop, and launch no other until a person says so."""
    if not room("terminate", provider=provider.name, now=now):
        return f"{pod.name} waits: enough pods ended by rule within 10 minutes"
    found = diagnosis.diagnose(pod, provider=provider, now=now)
    minutes = int(crash_loops.WINDOW.total_seconds() // 60)
    reason = (
        f"crash loop: {starts} starts of the engine in {minutes} minutes. "
        f"{diagnosis.sentence(found)}"
    )
    if not end(pod, rule="rule:crash_loop", reason=reason, now=now, starts=starts):
        return ""
    crash_loops.stop_launches(pod.deployment, reason, now=now, starts=starts)
    return f"{pod.name} ended: {reason}"


def end(pod: Pod, *, rule: str, reason: str, now: datetime, **figures: Any) -> bool:
    """Tell the pod to stop, with what it was and what it cost in the audit row."""
    numbers = figures_of(pod, now=now) | figures
    if pod.billed_from is not None:
        numbers["usd_of_its_life"] = usd_between(pod, pod.billed_from, now)
        numbers["usd_of_its_cold_start"] = cold_start_usd(pod)
    del numbers["reason"], numbers["usd_per_pod_hour"]  # the verb's own
    return termination.request_termination(
        pod, acting_user=rule, reason=reason, now=now, figures=numbers
    )
