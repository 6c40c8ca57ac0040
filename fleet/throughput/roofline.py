"""Our own estimate from first principles: bytes, operations and overheads.

Formula and worked examples: docs/formulas/throughput-roofline.md, which the test asserts.

    decode step = max(bytes / bandwidth, operations / arithmetic) + all-reduce + overhead
    prefill     = operations / arithmetic + all-reduce + overhead
    TPOT        = decode step + the prefills of the others, spread over the tokens
    TTFT        = prefill + waiting for a step and for other prefills

Three constants a generation turn peaks into what is reached: the share of the bandwidth,
the share of the arithmetic, and the overhead of a layer. They are calibrated against
published measurements by `benchmarks/calibrate_throughput.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.throughput.latency import Latency, Unknown
from fleet.throughput.peaks import GpuPeak, peak_of
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

KV_SHARE = 1.0  # of kv_bytes_per_token: 16-bit caches, what engines take by default
ALL_REDUCES_PER_LAYER = 2
ALL_REDUCE_US = 6.0  # latency of one small all-reduce between GPUs of a host
SEQUENCE_US = 12.0  # scheduling, sampling and answering, per sequence and step
STEP_US = 1_500.0  # per step, whatever is in it
MOST_PREFILL_LOAD = 0.95


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What a generation reaches.

    bandwidth   0..1 of the memory bandwidth while decoding
    arithmetic  0..1 of the dense arithmetic while prefilling
    layer_us    [us] of every layer and step: kernels that neither peak explains
    """

    bandwidth: float
    arithmetic: float
    layer_us: float


def roofline(
    shape: ServingShape, work: ModelWork, traffic: Traffic, efficiency: Efficiency
) -> Latency | Unknown:
    """TTFT and TPOT of `traffic` at its concurrency; unknown for a GPU not listed."""
    peak = peak_of(shape.gpu)
    if peak is None:
        return Unknown(f"The bandwidth and arithmetic of {shape.gpu} are not listed.")
    if traffic.concurrency is None:
        return Unknown("The roofline needs a concurrency.")
    batch = max(1.0, traffic.concurrency / shape.data_parallel)
    step_ms = decode_step_ms(shape, work, peak, efficiency, batch, mean_context(traffic))
    prefill_ms = prefill_request_ms(shape, work, peak, efficiency, traffic)
    tokens = max(1, traffic.completion_tokens)
    # While a request decodes, each of the others is prefilled once per lifetime.
    tpot_ms = step_ms + (batch - 1) * prefill_ms / tokens
    lifetime_ms = prefill_ms + tpot_ms * tokens
    load = min(MOST_PREFILL_LOAD, batch * prefill_ms / lifetime_ms)
    waiting_ms = step_ms / 2 + load * prefill_ms / (2 * (1 - load))
    return Latency(ttft_ms=prefill_ms + step_ms + waiting_ms, tpot_ms=tpot_ms)


def mean_context(traffic: Traffic) -> float:
    """[tokens] of context of a request halfway through its completion."""
    return traffic.prompt_tokens + traffic.completion_tokens / 2


def decode_step_ms(
    shape: ServingShape,
    work: ModelWork,
    peak: GpuPeak,
    efficiency: Efficiency,
    batch: float,
    context_tokens: float,
) -> float:
    """[ms] of one decode step of one data-parallel rank with `batch` sequences."""
    gpus = shape.tensor_parallel * shape.pipeline_parallel
    read = _weight_bytes(shape, work, batch) + _kv_bytes(shape, work, batch, context_tokens)
    memory_s = read / (peak.bandwidth_gb_per_second * 1e9 * efficiency.bandwidth)
    operations = 2 * work.active_parameters * batch / gpus
    operations += batch * _attention_operations(work, context_tokens) / gpus
    tflops = peak.tflops(shape.precision) * efficiency.arithmetic
    compute_s = operations / (tflops * 1e12)
    overhead_us = (
        work.layers * efficiency.layer_us
        + STEP_US
        + SEQUENCE_US * batch
        + _all_reduce_us(shape, work, peak, batch)
    )
    # Pipeline stages work one after the other on a step of one batch.
    stages = shape.pipeline_parallel
    return max(memory_s, compute_s) * stages * 1e3 + overhead_us / 1e3


