"""The smallest change that would make it fit, each tried by the calculator itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from fleet.sizing.fit import SizingResult, Verdict, size
from fleet.sizing.gpus import GPUS, GpuSpec, gpu_named
from fleet.sizing.precision import PRECISIONS, variant_of
from fleet.sizing.request import Sizing

LENGTH_STEP = 1024  # [tokens] lengths are told in round numbers
SHORTEST_WORTH_TELLING = 2048
HIGHEST_SHARE = Decimal("0.95")
FEWER_SEQUENCES = (256, 128, 64, 32, 16)
GPU_COUNTS = (1, 2, 4, 8, 16)
SMALLER = ("fp8", "int4", "nvfp4")
LARGER_GPUS = (
    *("NVIDIA L4", "NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 5090", "NVIDIA L40S"),
    *("NVIDIA A100-SXM4-80GB", "NVIDIA H100 80GB HBM3", "NVIDIA H200", "NVIDIA B200"),
    "NVIDIA B300 SXM6 AC",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change that makes it fit: a sentence, the changed request and its result."""

    sentence: str
    request: Sizing
    result: SizingResult


def smallest_change(asked: Sizing) -> tuple[Change, ...]:
    """What would make `asked` fit, smallest first; empty when it fits, or nothing does.

    First what costs nothing (a shorter length, fewer sequences, an FP8 cache, a higher
    share of the memory), then more GPUs of the same type, other weights, a larger GPU,
    and last a larger GPU in numbers.
    """
    if size(asked).verdict == Verdict.FITS:
        return ()
    found = []
    for sentence, request in _candidates(asked):
        result = size(request)
        if result.verdict == Verdict.FITS:
            found.append(Change(sentence, request, result))
    return tuple(found)


def _candidates(asked: Sizing) -> Iterator[tuple[str, Sizing]]:
    yield from _free(asked)
    yield from _more_gpus(asked)
    yield from _other_weights(asked)
    yield from _larger_gpus(asked)


def _free(asked: Sizing) -> Iterator[tuple[str, Sizing]]:
    longest = size(asked).longest_request or 0
    length = min(longest, asked.architecture.max_context) // LENGTH_STEP * LENGTH_STEP
    if asked.max_model_len > asked.architecture.max_context:
        length = asked.architecture.max_context
    if SHORTEST_WORTH_TELLING <= length < asked.max_model_len:
        yield (
            f"Lower max_model_len to {length:,} tokens.",
            replace(asked, max_model_len=length),
        )
    for sequences in FEWER_SEQUENCES:
        request = replace(asked, max_num_seqs=sequences)
        fewer = asked.max_num_seqs is None or sequences < asked.max_num_seqs
        if fewer and size(request).ok:
            yield f"Lower max_num_seqs to {sequences}.", request
            break
    if asked.kv_cache_dtype in ("auto", "bfloat16", "float16"):
        yield (
            "Keep the KV cache in FP8 (kv_cache_dtype fp8).",
            replace(asked, kv_cache_dtype="fp8"),
        )
    share = asked.gpu_memory_utilization or asked.engine.gpu_memory_utilization
    if share < HIGHEST_SHARE:
        yield (
            f"Raise gpu_memory_utilization to {HIGHEST_SHARE}.",
            replace(asked, gpu_memory_utilization=HIGHEST_SHARE),
        )


def _with_gpus(asked: Sizing, count: int) -> Sizing:
    return replace(
        asked, gpu_count=count, tensor_parallel=count, pipeline_parallel=1, data_parallel=1
    )


def _more_gpus(asked: Sizing) -> Iterator[tuple[str, Sizing]]:
    counts = [n for n in GPU_COUNTS if n > asked.gpu_count and n <= 8]
    nearest = [n for n in reversed(GPU_COUNTS) if n < asked.gpu_count]
    for count in (*counts, *nearest):
        request = _with_gpus(asked, count)
        if size(request).ok:
            verb = "Take" if count > asked.gpu_count else "Take only"
            yield f"{verb} {count} x {asked.gpu}.", request
            return
    request = replace(_with_gpus(asked, 8), gpu_count=16, pipeline_parallel=2)
    if asked.gpu_count < 16:
        yield f"Take 16 x {asked.gpu}: two hosts, tensor 8 x pipeline 2.", request


def _other_weights(asked: Sizing) -> Iterator[tuple[str, Sizing]]:
    """Smaller weights than the asked, by their bits; their size is counted anew."""
    for name in SMALLER:
        precision = variant_of(PRECISIONS[name], asked.architecture)
        if precision.expert_bits >= asked.precision.expert_bits:
            continue
        yield (
            f"Take weights in {name.upper()}, where they are published.",
            replace(asked, precision=precision, weight_gb=None),
        )


def _larger_gpus(asked: Sizing) -> Iterator[tuple[str, Sizing]]:
    own = gpu_named(asked.gpu)
    memory = own.memory_gib if own else Decimal(0)
    for gpu in _above(memory):
        request = replace(asked, gpu=gpu.gpu_type_id, memory_gib=None)
        if size(request).ok:
            yield f"Take {asked.gpu_count} x {gpu.gpu_type_id}.", request
            break
    for gpu in _above(memory):
        for count in (4, 8):
            request = replace(
                _with_gpus(asked, count), gpu=gpu.gpu_type_id, memory_gib=None
            )
            if count > asked.gpu_count and size(request).ok:
                yield f"Take {count} x {gpu.gpu_type_id}.", request
                return


def _above(memory_gib: Decimal) -> list[GpuSpec]:
    gpus = [GPUS[name] for name in LARGER_GPUS]
    return [gpu for gpu in gpus if gpu.memory_gib >= memory_gib]
