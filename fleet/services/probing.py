"""Probing: ask every rented pod at once, store what it said, judge its health."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from fleet.models import (
    RENTED,
    Deployment,
    EngineSample,
    Health,
    HealthChange,
    LatencySample,
    Pod,
    PodStatus,
)
from fleet.selectors.health import blind_after
from fleet.selectors.latency import pack
from fleet.services import fault_points
from fleet.services.isolation import FAULTS, apart
from fleet.services.jobs import JobFailed
from fleet.vllm import health as judging
from fleet.vllm.client import ProbeResult, Target, probe_many
from fleet.vllm.health import HealthFacts, Judgement, Miss, Progress
from fleet.vllm.metrics import EngineCounters

log = logging.getLogger(__name__)

SERVES = (Health.READY, Health.BUSY)
# One round of questions. A pod that hangs takes its whole timeout, so that even 300 of
# them, 100 at a time, are booked before the task's soft limit of 90 s.
PODS_PER_ROUND = 300
NO_ROUND_AFTER_SECONDS = 30
LATENCY_EVERY = timedelta(seconds=55)  # a minute, less what a sweep may be early
RESTART_TAKES_HOLD = timedelta(seconds=30)
LARGEST_COUNT = 2**31 - 1  # what a gauge's column holds
LARGEST_COUNTER = 2**63 - 1
LATEST_START = 32_503_680_000  # the year 3000


class Ask(Protocol):
    """How pods are asked: one probe of each, in their order."""

    def __call__(
        self, pods: Sequence[Pod], *, clock: Callable[[], datetime]
    ) -> list[ProbeResult]: ...


def ask(pods: Sequence[Pod], *, clock: Callable[[], datetime]) -> list[ProbeResult]:
    """One probe of each pod, all at once; blocks for at most the probe timeout."""
    targets = [target_of(pod) for pod in pods]
    return asyncio.run(
        probe_many(targets, timeout=settings.PROBE_TIMEOUT_SECONDS, clock=clock)
    )


def target_of(pod: Pod) -> Target:
    return Target(
        key=str(pod.pk),
        base_url=pod.base_url,
        api_key=pod.api_key,
        model=pod.deployment.variant.served_model.slug,
        ask_version=not pod.engine_version,
    )


def sweep(
    *, provider_names: Sequence[str], clock: Callable[[], datetime], ask: Ask = ask
) -> str:
    """Probe every pod that may serve, and book the answers round by round; a summary.

    Pods that answered last time are asked first: one that hangs delays the others of
    its round by its timeout. Those that are left when time is up come first next time.
    Raises JobFailed, after all the others are booked, when an answer could not be.
    """
    began = clock()
    troubles: list[str] = []
    pods = sorted(to_probe(provider_names), key=asking_order)
    states: Counter[str] = Counter()
    for start in range(0, len(pods), PODS_PER_ROUND):
        if clock() - began > timedelta(seconds=NO_ROUND_AFTER_SECONDS):
            troubles.append(f"{len(pods) - start} pods not asked in time")
            break
        asked = pods[start : start + PODS_PER_ROUND]
        answers = list(zip(asked, ask(asked, clock=clock), strict=True))
        states.update(book(answers, now=clock(), troubles=troubles))
    words = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    summary = f"{len(pods)} pods" + (f": {words}" if words else "")
    if troubles:
        raise JobFailed(f"{', '.join(troubles)}; {summary}")
    return summary


def to_probe(provider_names: Sequence[str]) -> QuerySet[Pod]:
    """Rented pods, and those that are told to stop and not deleted yet.

    The latter still serve: their tokens are paid for, and the drain ends when their
    last request does.
    """
    draining = Q(status=PodStatus.TERMINATING, terminate_sent_at__isnull=True)
    return (
        Pod.objects.filter(Q(status__in=RENTED) | draining, provider__in=provider_names)
        .exclude(base_url="")
        .select_related("deployment__variant__served_model")
    )


def asking_order(pod: Pod) -> tuple[bool, float]:
    """Pods that missed their last probe last; among equals the longest unseen first."""
    return pod.probe_misses > 0, pod.probed_at.timestamp() if pod.probed_at else 0.0


def apply(pod: Pod, result: ProbeResult, *, now: datetime) -> Health:
    """Book one answer: the sample, the facts, the state that follows from them."""
    return apply_all([(pod, result)], now=now)[0]


def book(
    answers: Sequence[tuple[Pod, ProbeResult]], *, now: datetime, troubles: list[str]
) -> list[str]:
    """Book a round of answers; the states. One that can not be booked stops no other."""
    try:
        return [state.value for state in apply_all(answers, now=now)]
    except FAULTS as fault:
        log.warning("a round of answers is booked one by one: %s", type(fault).__name__)
    booked = (
        apart(str(pod), partial(apply, pod, result, now=now), troubles)
        for pod, result in answers
    )
    return [state.value for state in booked if state is not None]


def apply_all(answers: Sequence[tuple[Pod, ProbeResult]], *, now: datetime) -> list[Health]:
    """Book answers in one transaction, one UPDATE a pod; their states, in the same order.

    Writes only the columns that the probe owns; a termination that was asked for
    meanwhile stays.
    """
    samples: list[EngineSample] = []
    latencies: list[LatencySample] = []
    changes: list[HealthChange] = []
    states = []
    columns: dict[int, dict[str, object]] = {}
    for pod, raw in answers:
        result = storable(raw)
        if result.counters is not None:
            samples.append(sample_of(pod, result.counters, at=result.at))
            latencies += latency_sample(pod, result.counters, at=result.at)
        facts = facts_after(pod, result)
        judged = judging.judge(facts, now)
        changes += health_changes(pod, judged, now=now)
        columns[pod.pk] = columns_after(pod, result, facts) | health_columns(
            pod, judged, now=now
        )
        states.append(Health(judged.health.value))
    with transaction.atomic():
        # In the order of their keys, as everybody locks pods: no deadlock.
        for pk in sorted(columns):
            Pod.objects.filter(pk=pk).update(**columns[pk])
        keep_samples(samples)
        LatencySample.objects.bulk_create(latencies, ignore_conflicts=True)
        HealthChange.objects.bulk_create(changes)
    for (pod, _), state in zip(answers, states, strict=True):
        if state in SERVES and pod.status == PodStatus.PROVISIONING:
            first_ready(pod, now=now)
    return states


def storable(result: ProbeResult) -> ProbeResult:
    """`result`, without counters that no column can hold: a pod may answer anything."""
    read = result.counters
    if read is None:
        return result
    counts = (read.requests_running, read.requests_waiting, read.requests_pending)
    totals = (
        *(read.prompt_tokens, read.cached_prompt_tokens, read.generation_tokens),
        *(read.requests_finished, *(read.finishes or ()), read.iteration_tokens),
    )
    if (
        max(counts) <= LARGEST_COUNT
        and max(total or 0 for total in totals) <= LARGEST_COUNTER
        and 0 <= (read.process_start_time or 0) <= LATEST_START
    ):
        return result
    wrong = "/metrics has numbers that no engine reaches"
    return replace(result, counters=None, metrics_error=wrong)


def sample_of(pod: Pod, counters: EngineCounters, *, at: datetime) -> EngineSample:
    """The row of a reading."""
    finishes = counters.finishes._asdict() if counters.finishes else {}
    return EngineSample(
        pod=pod,
        at=at,
        process_started_at=started_at(counters),
        prompt_tokens=counters.prompt_tokens,
        cached_prompt_tokens=counters.cached_prompt_tokens,
        completion_tokens=counters.generation_tokens,
        requests_finished=counters.requests_finished,
        **{f"requests_{reason}": count for reason, count in finishes.items()},
        iteration_tokens=counters.iteration_tokens,
        requests_running=counters.requests_running,
        requests_waiting=counters.requests_waiting,
        kv_cache_usage=counters.kv_cache_usage,
    )


def latency_sample(
    pod: Pod, counters: EngineCounters, *, at: datetime
) -> list[LatencySample]:
    """The row of the histograms, once a minute; none in between."""
    if not counters.latencies or not is_latency_due(pod, at=at):
        return []
    return [
        LatencySample(
            pod=pod,
            at=at,
            process_started_at=started_at(counters),
            histograms=pack(counters.latencies),
            prompt_tokens=counters.prompt_tokens,
            completion_tokens=counters.generation_tokens,
        )
    ]


def is_latency_due(pod: Pod, *, at: datetime) -> bool:
    return pod.latency_at is None or at - pod.latency_at >= LATENCY_EVERY


def keep_samples(samples: Sequence[EngineSample]) -> None:
    """Store readings; the same instant twice is one reading."""
    EngineSample.objects.bulk_create(samples, ignore_conflicts=True)


def facts_after(pod: Pod, result: ProbeResult) -> HealthFacts:
    """What is known of a pod once this answer is counted."""
    counters = result.counters
    progress = progress_before(pod)
    if counters is not None:
        progress = judging.advance(
            progress,
            at=result.at,
            iteration_tokens=counters.iteration_tokens,
            pending=counters.requests_pending,
        )
    return HealthFacts(
        probed_at=result.at,
        misses=misses_after(pod, result),
        miss=result.miss,
        status=result.health_status,
        answered_at=result.at if result.is_hit else pod.answered_at,
        ready_before=pod.ready_at is not None and not is_restarting(pod, result),
        previous=judging.Health(pod.health),
        model_listed=result.model_listed,
        requests_waiting=None if counters is None else counters.requests_waiting,
        progress=progress,
        probe_interval=timedelta(seconds=settings.PROBE_INTERVAL_SECONDS),
    )


def is_restarting(pod: Pod, result: ProbeResult) -> bool:
    """Whether the engine of a pod that was told to restart has not come back yet.

    Told by another start of its process; where it does not say when it started, by an
    answer that came after the restart took hold.
    """
    if pod.restarted_at is None:
        return False
    started = started_at(result.counters) or pod.engine_started_at
    if started is not None:
        return started == pod.engine_before_restart
    answered = result.at if result.is_hit else pod.answered_at
    return answered is None or answered - pod.restarted_at < RESTART_TAKES_HOLD


def started_at(counters: EngineCounters | None) -> datetime | None:
    """When the engine's process started, by its own word."""
    if counters is None or counters.process_start_time is None:
        return None
    return datetime.fromtimestamp(float(counters.process_start_time), UTC)


