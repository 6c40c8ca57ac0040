"""One pod in full: stages, events, strip, samples."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.models import AuditEntry, Pod, PodStatus
from fleet.selectors.health import HealthSpan, health_spans
from fleet.selectors.live import PodView, pod_view
from fleet.services.provisioning import pod_request
from fleet.vllm.command import redacted

EVENTS_SHOWN = 200
STRIP_HOURS = 24


@dataclass(frozen=True, slots=True)
class Stage:
    """One step from order to serving. `seconds` is None while it has not begun."""

    name: str
    seconds: float | None
    is_done: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the pod; `kind` is transition, health or audit."""

    at: datetime
    kind: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class PodDetail:
    view: PodView
    stages: tuple[Stage, ...]
    events: tuple[Event, ...]
    spans: tuple[HealthSpan, ...]
    launch_command: str


def pod_detail(pod: Pod, *, now: datetime) -> PodDetail:
    """Everything the pod page shows of the fleet's side."""
    start = now - timedelta(hours=STRIP_HOURS)
    return PodDetail(
        view=pod_view(pod, now=now),
        stages=stages(pod, now=now),
        events=events(pod),
        spans=tuple(health_spans(pod, start=start, end=now)),
        launch_command=launch_command(pod),
    )


def launch_command(pod: Pod) -> str:
    """The vLLM arguments of the pod, secrets masked."""
    return " ".join(redacted(shlex.split(pod_request(pod).args)))


def stages(pod: Pod, *, now: datetime) -> tuple[Stage, ...]:
    """Order → rent → start and load → ready, each with its seconds so far."""
    ended = (
        pod.status_since if pod.is_ended or pod.status == PodStatus.TERMINATING else None
    )
    marks = [
        ("ordered", pod.requested_at, pod.sent_at),
        ("renting", pod.sent_at, pod.billed_from),
        ("starting and loading", pod.billed_from, pod.ready_at),
    ]
    steps = []
    for name, begin, end in marks:
        until = end or ended or now
        seconds = None if begin is None else max((until - begin).total_seconds(), 0.0)
        current = begin is not None and end is None and ended is None
        steps.append(Stage(name, seconds, is_done=end is not None, is_current=current))
    ready_seconds = (
        None if pod.ready_at is None else ((ended or now) - pod.ready_at).total_seconds()
    )
    steps.append(
        Stage(
            "ready",
            ready_seconds,
            is_done=pod.ready_at is not None,
            is_current=pod.status == PodStatus.SERVING,
        )
    )
    return tuple(steps)


def events(pod: Pod) -> tuple[Event, ...]:
    """Transitions, health changes and audit rows of a pod, newest first."""
    found = [
        Event(row.at, "transition", f"{row.old} → {row.new}", row.reason)
        for row in pod.transitions.order_by("-at", "-pk")[:EVENTS_SHOWN]
    ]
    found += [
        Event(row.at, "health", row.get_health_display(), row.reason)
        for row in pod.health_changes.order_by("-at", "-pk")[:EVENTS_SHOWN]
    ]
    found += [
        Event(row.at, "audit", f"{row.verb} by {row.acting_user}", "")
        for row in AuditEntry.objects.filter(target=pod.name)[:EVENTS_SHOWN]
    ]
    return tuple(sorted(found, key=lambda event: event.at, reverse=True)[:EVENTS_SHOWN])
