"""How many sequences a replica decodes at once: its KV cache may be smaller than asked.

A rough count for latency only. Whether a model fits at all is `fleet.sizing`'s answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.throughput.latency import Latency
from fleet.throughput.peaks import GpuPeak
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

MEMORY_SHARE = 0.90  # --gpu-memory-utilization
RESERVED_GB = 3.0  # context, graphs, activations


def cache_tokens(shape: ServingShape, work: ModelWork, peak: GpuPeak) -> float:
    """[tokens] that the caches of the whole replica hold; 0 where weights leave nothing."""
    gpus = shape.tensor_parallel * shape.pipeline_parallel
    others = work.total_parameters - work.expert_parameters
    weights = others * work.bytes_per_other_weight / gpus
    weights += work.expert_parameters * work.bytes_per_weight / shape.gpu_count
    free = peak.memory_gb * 1e9 * MEMORY_SHARE - RESERVED_GB * 1e9 - weights
    splits = min(shape.tensor_parallel, work.kv_splits) * shape.pipeline_parallel
    return max(0.0, free / (work.kv_bytes_per_token / splits)) * shape.data_parallel


@dataclass(frozen=True, slots=True)
class Load:
    """What of a concurrency is decoded, and what waits for room."""

    asked: float
    running: float

    def waiting(self, latency: Latency, completion_tokens: int) -> Latency:
        """The latency at `running` sequences, with the wait for a free place in TTFT."""
        seconds = latency.request_seconds(completion_tokens)
        wait_ms = 1000 * seconds * (self.asked / self.running - 1)
        return Latency(latency.ttft_ms + wait_ms, latency.tpot_ms)


def load_of(
    shape: ServingShape, work: ModelWork, peak: GpuPeak | None, traffic: Traffic
) -> Load:
    """How many of the asked sequences find room; all of them where nothing is known.

    A replica whose weights do not fit is taken to be right about its memory, and we
    wrong: published measurements ran.
    """
    asked = traffic.concurrency or 1.0
    tokens = cache_tokens(shape, work, peak) if peak else 0.0
    context = traffic.prompt_tokens + traffic.completion_tokens / 2
    places = tokens / context
    if places < 1:
        return Load(asked, asked)
    return Load(asked, min(asked, places))
