"""Probing: ask every rented pod at once, store what it said, judge its health."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from fleet.models import Deployment, EngineSample, Health, HealthChange, Pod, PodStatus
from fleet.vllm import health as judging
from fleet.vllm.client import ProbeResult, Target, probe_many
from fleet.vllm.health import HealthFacts, Judgement, Miss, Progress
from fleet.vllm.metrics import EngineCounters

SERVES = (Health.READY, Health.BUSY)


def sweep(*, provider_name: str, clock: Callable[[], datetime]) -> str:
    """Probe every rented pod of a provider and book the answers; a summary."""
    pods = list(
        Pod.objects.rented()
        .filter(provider=provider_name)
        .exclude(base_url="")
        .select_related("deployment__variant__served_model")
    )
    results = ask(pods, clock=clock)
    states = Counter(
        apply(pod, result, now=clock()).value
        for pod, result in zip(pods, results, strict=True)
    )
    words = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{len(pods)} pods" + (f": {words}" if words else "")


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


def apply(pod: Pod, result: ProbeResult, *, now: datetime) -> Health:
    """Book one answer: the sample, the facts, the state that follows from them.

    Writes only the columns that the probe owns; a termination that was asked for
    meanwhile stays.
    """
    with transaction.atomic():
        if result.counters is not None:
            store_sample(pod, result.counters, at=result.at)
        facts = facts_after(pod, result)
        judged = judging.judge(facts, now)
        book_health(pod, judged, now=now)
        Pod.objects.filter(pk=pod.pk).update(**columns_after(pod, result, facts))
    state = Health(judged.health.value)
    if state in SERVES and pod.status == PodStatus.PROVISIONING:
        first_ready(pod, now=now)
    return state


def store_sample(pod: Pod, counters: EngineCounters, *, at: datetime) -> None:
    """Keep a reading; the same instant twice is one reading."""
    started = counters.process_start_time
    EngineSample.objects.bulk_create(
        [
            EngineSample(
                pod=pod,
                at=at,
                process_started_at=(
                    None if started is None else datetime.fromtimestamp(float(started), UTC)
                ),
                prompt_tokens=counters.prompt_tokens,
                cached_prompt_tokens=counters.cached_prompt_tokens,
                completion_tokens=counters.generation_tokens,
                requests_finished=counters.requests_finished,
                iteration_tokens=counters.iteration_tokens,
                requests_running=counters.requests_running,
                requests_waiting=counters.requests_waiting,
                kv_cache_usage=counters.kv_cache_usage,
            )
        ],
        ignore_conflicts=True,
    )


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
        ready_before=pod.ready_at is not None,
        previous=judging.Health(pod.health),
        model_listed=result.model_listed,
        requests_waiting=None if counters is None else counters.requests_waiting,
        progress=progress,
        probe_interval=timedelta(seconds=settings.PROBE_INTERVAL_SECONDS),
    )


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
        }
    return columns


def book_health(pod: Pod, judged: Judgement, *, now: datetime) -> None:
    """Keep the reason fresh, and write a row when the state itself changed."""
    state, reason = Health(judged.health.value), judged.reason[:300]
    columns: dict[str, object] = {"health": state, "health_reason": reason}
    if pod.health_since is None or pod.health != state:
        columns["health_since"] = now
        HealthChange.objects.create(pod=pod, health=state, at=now, reason=reason)
    Pod.objects.filter(pk=pod.pk).update(**columns)


def first_ready(pod: Pod, *, now: datetime) -> None:
    """The first READY: the pod serves, and its deployment's failures are forgotten."""
    if pod.move_to(PodStatus.SERVING, now=now, facts={"ready_at": now}):
        Deployment.objects.filter(pk=pod.deployment_id).update(
            launch_failures=0, not_before=None
        )


def last_scrape(pod: Pod, *, clock: Callable[[], datetime]) -> bool:
    """The scrape before the end; True if it brought counters.

    Tokens served after it are not seen: the bound is the time until the delete.
    """
    pod = Pod.objects.select_related("deployment__variant__served_model").get(pk=pod.pk)
    if not pod.base_url:
        return False
    result = ask([pod], clock=clock)[0]
    if result.counters is None:
        return False
    store_sample(pod, result.counters, at=result.at)
    Pod.objects.filter(pk=pod.pk).update(last_scrape_at=result.at)
    return True
