"""Tokens per minute of pods, from the first and last engine sample of a short window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from fleet.models import EngineSample, Pod
from fleet.templatetags.numbers import duration_words

WINDOW = timedelta(minutes=5)
# In intervals of the probe, and the patience of one: older than that is told to be old, and
# after that is no figure of now.
OLD_AFTER, HIDDEN_AFTER = 2, 10


@dataclass(frozen=True)
class Unknown:
    """A figure without a number: shown as a dash with the reason."""

    reason: str


@dataclass(frozen=True)
class Throughput:
    """What a pod did lately.

    tokens_per_minute  [prompt + completion tokens / min], or why it is not known
    sampled_at         of the newest sample; None without one
    is_old             two readings were missed: the figures are of `sampled_at`, not of now
    """

    tokens_per_minute: Decimal | Unknown
    requests_running: int | None = None
    requests_waiting: int | None = None
    kv_cache_usage: float | None = None
    sampled_at: datetime | None = None
    is_old: bool = False


ENDED_RATE = Throughput(Unknown("the pod has ended"))
SILENT = Throughput(Unknown("no engine sample in the last 5 minutes"))


def throughput(pods: Iterable[Pod], *, now: datetime) -> dict[int, Throughput]:
    """Throughput by pod id in (now - 5 min, now]. Two queries for any number of pods."""
    window = EngineSample.objects.filter(
        pod__in=list(pods), at__gt=now - WINDOW, at__lte=now
    )
    first = {s.pod_id: s for s in window.order_by("pod_id", "at").distinct("pod_id")}
    last = {s.pod_id: s for s in window.order_by("pod_id", "-at").distinct("pod_id")}
    return {
        pod_id: _between(first[pod_id], sample, now=now) for pod_id, sample in last.items()
    }


def longest_age(intervals: int) -> timedelta:
    """The age of a sample when so many probes, the last a slow one, have missed it."""
    seconds = intervals * settings.PROBE_INTERVAL_SECONDS + settings.PROBE_TIMEOUT_SECONDS
    return timedelta(seconds=seconds)


def _between(first: EngineSample, last: EngineSample, *, now: datetime) -> Throughput:
    age = now - last.at
    if age > longest_age(HIDDEN_AFTER):
        words = f"the newest engine sample is {duration_words(age.total_seconds())} old"
        return Throughput(Unknown(words), sampled_at=last.at)
    return Throughput(
        _rate(first, last),
        last.requests_running,
        last.requests_waiting,
        last.kv_cache_usage,
        last.at,
        age > longest_age(OLD_AFTER),
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