def prefill_request_ms(
    shape: ServingShape,
    work: ModelWork,
    peak: GpuPeak,
    efficiency: Efficiency,
    traffic: Traffic,
) -> float:
    """[ms] of computing one request's uncached prompt; cached tokens are only read."""
    tokens = traffic.uncached_tokens
    gpus = shape.tensor_parallel * shape.pipeline_parallel
    attended = traffic.cached_tokens + tokens / 2  # the mean context of a prompt token
    operations = 2 * work.active_parameters * tokens
    operations += tokens * _attention_operations(work, attended)
    tflops = peak.tflops(shape.precision) * efficiency.arithmetic * gpus
    compute_s = operations / (tflops * 1e12)
    # The weights are read once however short the prompt is.
    read = _weight_bytes(shape, work, tokens)
    memory_s = read / (peak.bandwidth_gb_per_second * 1e9 * efficiency.bandwidth)
    overhead_us = work.layers * efficiency.layer_us + STEP_US
    overhead_us += _all_reduce_us(shape, work, peak, tokens)
    return max(compute_s, memory_s) * 1e3 + overhead_us / 1e3


def experts_touched(experts: int, per_token: int, tokens: float) -> float:
    """Share 0..1 of a layer's experts that `tokens` tokens need, drawn independently.

    >>> round(experts_touched(128, 8, 1), 4), round(experts_touched(128, 8, 32), 4)
    (0.0625, 0.8732)
    """
    return 1 - (1 - per_token / experts) ** max(1.0, tokens)


def _weight_bytes(shape: ServingShape, work: ModelWork, tokens: float) -> float:
    """Bytes of weights that one GPU reads for a step of `tokens` tokens."""
    gpus = shape.tensor_parallel * shape.pipeline_parallel
    others = work.total_parameters - work.expert_parameters
    read = others * work.bytes_per_other_weight / gpus
    if work.is_moe:
        # Data-parallel ranks share the experts and send their tokens to them.
        touched = experts_touched(
            work.experts, work.experts_per_token, tokens * shape.data_parallel
        )
        spread = shape.gpu_count
        read += work.expert_parameters * work.bytes_per_weight * touched / spread
    return read


def _kv_bytes(
    shape: ServingShape, work: ModelWork, batch: float, context_tokens: float
) -> float:
    """Bytes of cache that one GPU reads for a step."""
    context = context_tokens
    if work.attended_tokens:
        context = min(context, work.attended_tokens)
    splits = min(shape.tensor_parallel, work.kv_splits) * shape.pipeline_parallel
    return batch * context * work.kv_bytes_per_token * KV_SHARE / splits


def _attention_operations(work: ModelWork, context_tokens: float) -> float:
    """Operations of one token's attention over `context_tokens`, all layers."""
    context = context_tokens
    if work.attended_tokens:
        context = min(context, work.attended_tokens)
    layers = work.attention_layers or work.layers
    return 4.0 * context * work.attention_width * layers


def _all_reduce_us(
    shape: ServingShape, work: ModelWork, peak: GpuPeak, tokens: float
) -> float:
    """[us] of the all-reduces of a step: a latency, and the bytes over the link."""
    if shape.tensor_parallel == 1:
        return 0.0
    size = tokens * work.hidden_size * 2.0
    share = 2 * (shape.tensor_parallel - 1) / shape.tensor_parallel
    sent_us = size * share / (peak.link_gb_per_second * 1e9) * 1e6
    return work.layers * ALL_REDUCES_PER_LAYER * (ALL_REDUCE_US + sent_us)
