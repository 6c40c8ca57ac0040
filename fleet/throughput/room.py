"""How many sequences a replica decodes at once: its KV cache may be smaller than asked.

Memory, weights and cache rows are sizing's numbers; only what vLLM reserves is rough. The
full answer, `fleet.sizing.fit.size`, cuts the cache block by block and takes a thousand
times as long, and a calibration asks millions of times. Whether a model fits at all, and
how many sequences are allowed, is still decided there.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.throughput.latency import Latency
from fleet.throughput.peaks import GpuPeak
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

MEMORY_SHARE = 0.90  # --gpu-memory-utilization
RESERVED_BYTES = 3e9  # context, graphs, activations


def sequences_held(
    shape: ServingShape, work: ModelWork, peak: GpuPeak, context_tokens: float
) -> float:
    """Sequences of `context_tokens` that the caches of the whole replica hold.

    0 where the weights leave nothing.
    """
    gpus = shape.tensor_parallel * shape.pipeline_parallel
    split = work.stored_bytes - work.expert_bytes - work.copied_bytes
    weights = split / gpus + work.copied_bytes / shape.pipeline_parallel
    weights += work.expert_bytes / shape.gpu_count
    free = peak.memory_bytes * MEMORY_SHARE - RESERVED_BYTES - weights
    # A sparse choice reads few tokens, but all of them are kept; a window keeps few.
    each = sum(
        part.bytes_per_token
        * part.kept(context_tokens)
        / min(shape.tensor_parallel, part.splits)
        for part in work.attention
    )
    each += work.state_bytes / shape.tensor_parallel
    return max(0.0, free / (each / shape.pipeline_parallel)) * shape.data_parallel


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
    context = traffic.prompt_tokens + traffic.completion_tokens / 2
    places = sequences_held(shape, work, peak, context) if peak else 0.0
    if places < 1:
        return Load(asked, asked)
    return Load(asked, min(asked, places))
