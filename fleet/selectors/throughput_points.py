"""The measured points that answers stand on: our own pods' and the published ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import fmean

from fleet.models import EngineSample, Pod, ThroughputMeasurement
from fleet.throughput.estimator import installed_points
from fleet.throughput.points import MeasuredPoint

# A pod is saturated while requests wait in its queue: it takes as many as it can, so its
# rate is its capacity and not its demand. A window is a piece of such a time.
WINDOW = timedelta(minutes=10)
SHORTEST_WINDOW = timedelta(minutes=5)
LONGEST_GAP = timedelta(seconds=45)  # between two samples; longer, and nobody looked
FEWEST_REQUESTS = 20  # finished in a window; fewer tell no mean length
LOOK_BACK = timedelta(days=14)
MOST_SAMPLES = 200_000  # read at once; the newest days of a large fleet


def own_points(*, now: datetime, look_back: timedelta = LOOK_BACK) -> list[MeasuredPoint]:
    """What our own pods did in every saturated window of (now - look_back, now].

    Only real pods: a simulated fleet measures the simulation. One query.
    """
    samples = (
        EngineSample.objects.filter(
            at__gt=now - look_back,
            at__lte=now,
            requests_waiting__gt=0,
            pod__deployment__fleet__simulated=False,
        )
        .select_related("pod__deployment__variant")
        .order_by("-at")[:MOST_SAMPLES]
    )
    by_pod: dict[int, list[EngineSample]] = {}
    for sample in reversed(samples):
        by_pod.setdefault(sample.pod_id, []).append(sample)
    return [
        point
        for listed in by_pod.values()
        for window in saturated_windows(listed)
        if (point := _point(listed[0].pod, window)) is not None
    ]


def saturated_windows(samples: Iterable[EngineSample]) -> Iterator[list[EngineSample]]:
    """Runs of samples of one pod with a queue, cut to windows; in the order of time.

    A window ends at `WINDOW`, at a gap, at another server process and at a counter that
    fell. What is shorter than `SHORTEST_WINDOW` is dropped.
    """
    window: list[EngineSample] = []
    for sample in samples:
        if window and _breaks(window[-1], sample):
            yield from _long_enough(window)
            window = []
        window.append(sample)
        if window[-1].at - window[0].at >= WINDOW:
            yield from _long_enough(window)
            window = [sample]  # the end of one window is the beginning of the next
    yield from _long_enough(window)


def published_points() -> list[MeasuredPoint]:
    """Imported measurements and those that the installed estimator brings."""
    rows = ThroughputMeasurement.objects.all()
    return [*(_imported(row) for row in rows), *_installed()]


@lru_cache(maxsize=1)
def _installed() -> tuple[MeasuredPoint, ...]:
    return installed_points()


def _breaks(before: EngineSample, after: EngineSample) -> bool:
    return (
        after.at - before.at > LONGEST_GAP
        or after.process_started_at != before.process_started_at
        or after.completion_tokens < before.completion_tokens
        or after.requests_finished < before.requests_finished
    )


def _long_enough(window: list[EngineSample]) -> Iterator[list[EngineSample]]:
    if window and window[-1].at - window[0].at >= SHORTEST_WINDOW:
        yield window


def _point(pod: Pod, window: list[EngineSample]) -> MeasuredPoint | None:
    """The window as a point; None where too few requests ended to tell their lengths."""
    first, last = window[0], window[-1]
    seconds = (last.at - first.at).total_seconds()
    finished = last.requests_finished - first.requests_finished
    prompt = last.prompt_tokens - first.prompt_tokens
    completion = last.completion_tokens - first.completion_tokens
    if finished < FEWEST_REQUESTS or prompt <= 0 or completion <= 0:
        return None
    cached = 0.0
    if first.cached_prompt_tokens is not None and last.cached_prompt_tokens is not None:
        cached = (last.cached_prompt_tokens - first.cached_prompt_tokens) / prompt
    running = fmean(sample.requests_running for sample in window)
    if running <= 0 or not 0 <= cached < 1:
        return None
    variant = pod.deployment.variant
    return MeasuredPoint(
        model=variant.repository,
        precision=variant.precision,
        gpu=pod.gpu_type_id,
        gpu_count=pod.gpu_count,
        tensor_parallel=pod.gpu_count,
        pipeline_parallel=1,
        data_parallel=1,
        expert_parallel=1,
        engine="vllm",
        engine_version=pod.engine_version,
        prompt_tokens=prompt / finished,
        completion_tokens=completion / finished,
        concurrency=running,
        output_tokens_per_second=completion / seconds,
        total_tokens_per_second=(prompt + completion) / seconds,
        ttft_ms=None,
        tpot_ms=None,
        measured_on=last.at.date(),
        source=f"our pod {pod.name}",
        cached_share=cached,
        note=f"saturated {first.at:%Y-%m-%d %H:%M:%S} to {last.at:%H:%M:%S} UTC",
    )


def _imported(row: ThroughputMeasurement) -> MeasuredPoint:
    return MeasuredPoint(
        model=row.model_name,
        precision=row.precision,
        gpu=row.gpu,
        gpu_count=row.gpu_count,
        tensor_parallel=row.tensor_parallel,
        pipeline_parallel=row.pipeline_parallel,
        data_parallel=row.data_parallel,
        expert_parallel=row.expert_parallel,
        engine=row.engine,
        engine_version=row.engine_version,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        concurrency=row.concurrency,
        output_tokens_per_second=row.output_tokens_per_second,
        total_tokens_per_second=row.total_tokens_per_second,
        ttft_ms=row.ttft_ms,
        tpot_ms=row.tpot_ms,
        measured_on=row.measured_on,
        source=row.source,
        source_url=row.source_url,
        speculative=row.speculative,
        verified=row.verified,
        note=row.note,
        cached_share=row.cached_share,
    )
