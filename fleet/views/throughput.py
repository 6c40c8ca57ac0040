"""Tokens per minute of pods, from the first and last engine sample of a short window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from fleet.models import EngineSample, Pod

WINDOW = timedelta(minutes=5)


@dataclass(frozen=True)
class Unknown:
    """A figure without a number: shown as a dash with the reason."""

    reason: str


@dataclass(frozen=True)
class Throughput:
    """What a pod did lately.

    tokens_per_minute  [prompt + completion tokens / min], or why it is not known
    """

    tokens_per_minute: Decimal | Unknown
    requests_running: int | None = None
    requests_waiting: int | None = None
    kv_cache_usage: float | None = None


ENDED_RATE = Throughput(Unknown("the pod has ended"))
SILENT = Throughput(Unknown("no engine sample in the last 5 minutes"))


def throughput(pods: Iterable[Pod], *, now: datetime) -> dict[int, Throughput]:
    """Throughput by pod id in (now - 5 min, now]. Two queries for any number of pods."""
    window = EngineSample.objects.filter(
        pod__in=list(pods), at__gt=now - WINDOW, at__lte=now
    )
    first = {s.pod_id: s for s in window.order_by("pod_id", "at").distinct("pod_id")}
    last = {s.pod_id: s for s in window.order_by("pod_id", "-at").distinct("pod_id")}
    return {pod_id: _between(first[pod_id], sample) for pod_id, sample in last.items()}


def _between(first: EngineSample, last: EngineSample) -> Throughput:
    return Throughput(
        _rate(first, last),
        last.requests_running,
        last.requests_waiting,
        last.kv_cache_usage,
    )


def _rate(first: EngineSample, last: EngineSample) -> Decimal | Unknown:
    seconds = Decimal(str((last.at - first.at).total_seconds()))
    if seconds == 0:
        return Unknown("only one engine sample in the last 5 minutes")
    if last.process_started_at != first.process_started_at:
        return Unknown("the engine was restarted in the last 5 minutes")
    before = first.prompt_tokens + first.completion_tokens
    after = last.prompt_tokens + last.completion_tokens
    if after < before:
        return Unknown("the engine's counters started again in the last 5 minutes")
    return (after - before) * 60 / seconds
