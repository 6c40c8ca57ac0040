"""What vLLM refuses whatever the memory: each reason a sentence.

Rules read in vLLM 0.32: config/model.py (`verify_with_parallel_config`,
`_get_and_verify_max_len`), layers/vocab_parallel_embedding.py, layers/linear.py and
layers/quantization/fp8.py (slices of whole blocks), platforms/cuda.py and
v1/attention/backends/mla/ (`supports_compute_capability`).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fleet.sizing.gpus import GpuSpec
from fleet.sizing.kv_cache import KV_ELEMENT_BYTES
from fleet.sizing.parallel import tensor_parallel_fault
from fleet.sizing.request import Sizing

SPARSE_MAJORS = (9, 10, 12)
SMALL_CACHE_FROM = (8, 0)
OLDEST_GPU = (7, 5)
OLDEST_GPU_BEFORE = (7, 0)
WITHOUT_SM70 = (0, 20)  # wheels of CUDA 13 no longer hold kernels for Volta


def refusals(asked: Sizing, gpu: GpuSpec) -> list[str]:
    """Every reason for which vLLM would not start `asked` on any amount of memory."""
    return [
        *_numbers(asked),
        *_parallel(asked),
        *_generation(asked, gpu),
        *_cache_dtype(asked, gpu),
    ]


def _numbers(asked: Sizing) -> Iterator[str]:
    share = asked.gpu_memory_utilization
    if share is not None and not Decimal(0) < share < Decimal(1):
        yield (
            f"gpu_memory_utilization is {share}; it must be more than 0 and less than 1, "
            "such as 0.90."
        )
    model = asked.architecture
    if not 1 <= asked.max_model_len <= model.max_context:
        yield (
            f"max_model_len is {asked.max_model_len:,}; {model.name} takes 1 to "
            f"{model.max_context:,} tokens."
        )
    for name, value in (
        ("max_num_seqs", asked.max_num_seqs),
        ("max_num_batched_tokens", asked.max_num_batched_tokens),
    ):
        if value is not None and value < 1:
            yield f"{name} is {value}; it must be 1 or more."
    if asked.weight_gb is not None and asked.weight_gb <= 0:
        yield f"The weights of {model.name} are {asked.weight_gb} GB; they must be above 0."


def _parallel(asked: Sizing) -> Iterator[str]:
    model, split = asked.architecture, asked.split
    sizes = (split.tensor, split.pipeline, split.data)
    if min(sizes) < 1 or asked.gpu_count != split.gpus:
        yield (
            f"GPU count is {asked.gpu_count}; tensor {split.tensor} x pipeline "
            f"{split.pipeline} x data parallel {split.data} needs {split.gpus}, and each "
            "at least 1."
        )
        return
    fault = tensor_parallel_fault(
        model.name,
        split.tensor,
        attention_heads=model.attention_heads,
        kv_heads=model.kv_heads,
        vocabulary_size=model.vocabulary_size,
    )
    if fault:
        yield fault
        return
    if split.pipeline > model.layers:
        yield (
            f"GPU count {asked.gpu_count} cannot serve {model.name}: {split.pipeline} "
            f"pipeline stages for {model.layers} layers; use at most one stage a layer."
        )
    for state in model.stateful:
        if state.heads % split.tensor:
            yield (
                f"GPU count {split.tensor} cannot serve {model.name}: the {state.heads} "
                f"heads of its state layers are not divisible by {split.tensor}."
            )
    yield from _slices(asked)


def _slices(asked: Sizing) -> Iterator[str]:
    """Feed-forward layers are cut in slices: whole blocks, where blocks share a scale."""
    model, tensor = asked.architecture, asked.split.tensor
    block = max(1, asked.precision.block)
    widths = [dense.intermediate_size for dense in model.dense]
    if model.experts is not None and not asked.split.expert:
        widths.append(model.experts.intermediate_size)
    for width in sorted(set(widths)):
        if width % tensor or (block > 1 and tensor > 1 and width // tensor % block):
            what = f"whole blocks of {block}" if block > 1 else "equal slices"
            yield (
                f"GPU count {tensor} cannot serve {model.name} in "
                f"{asked.precision.name}: a layer of width {width:,} does not split into "
                f"{tensor} x {what}; use fewer GPUs a replica, or expert parallelism."
            )
            return


def _generation(asked: Sizing, gpu: GpuSpec) -> Iterator[str]:
    capability, precision = gpu.compute_capability, asked.precision
    newest = asked.engine.version >= WITHOUT_SM70
    oldest = OLDEST_GPU if newest else OLDEST_GPU_BEFORE
    if capability < oldest:
        yield (
            f"{gpu.gpu_type_id} has compute capability {_version(capability)}; vLLM needs "
            f"{_version(oldest)}."
        )
    elif capability < precision.loads_from:
        hint = "; use fp16" if precision.name == "bf16" else ""
        yield (
            f"{gpu.gpu_type_id} cannot load {precision.name} weights: it has compute "
            f"capability {_version(capability)}, {_version(precision.loads_from)} is "
            f"needed{hint}."
        )
    if asked.architecture.is_sparse and capability[0] not in SPARSE_MAJORS:
        yield (
            f"{gpu.gpu_type_id} has no kernel for sparse latent attention, which "
            f"{asked.architecture.name} needs; use H100, H200 or B200."
        )


def _cache_dtype(asked: Sizing, gpu: GpuSpec) -> Iterator[str]:
    dtype = asked.kv_cache_dtype
    if dtype not in KV_ELEMENT_BYTES:
        known = ", ".join(KV_ELEMENT_BYTES)
        yield f"kv_cache_dtype is {dtype!r}; use one of {known}."
        return
    packed = dtype.endswith("_ds_mla")
    if packed and not asked.architecture.is_sparse:
        yield (
            f"kv_cache_dtype is {dtype}, a format of sparse latent attention, which "
            f"{asked.architecture.name} has not; use fp8."
        )
    if KV_ELEMENT_BYTES[dtype] < 2 and gpu.compute_capability < SMALL_CACHE_FROM:
        yield (
            f"{gpu.gpu_type_id} has no kernel for a cache in {dtype}; use kv_cache_dtype "
            "auto."
        )


def notes(asked: Sizing, gpu: GpuSpec) -> tuple[str, ...]:
    """What does not forbid, and should be known."""
    said = []
    capability, precision = gpu.compute_capability, asked.precision
    if precision.loads_from <= capability < precision.computes_from:
        said.append(
            f"{gpu.gpu_type_id} has no {precision.name.upper()} arithmetic: vLLM keeps the "
            f"weights in {precision.name.upper()} and computes in 16 bits, which saves "
            "memory and not time."
        )
    if asked.architecture.is_sparse and capability[0] == 12:
        said.append(
            f"Sparse latent attention on {gpu.gpu_type_id} is young in vLLM 0.32; try it "
            "before it is sold."
        )
    if gpu.unified:
        said.append(f"{gpu.gpu_type_id} shares its memory with the host's programs.")
    return tuple(said)


def _version(capability: tuple[int, int]) -> str:
    return f"{capability[0]}.{capability[1]}"
