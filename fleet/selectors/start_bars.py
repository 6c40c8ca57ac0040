"""The last starts of a deployment as bars of a chart, and the median of earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from django.urls import reverse

from fleet.charts.start_up import StagePart, StartBar
from fleet.models import Deployment, Pod
from fleet.selectors.start_up import past_starts, wait_seconds
from fleet.selectors.starts import (
    NAMES,
    READY,
    Part,
    Starts,
    parts_of,
    starts_of,
    typical_seconds,
)

BARS = 5
STAGES = NAMES[:READY]
NO_START_TELLS = "no start tells"


@dataclass(frozen=True, slots=True)
class LastStarts:
    """What is drawn: `pods` are those of the bars, `compared` what the median is of."""

    pods: tuple[Pod, ...]
    bars: tuple[StartBar, ...]
    median: StartBar | None
    compared: str


def last_starts(deployment: Deployment, *, now: datetime) -> LastStarts:
    """The newest starts, ready or not, newest first. At most five queries.

    The median is of starts like the newest one (the same weights on the same GPUs) that
    were asked for before it and became ready; those of other deployments where this one
    had none.
    """
    pods = list(deployment.pods.order_by("-requested_at", "-pk")[:BARS])
    if not pods:
        return LastStarts((), (), None, "")
    newest = pods[0]
    past = past_starts(
        deployment.variant,
        gpu_type_id=newest.gpu_type_id,
        gpu_count=newest.gpu_count,
        simulated=deployment.fleet.simulated,
        own=deployment.pk,
        but=newest,
        before=newest.requested_at,
    )
    known = starts_of([*pods, *past])
    labels = labels_of(pods)
    return LastStarts(
        pods=tuple(pods),
        bars=tuple(bar_of(pod, known[pod.pk], labels[pod.pk], now=now) for pod in pods),
        median=median_of(past, known),
        compared=compared_with(past, deployment),
    )


def labels_of(pods: Sequence[Pod]) -> dict[int, str]:
    """When each was asked for, in UTC; with a number where two read alike."""
    labels: dict[int, str] = {}
    for pod in reversed(pods):
        text = f"{pod.requested_at.astimezone(UTC):%m-%d %H:%M}"
        alike = sum(each.startswith(text) for each in labels.values())
        labels[pod.pk] = f"{text} ({alike + 1})" if alike else text
    return labels


def bar_of(pod: Pod, starts: Starts, label: str, *, now: datetime) -> StartBar:
    """One start: its stages as far as they are known at `now`."""
    parts = parts_of(pod, starts, now=now)[:READY]
    whole = wait_seconds(pod)
    outcome = "ended here" if pod.is_ended else "so far"
    return StartBar(
        label=label,
        pod=pod.name,
        gpus=f"{pod.gpu_count}× {pod.gpu_type_id}",
        parts=tuple(stage_of(n, parts) for n in range(READY)),
        total=sum(part.seconds or 0.0 for part in parts) if whole is None else whole,
        outcome=outcome if whole is None else "ready",
        address=reverse("fleet:pod", args=[pod.pk]),
    )


def stage_of(n: int, parts: Sequence[Part]) -> StagePart:
    """A stage for the chart; a word where it has no length."""
    part = parts[n]
    within = next((each.name for each in parts if part.name in each.joined), "")
    missing = f"with {within}" if within else "not known" if part.unknown else "not reached"
    return StagePart(
        part.name,
        part.seconds,
        joined=part.joined,
        missing="" if part.seconds is not None else missing,
    )


def median_of(past: Sequence[Pod], known: dict[int, Starts]) -> StartBar | None:
    """The median of each stage and that of the whole, which is not their sum."""
    waits = [seconds for seconds in map(wait_seconds, past) if seconds is not None]
    if not waits:
        return None
    usual = typical_seconds([known[pod.pk] for pod in past])
    return StartBar(
        label=f"median of {len(waits)}",
        pod="",
        gpus=f"{past[0].gpu_count}× {past[0].gpu_type_id}",
        parts=tuple(
            StagePart(
                name, usual[n], missing="" if usual[n] is not None else NO_START_TELLS
            )
            for n, name in enumerate(STAGES)
        ),
        total=median(waits),
        outcome="median",
    )


def compared_with(past: Sequence[Pod], deployment: Deployment) -> str:
    """What the median is of, in words."""
    count = len(past)
    starts = "1 start" if count == 1 else f"{count} starts"
    if past and past[0].deployment_id != deployment.pk:
        return f"{starts} alike of other deployments"
    return "the start before it" if count == 1 else f"the {starts} before it"
