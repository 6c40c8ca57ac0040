"""Does a model fit on a GPU shape under vLLM? The first version, and it fails closed.

Memory of one GPU, in GiB (2^30 bytes):

    budget    = memory_gib x gpu_memory_utilization
    weights   = weight_gb x 10^9 / gpu_count / 2^30
    overhead  = 1.75 + logits + 0.75 if gpu_count > 1 + 4.0 for sparse attention
    logits    = 4 copies x 4 bytes x vocabulary_size x max_num_seqs / 2^30
    kv        = budget - weights - overhead
    kv_tokens = kv x 2^30 / kv_bytes_per_token

    kv_bytes_per_token, grouped-query: 2 x layers x kv_heads_per_gpu x head_dim x bytes
    kv_bytes_per_token, latent (MLA):  layers x latent_dim x bytes, on every GPU
    kv_bytes_per_token, sparse MLA:    the same, and 132 bytes per layer of its index

A request of `max_model_len` tokens must find room: kv_tokens >= max_model_len. The
page `docs/sizing.md` works the examples that the test asserts, and compares the
prediction with boot logs of vLLM. What is unknown (a GPU, a precision, an attention
kind) is a reason not to fit, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from fleet.sizing.gpus import GPUS, GpuSpec
from fleet.sizing.parallel import tensor_parallel_fault

GIB = Decimal(2**30)
GB = Decimal(10**9)
BASE_OVERHEAD_GIB = Decimal("1.75")  # CUDA context, graphs, activations of one batch
PARALLEL_OVERHEAD_GIB = Decimal("0.75")  # NCCL and all-reduce buffers
SPARSE_OVERHEAD_GIB = Decimal("4.0")  # the indexer's and the sparse prefill's work space
LOGITS_COPIES = 4  # fp32 copies of [max_num_seqs, vocabulary] while sampling
DEFAULT_MAX_NUM_SEQS = 256
INDEX_BYTES_PER_TOKEN = 132  # per layer: 128 fp8 values and one fp32 scale
SPARSE_FP8_BYTES_PER_TOKEN = 656  # per layer, vLLM's fp8_ds_mla row of 576 elements
SPARSE_LATENT_DIM = 576
DISK_BASE_GB = Decimal(20)  # container layers, logs, compile cache
DISK_MARGIN = Decimal("1.10")  # partial downloads and file system overhead

# Lowest compute capability on which vLLM 0.32 loads the weights.
WEIGHTS_FROM = {"bf16": (8, 0), "fp8": (8, 0), "int4": (8, 0), "nvfp4": (10, 0)}
FP8_COMPUTE_FROM = (8, 9)
KV_BYTES = {"auto": 2, "bfloat16": 2, "fp8": 1, "fp8_e4m3": 1}
SPARSE_MLA_MAJORS = (9, 10)  # Hopper and data-centre Blackwell
ATTENTION_KINDS = ("gqa", "mla", "sparse_mla")


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What of a model decides its memory.

    weight_gb   [GB = 10^9 bytes] of the checkpoint on disk, in `precision`
    precision   bf16, fp8, int4 or nvfp4
    attention   gqa, mla or sparse_mla
    latent_dim  [elements per token and layer] of the MLA cache; 0 for gqa
    """

    name: str
    weight_gb: Decimal
    precision: str
    attention: str
    layers: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    vocabulary_size: int
    max_context: int
    latent_dim: int = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether it fits, why not (one sentence a reason), and the numbers behind it.

    All memory is in GiB of one GPU; `disk_gb` is the container disk to order. The
    numbers are None where they could not be computed. `notes` do not forbid.
    """

    ok: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    budget_gib: Decimal | None = None
    weights_gib: Decimal | None = None
    overhead_gib: Decimal | None = None
    kv_gib: Decimal | None = None
    kv_bytes_per_token: int | None = None
    kv_tokens: int | None = None
    disk_gb: int | None = None


def fit(
    model: ModelShape,
    *,
    gpu_type_id: str,
    gpu_count: int,
    max_model_len: int,
    gpu_memory_utilization: Decimal,
    kv_cache_dtype: str = "auto",
    max_num_seqs: int = DEFAULT_MAX_NUM_SEQS,
) -> Fit:
    """Whether `model` can serve requests of `max_model_len` tokens on this GPU shape.

    Takes tensor parallelism over `gpu_count` GPUs of one host. Never raises for a
    shape that does not fit; every reason found is reported, not only the first.
    """
    gpu = GPUS.get(gpu_type_id)
    disk_gb = container_disk_gb(model.weight_gb)
    if gpu is None:
        reason = f"The memory of {gpu_type_id!r} is not known; choose a listed GPU type."
        return Fit(ok=False, reasons=(reason,), disk_gb=disk_gb)
    reasons = [
        *_input_reasons(
            model, gpu_count, max_model_len, gpu_memory_utilization, max_num_seqs
        ),
        *_support_reasons(model, gpu, kv_cache_dtype),
    ]
    fault = tensor_parallel_fault(
        model.name,
        gpu_count,
        attention_heads=model.attention_heads,
        kv_heads=model.kv_heads if model.attention == "gqa" else None,
        vocabulary_size=model.vocabulary_size,
    )
    if fault:
        reasons.append(fault)
    if reasons:
        return Fit(ok=False, reasons=tuple(reasons), disk_gb=disk_gb)
    budget = gpu.memory_gib * gpu_memory_utilization
    weights = model.weight_gb * GB / gpu_count / GIB
    overhead = _overhead_gib(model, gpu_count, max_num_seqs)
    kv_gib = budget - weights - overhead
    per_token = kv_bytes_per_token(
        model, gpu_count=gpu_count, kv_cache_dtype=kv_cache_dtype
    )
    kv_tokens = max(0, int(kv_gib * GIB / per_token))
    reasons = _memory_reasons(model, gpu, gpu_count, budget, weights, overhead)
    if not reasons and kv_tokens < max_model_len:
        reasons = [
            f"The KV cache holds {kv_tokens:,} tokens on {gpu_count} x {gpu.gpu_type_id}, "
            f"less than one request of {max_model_len:,}; lower max_model_len or take "
            "more memory."
        ]
    return Fit(
        ok=not reasons,
        reasons=tuple(reasons),
        notes=_notes(model, gpu),
        budget_gib=budget,
        weights_gib=weights,
        overhead_gib=overhead,
        kv_gib=kv_gib,
        kv_bytes_per_token=per_token,
        kv_tokens=kv_tokens,
        disk_gb=disk_gb,
    )


def kv_bytes_per_token(
    model: ModelShape, *, gpu_count: int, kv_cache_dtype: str = "auto"
) -> int:
    """Bytes of KV cache that one token takes on one GPU.

    Raises ValueError for an attention kind or a cache type that is not known.
    """
    element = KV_BYTES.get(kv_cache_dtype)
    if element is None:
        raise ValueError(
            f"kv_cache_dtype is {kv_cache_dtype!r}; use one of {', '.join(KV_BYTES)}."
        )
    if model.attention == "gqa":
        heads_per_gpu = max(1, model.kv_heads // gpu_count)
        return 2 * model.layers * heads_per_gpu * model.head_dim * element
    if model.attention == "mla":
        return model.layers * model.latent_dim * element
    if model.attention == "sparse_mla":
        row = model.latent_dim * element
        if element == 1:  # vLLM keeps the rotary part in bf16 and adds scales
            row = row * SPARSE_FP8_BYTES_PER_TOKEN // SPARSE_LATENT_DIM
        return model.layers * (row + INDEX_BYTES_PER_TOKEN)
    raise ValueError(
        f"attention is {model.attention!r}; use one of {', '.join(ATTENTION_KINDS)}."
    )


def container_disk_gb(weight_gb: Decimal) -> int:
    """[GB] of container disk for weights of `weight_gb`, with room to download them."""
    exact = weight_gb * DISK_MARGIN + DISK_BASE_GB
    return int(exact.to_integral_value(rounding=ROUND_CEILING))


def _overhead_gib(model: ModelShape, gpu_count: int, max_num_seqs: int) -> Decimal:
    logits = Decimal(LOGITS_COPIES * 4 * model.vocabulary_size * max_num_seqs) / GIB
    overhead = BASE_OVERHEAD_GIB + logits
    if gpu_count > 1:
        overhead += PARALLEL_OVERHEAD_GIB
    if model.attention == "sparse_mla":
        overhead += SPARSE_OVERHEAD_GIB
    return overhead


def _input_reasons(
    model: ModelShape,
    gpu_count: int,
    max_model_len: int,
    gpu_memory_utilization: Decimal,
    max_num_seqs: int,
) -> list[str]:
    reasons = []
    if not Decimal(0) < gpu_memory_utilization < Decimal(1):
        reasons.append(
            f"gpu_memory_utilization is {gpu_memory_utilization}; it must be more than 0 "
            "and less than 1, such as 0.90."
        )
    if not 1 <= max_model_len <= model.max_context:
        reasons.append(
            f"max_model_len is {max_model_len:,}; {model.name} takes 1 to "
            f"{model.max_context:,} tokens."
        )
    if max_num_seqs < 1:
        reasons.append(f"max_num_seqs is {max_num_seqs}; it must be 1 or more.")
    amounts = (model.layers, model.attention_heads, model.vocabulary_size)
    cache = (
        model.kv_heads * model.head_dim if model.attention == "gqa" else model.latent_dim
    )
    if model.weight_gb <= 0 or min(amounts) < 1 or cache < 1:
        reasons.append(
            f"The size of {model.name} is not known: weights, layers, heads, vocabulary "
            "and cache width must be above 0."
        )
    return reasons


def _support_reasons(model: ModelShape, gpu: GpuSpec, kv_cache_dtype: str) -> list[str]:
    reasons = []
    needed = WEIGHTS_FROM.get(model.precision)
    capability = gpu.compute_capability
    if needed is None:
        known = ", ".join(WEIGHTS_FROM)
        reasons.append(f"precision is {model.precision!r}; use one of {known}.")
    elif capability < needed:
        reasons.append(
            f"{gpu.gpu_type_id} cannot load {model.precision} weights: it has compute "
            f"capability {_version(capability)}, {_version(needed)} is needed."
        )
    if model.attention not in ATTENTION_KINDS:
        known = ", ".join(ATTENTION_KINDS)
        reasons.append(f"attention is {model.attention!r}; use one of {known}.")
    if model.attention == "sparse_mla" and capability[0] not in SPARSE_MLA_MAJORS:
        reasons.append(
            f"{gpu.gpu_type_id} is not counted on for sparse latent attention, which "
            f"{model.name} needs; use H100, H200 or B200."
        )
    if kv_cache_dtype not in KV_BYTES:
        reasons.append(
            f"kv_cache_dtype is {kv_cache_dtype!r}; use one of {', '.join(KV_BYTES)}."
        )
    elif KV_BYTES[kv_cache_dtype] == 1 and capability < FP8_COMPUTE_FROM:
        reasons.append(f"{gpu.gpu_type_id} has no FP8 arithmetic; use kv_cache_dtype auto.")
    return reasons


def _memory_reasons(
    model: ModelShape,
    gpu: GpuSpec,
    gpu_count: int,
    budget: Decimal,
    weights: Decimal,
    overhead: Decimal,
) -> list[str]:
    if weights + overhead < budget:
        return []
    return [
        f"{model.name} needs {weights:.1f} GiB of weights and {overhead:.1f} GiB of work "
        f"space on each of {gpu_count} x {gpu.gpu_type_id}, which offers {budget:.1f} GiB; "
        "take more or larger GPUs."
    ]


def _notes(model: ModelShape, gpu: GpuSpec) -> tuple[str, ...]:
    if model.precision == "fp8" and gpu.compute_capability < FP8_COMPUTE_FROM:
        return (
            f"{gpu.gpu_type_id} has no FP8 arithmetic: vLLM keeps the weights in FP8 and "
            "computes in BF16, which saves memory and not time.",
        )
    return ()


def _version(capability: tuple[int, int]) -> str:
    return f"{capability[0]}.{capability[1]}"
