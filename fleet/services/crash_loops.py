"""Crash loops: replicas that become ready and die again, each at a cold start's price."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.conf import settings

from fleet.models import (
    AuditEntry,
    Deployment,
    EngineSample,
    JobResult,
    JobRun,
    Pod,
    PodStatus,
)
from fleet.services import audit

WINDOW = timedelta(minutes=15)
PROBE_JOB = "probe"
CONSOLE_START = "console_start"
STARTS = 3  # engine starts of one pod within the window
LOST_WINDOW = timedelta(hours=1)
LOST = 3  # replicas that had been ready, ended for their health
LOST_RULES = ("rule:broken", "rule:hung", "rule:dead")


def looping(provider: str, *, now: datetime) -> list[tuple[Pod, int]]:
    """Pods whose engine started three times or more in 15 minutes, with how often.

    Restarts that we ordered are not the engine's fault and do not count; nor do starts
    while nobody looked: what ended the console may have ended the engine beside it.
    """
    since = now - WINDOW
    young = Pod.objects.filter(
        provider=provider, status=PodStatus.SERVING, engine_started_at__gt=since
    ).select_related("deployment")
    pods = {pod.pk: pod for pod in young}
    starts: defaultdict[int, list[datetime]] = defaultdict(list)
    for pk, start in (
        EngineSample.objects.filter(
            pod__in=pods, at__gt=since, process_started_at__gt=since
        )
        .order_by()
        .values_list("pod", "process_started_at")
        .distinct()
    ):
        if start is not None:
            starts[pk].append(start)
    many = {pk: found for pk, found in starts.items() if len(found) >= STARTS}
    shut = gaps_of_looking(since) if many else []
    found = []
    for pk, begun in sorted(many.items()):
        pod = pods[pk]
        ordered = pod.restarts if pod.restarted_at and pod.restarted_at > since else 0
        seen = sum(not any(a < start < b for a, b in shut) for start in begun)
        if seen - ordered >= STARTS:
            found.append((pod, seen - ordered))
    return found


def gaps_of_looking(since: datetime) -> list[tuple[datetime, datetime]]:
    """Times after `since` in which no pod was looked at: (the sweep before, the one
    after), where they began more than two intervals apart, or the console began anew
    between them. It is back in less than two intervals, the engines of its sandbox too.
    """
    apart = timedelta(seconds=2 * settings.PROBE_INTERVAL_SECONDS)
    runs = JobRun.objects.filter(
        name__in=(PROBE_JOB, CONSOLE_START), started_at__gt=since - WINDOW
    )
    begun = list(runs.order_by("started_at").values_list("name", "started_at"))
    looks = [at for name, at in begun if name == PROBE_JOB]
    starts = [at for name, at in begun if name == CONSOLE_START]
    return [
        (a, b)
        for a, b in pairwise(looks)
        if b - a > apart or any(a < start < b for start in starts)
    ]


def note_console_start(now: datetime) -> None:
    """Keep when the console and all that it runs began, as a run without a job."""
    JobRun.objects.create(
        name=CONSOLE_START,
        started_at=now,
        ended_at=now,
        result=JobResult.OK,
        summary="the console and what it runs began",
    )


def note_lost_replica(pod: Pod, *, reason: str, now: datetime) -> bool:
    """Count a replica that had been ready and was ended; True if it is one too many.

    Three within an hour (or as many as are wanted, where that is more) stop further
    launches: the next would most likely die too.
    """
    deployment = pod.deployment
    lost = lost_lately(deployment, now=now)
    if lost < max(LOST, deployment.replicas):
        return False
    return stop_launches(
        deployment,
        f"{lost} replicas became ready and died within an hour; the last one: {reason}",
        now=now,
        lost=lost,
    )


def lost_lately(deployment: Deployment, *, now: datetime) -> int:
    """Replicas that had been ready and were ended for their health in the last hour."""
    since = now - LOST_WINDOW
    names = deployment.pods.filter(
        terminate_requested_at__gt=since, ready_at__isnull=False
    ).values("name")
    deeds = AuditEntry.objects.filter(
        target__in=names, verb="terminate", acting_user__in=LOST_RULES, at__gt=since
    )
    return deeds.values("target").distinct().count()


def stop_launches(
    deployment: Deployment, reason: str, *, now: datetime, **figures: Any
) -> bool:
    """Launch no further replica until a person starts it; True if this call said so."""
    stopped = Deployment.objects.filter(
        pk=deployment.pk, launches_stopped_at__isnull=True
    ).update(launches_stopped_at=now, launches_stopped_reason=reason[:500])
    if stopped:
        audit.record(
            "stop relaunching",
            deployment,
            acting_user="rule:crash_loop",
            now=now,
            reason=reason,
            **figures,
        )
    return bool(stopped)