def misses_after(pod: Pod, result: ProbeResult) -> int:
    """Misses in a row; a probe that our own eyes failed counts for nothing."""
    if result.is_hit:
        return 0
    return pod.probe_misses + (result.miss is not Miss.BLIND)


def progress_before(pod: Pod) -> Progress | None:
    """The engine's progress as of the newest sample; None before the first."""
    if pod.sampled_at is None or pod.progress_at is None:
        return None
    return Progress(
        pod.iteration_tokens, pod.pending_requests, pod.sampled_at, pod.progress_at
    )


def columns_after(pod: Pod, result: ProbeResult, facts: HealthFacts) -> dict[str, object]:
    """The columns that the probe owns, after this answer."""
    columns: dict[str, object] = {
        "probed_at": facts.probed_at,
        "answered_at": facts.answered_at,
        "probe_misses": facts.misses,
        "metrics_error": result.metrics_error[:300] if result.is_hit else "",
        "engine_version": result.version or pod.engine_version,
    }
    if result.counters is not None and facts.progress is not None:
        columns |= {
            "iteration_tokens": facts.progress.iteration_tokens,
            "pending_requests": facts.progress.pending,
            "sampled_at": facts.progress.sampled_at,
            "progress_at": facts.progress.progress_at,
            "engine_started_at": started_at(result.counters) or pod.engine_started_at,
        }
        if is_latency_due(pod, at=result.at):
            columns["latency_at"] = result.at
    return columns


