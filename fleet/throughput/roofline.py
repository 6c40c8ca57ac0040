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
from math import log2

from fleet.throughput.latency import Latency, Unknown
from fleet.throughput.peaks import GpuPeak, peak_of
from fleet.throughput.room import load_of
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

ALL_REDUCES_PER_LAYER = 2
# What a step of a vLLM before 0.8 took on top, from its rows at batch 1, where the memory
# traffic of a dense model is known well; later engines do without.
OLD_ENGINE_STEP_MS = 2.5


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What a generation reaches, and overheads that are alike everywhere.

    bandwidth         0..1 of the memory bandwidth while decoding
    arithmetic        0..1 of the dense arithmetic while prefilling
    layer_us          [us] of every dense layer and step: kernels that no peak explains
    expert_share      0..1: how much of `bandwidth` and `arithmetic` experts reach
    moe_layers        layers that a layer of experts counts as in overhead
    latent_layers     layers that a layer of latent attention counts as, on top
    prefill_layer_us  [us] of launching a layer without a CUDA graph
    sequence_us       [us] of scheduling and sampling, per sequence and step
    all_reduce_us     [us] of one small all-reduce between the GPUs of a host
    first_token_ms    [ms] of answering at all: HTTP, tokenizer, queue
    burst             of a prefill, waited for by log2(sequences): they arrive in bursts
    """

    bandwidth: float
    arithmetic: float
    layer_us: float
    expert_share: float = 0.7
    moe_layers: float = 2.0
    latent_layers: float = 0.5
    prefill_layer_us: float = 500.0
    sequence_us: float = 12.0
    all_reduce_us: float = 6.0
    first_token_ms: float = 20.0
    burst: float = 0.1


def roofline(
    shape: ServingShape, work: ModelWork, traffic: Traffic, efficiency: Efficiency
) -> Latency | Unknown:
    """TTFT and TPOT of `traffic` at its concurrency; unknown for a GPU not listed."""
    peak = peak_of(shape.gpu)
    if peak is None:
        return Unknown(f"The bandwidth and arithmetic of {shape.gpu} are not listed.")
    if traffic.concurrency is None:
        return Unknown("The roofline needs a concurrency.")
    load = load_of(shape, work, peak, traffic)
    batch = max(1.0, load.running / shape.data_parallel)
    step_ms = decode_step_ms(shape, work, peak, efficiency, batch, mean_context(traffic))
    prefill_ms = prefill_request_ms(shape, work, peak, efficiency, traffic)
    if shape.is_old_engine:
        step_ms += OLD_ENGINE_STEP_MS
    # While a request decodes, each of the others is prefilled once per lifetime.
    tpot_ms = step_ms + (batch - 1) * prefill_ms / traffic.completion_tokens
    waiting_ms = step_ms / 2 + efficiency.burst * log2(batch) * prefill_ms
    ttft_ms = prefill_ms + step_ms + waiting_ms + efficiency.first_token_ms
    return load.waiting(Latency(ttft_ms, tpot_ms), traffic.completion_tokens)


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
    read = _weight_bytes(shape, work, efficiency, batch)
    read += _kv_bytes(shape, work, batch, context_tokens)
    memory_s = read / (peak.bandwidth_gb_per_second * 1e9 * efficiency.bandwidth)
    operations = 2 * _effective_parameters(work, efficiency) * batch
    operations += batch * _decode_operations(work, context_tokens)
    tflops = peak.tflops(shape.precision) * efficiency.arithmetic * gpus
    compute_s = operations / (tflops * 1e12)
    overhead_us = (
        _counted_layers(work, efficiency) * efficiency.layer_us
        + efficiency.sequence_us * batch
        + _all_reduce_us(shape, work, peak, efficiency, batch)
    )
    # Pipeline stages work one after the other on a step of one batch.
    return max(memory_s, compute_s) * shape.pipeline_parallel * 1e3 + overhead_us / 1e3


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
    operations = 2 * _effective_parameters(work, efficiency) * tokens
    operations += tokens * _prefill_operations(work, attended)
    tflops = peak.tflops(shape.precision) * efficiency.arithmetic * gpus
    compute_s = operations / (tflops * 1e12)
    # The weights are read once however short the prompt is.
    read = _weight_bytes(shape, work, efficiency, tokens)
    memory_s = read / (peak.bandwidth_gb_per_second * 1e9 * efficiency.bandwidth)
    launch_s = _counted_layers(work, efficiency) * efficiency.prefill_layer_us * 1e-6
    reduce_us = _all_reduce_us(shape, work, peak, efficiency, tokens)
    return max(compute_s, memory_s, launch_s) * 1e3 + reduce_us / 1e3


def experts_touched(experts: int, per_token: int, tokens: float) -> float:
    """Share 0..1 of a layer's experts that `tokens` tokens need, drawn independently.

    >>> round(experts_touched(128, 8, 1), 4), round(experts_touched(128, 8, 32), 4)
    (0.0625, 0.8732)
    """
    missed: float = (1 - per_token / experts) ** max(1.0, tokens)
    return 1 - missed


def _effective_parameters(work: ModelWork, efficiency: Efficiency) -> float:
    """Active parameters, those in experts at the price of their lower efficiency."""
    if not work.is_moe:
        return work.active_parameters
    routed = work.expert_parameters * work.experts_per_token / work.experts
    routed = min(routed, work.active_parameters)
    return work.active_parameters - routed + routed / efficiency.expert_share


def _counted_layers(work: ModelWork, efficiency: Efficiency) -> float:
    """Layers by their kernels: a layer of experts or of latent attention has more."""
    more = work.expert_layers * (efficiency.moe_layers - 1)
    return work.layers + more + work.latent_layers * efficiency.latent_layers


def _weight_bytes(
    shape: ServingShape, work: ModelWork, efficiency: Efficiency, tokens: float
) -> float:
    """Bytes of weights that one GPU reads for a step of `tokens` tokens."""
    gpus = shape.tensor_parallel * shape.pipeline_parallel
    split = work.step_bytes - work.copied_bytes
    read = split / gpus + work.copied_bytes / shape.pipeline_parallel
    if work.is_moe:
        # Data-parallel ranks share the experts and send their tokens to them.
        touched = experts_touched(
            work.experts, work.experts_per_token, tokens * shape.data_parallel
        )
        read += work.expert_bytes * touched / shape.gpu_count / efficiency.expert_share
    return read


def _kv_bytes(
    shape: ServingShape, work: ModelWork, batch: float, context_tokens: float
) -> float:
    """Bytes of cache and states that one GPU reads for a step."""
    tensor = shape.tensor_parallel
    sequence = sum(
        part.bytes_per_token * part.attended(context_tokens) / min(tensor, part.splits)
        for part in work.attention
    )
    return batch * (sequence + work.state_bytes / tensor) / shape.pipeline_parallel


def _decode_operations(work: ModelWork, context_tokens: float) -> float:
    """Operations of one new token's attention over `context_tokens`, all layers."""
    return work.state_operations + sum(
        part.decode_operations * part.attended(context_tokens) for part in work.attention
    )


def _prefill_operations(work: ModelWork, context_tokens: float) -> float:
    """Operations of one prompt token's attention over `context_tokens`, all layers."""
    return work.state_operations + sum(
        part.prefill_operations * part.attended(context_tokens) for part in work.attention
    )


def _all_reduce_us(
    shape: ServingShape,
    work: ModelWork,
    peak: GpuPeak,
    efficiency: Efficiency,
    tokens: float,
) -> float:
    """[us] of the all-reduces of a step: a latency, and the bytes over the link."""
    if shape.tensor_parallel == 1:
        return 0.0
    size = tokens * work.hidden_size * 2.0
    share = 2 * (shape.tensor_parallel - 1) / shape.tensor_parallel
    sent_us = size * share / (peak.link_gb_per_second * 1e9) * 1e6
    return work.layers * ALL_REDUCES_PER_LAYER * (efficiency.all_reduce_us + sent_us)
