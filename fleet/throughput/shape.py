"""What serves, and what one token costs it: a replica's shape and a model's work."""

from __future__ import annotations

import re
from dataclasses import dataclass

PRECISIONS = ("bf16", "fp8", "int8", "int4", "nvfp4", "mxfp4")
ENGINES = ("vllm", "sglang", "trtllm")
ATTENTION_KINDS = ("gqa", "mla", "sparse_mla")
MOST_GPUS = 1024


@dataclass(frozen=True, slots=True)
class ServingShape:
    """One replica: which model in which precision, on which GPUs, split how.

    gpu_count  GPUs of the replica = tensor x pipeline x data parallel
    expert_parallel  GPUs over which whole experts are spread; 1 splits every expert
    engine_version   "" for a current one

    Raises ValueError with a sentence for a shape that cannot be.
    """

    model: str
    precision: str
    gpu: str
    gpu_count: int = 1
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    data_parallel: int = 1
    expert_parallel: int = 1
    engine: str = "vllm"
    engine_version: str = ""

    def __post_init__(self) -> None:
        faults = shape_faults(self)
        if faults:
            raise ValueError(" ".join(faults))

    @property
    def is_old_engine(self) -> bool:
        """Whether this is a vLLM before 0.8: its first engine spent more on every step."""
        told = re.match(r"v?0\.(\d+)", self.engine_version)
        return self.engine == "vllm" and told is not None and int(told[1]) < 8


def shape_faults(shape: ServingShape) -> list[str]:
    """What is wrong with `shape`, one sentence each; empty when nothing is."""
    faults = []
    if not shape.model.strip():
        faults.append("model is empty; give its repository, such as Qwen/Qwen3-32B.")
    if not shape.gpu.strip():
        faults.append("gpu is empty; give its type, such as NVIDIA L40S.")
    if shape.precision not in PRECISIONS:
        faults.append(
            f"precision is {shape.precision!r}; use one of {', '.join(PRECISIONS)}."
        )
    if shape.engine not in ENGINES:
        faults.append(f"engine is {shape.engine!r}; use one of {', '.join(ENGINES)}.")
    for name in ("gpu_count", "tensor_parallel", "pipeline_parallel", "data_parallel"):
        value = getattr(shape, name)
        if not 1 <= value <= MOST_GPUS:
            faults.append(f"{name} is {value}; it must be 1 to {MOST_GPUS:,}.")
    product = shape.tensor_parallel * shape.pipeline_parallel * shape.data_parallel
    if not faults and product != shape.gpu_count:
        faults.append(
            f"gpu_count is {shape.gpu_count}, but tensor x pipeline x data parallel is "
            f"{product}; they must be equal."
        )
    if not faults and (
        shape.expert_parallel < 1 or shape.gpu_count % shape.expert_parallel
    ):
        faults.append(
            f"expert_parallel is {shape.expert_parallel}; it must divide the "
            f"{shape.gpu_count} GPUs."
        )
    return faults


@dataclass(frozen=True, slots=True)
class ModelWork:
    """What a token of a model costs: the numbers that a roofline needs.

    total_parameters       all weights
    active_parameters      weights that one token multiplies with
    expert_parameters      of the total, those in routed experts; 0 for a dense model
    experts                routed experts of a layer; 0 for a dense model
    experts_per_token      of them, those that one token takes
    bytes_per_weight       of a weight that is quantised (all, or the experts)
    bytes_per_other_weight of the rest: attention, shared experts, embeddings
    kv_bytes_per_token     of cache over all layers and KV heads, one copy
    kv_splits              GPUs over which one token's cache can be split: its KV heads,
                           1 for a latent cache
    attention_width        query heads x head dimension
    attended_tokens        most tokens that a query reads (sparse or sliding); 0: all
    """

    model: str
    total_parameters: float
    active_parameters: float
    bytes_per_weight: float
    layers: int
    hidden_size: int
    kv_bytes_per_token: float
    kv_splits: int
    attention_width: int
    attention: str = "gqa"
    expert_parameters: float = 0.0
    experts: int = 0
    experts_per_token: int = 0
    bytes_per_other_weight: float = 2.0
    attention_layers: int = 0  # layers whose cost grows with the context; 0: all
    attended_tokens: int = 0

    def __post_init__(self) -> None:
        faults = work_faults(self)
        if faults:
            raise ValueError(" ".join(faults))

    @property
    def is_moe(self) -> bool:
        return self.experts > 0


def work_faults(work: ModelWork) -> list[str]:
    """What is wrong with `work`, one sentence each; empty when nothing is."""
    faults = []
    for name in (
        *("total_parameters", "active_parameters", "bytes_per_weight", "layers"),
        *("hidden_size", "kv_bytes_per_token", "kv_splits", "attention_width"),
    ):
        value = getattr(work, name)
        if not value > 0:
            faults.append(f"{name} of {work.model} is {value}; it must be above 0.")
    if work.active_parameters > work.total_parameters:
        faults.append(f"{work.model} has more active than total parameters.")
    if work.attention not in ATTENTION_KINDS:
        known = ", ".join(ATTENTION_KINDS)
        faults.append(f"attention is {work.attention!r}; use one of {known}.")
    if work.experts and not 1 <= work.experts_per_token <= work.experts:
        faults.append(
            f"experts_per_token of {work.model} is {work.experts_per_token}; it must be 1 "
            f"to {work.experts}."
        )
    return faults