def health_columns(pod: Pod, judged: Judgement, *, now: datetime) -> dict[str, object]:
    """The state and its fresh reason; `health_since` only where the state changed."""
    state = Health(judged.health.value)
    columns: dict[str, object] = {"health": state, "health_reason": judged.reason[:300]}
    if is_change(pod, state) or was_blind(pod, now=now):
        columns["health_since"] = now
    return columns


def health_changes(pod: Pod, judged: Judgement, *, now: datetime) -> list[HealthChange]:
    """The rows of the strip that an answer adds: a change, and the gap before it.

    While nobody looked the state is unknown, also in hindsight.
    """
    state, reason = Health(judged.health.value), judged.reason[:300]
    change = HealthChange(pod=pod, health=state, at=now, reason=reason)
    if was_blind(pod, now=now):
        assert pod.probed_at is not None
        shut = pod.probed_at + blind_after()
        gap = HealthChange(
            pod=pod, health=Health.UNKNOWN, at=shut, reason="nobody looked until now"
        )
        return [gap, change]
    return [change] if is_change(pod, state) else []


def is_change(pod: Pod, state: Health) -> bool:
    return pod.health_since is None or pod.health != state


def was_blind(pod: Pod, *, now: datetime) -> bool:
    """Whether the probe before this one is so old that nobody knows what was between."""
    return pod.probed_at is not None and now - pod.probed_at > blind_after()


def first_ready(pod: Pod, *, now: datetime) -> None:
    """The first READY: the pod serves, and its deployment's failures are forgotten."""
    if pod.move_to(PodStatus.SERVING, now=now, facts={"ready_at": now}):
        Deployment.objects.filter(pk=pod.deployment_id).update(
            launch_failures=0, not_before=None
        )


def last_scrape(
    pods: Sequence[Pod], *, clock: Callable[[], datetime], ask: Ask = ask
) -> int:
    """The scrape before the end, of all at once; how many brought counters.

    Tokens served after it are not seen: the bound is the time until the delete.
    """
    known = list(
        Pod.objects.filter(pk__in=[pod.pk for pod in pods])
        .exclude(base_url="")
        .select_related("deployment__variant__served_model")
        .order_by("pk")
    )
    answers = ask(known, clock=clock)
    fault_points.reach("scraped")
    read = 0
    for pod, raw in zip(known, answers, strict=True):
        result = storable(raw)
        if result.counters is None:
            continue
        with transaction.atomic():
            keep_samples([sample_of(pod, result.counters, at=result.at)])
            Pod.objects.filter(pk=pod.pk).update(last_scrape_at=result.at)
        read += 1
    return read
