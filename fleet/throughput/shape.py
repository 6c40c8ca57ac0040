"""What serves, and what one token costs it: a replica's shape and a model's work."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fleet.sizing.architecture import Architecture
from fleet.sizing.precision import Precision

PRECISIONS = ("bf16", "fp8", "int8", "int4", "nvfp4", "mxfp4")
ENGINES = ("vllm", "sglang", "trtllm")
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
class AttentionWork:
    """What layers of one kind cost per token that a query attends to, all of them.

    bytes_per_token     of cache, one copy
    splits              GPUs over which one token's cache can be split: its KV heads,
                        1 for a latent cache
    decode_operations   of one new token; prefill_operations: of one prompt token
    most_tokens         that a query attends to (a window, a sparse choice); 0: all
    keeps_all           whether the cache keeps the tokens beyond (a sparse choice)
    """

    bytes_per_token: float
    splits: int
    decode_operations: float
    prefill_operations: float
    most_tokens: int = 0
    keeps_all: bool = False

    def attended(self, context_tokens: float) -> float:
        """[tokens] of `context_tokens` that a query reads."""
        return min(context_tokens, self.most_tokens or context_tokens)

    def kept(self, context_tokens: float) -> float:
        """[tokens] of `context_tokens` that the cache holds."""
        return context_tokens if self.keeps_all else self.attended(context_tokens)


@dataclass(frozen=True, slots=True)
class ModelWork:
    """What a token of a model costs: the numbers that a roofline needs.

    model              the key of its architecture (`names.architecture_key`)
    stored_bytes       of all weights, scales included
    step_bytes         of the weights that every step reads: without routed experts, the
                       embeddings that are looked up, and vision
    copied_bytes       of those, what every GPU of a tensor parallel group holds whole
    expert_bytes       of all routed experts; 0 for a dense model
    active_parameters  weights that one token multiplies with
    expert_parameters  all that are in routed experts; 0 for a dense model
    experts            routed experts of a layer; experts_per_token: those of one token
    expert_layers      layers that have experts
    latent_layers      layers of latent attention, a sparse one counted twice
    state_bytes        that a sequence's states read and write at every step
    state_operations   of a token on those states
    """

    model: str
    architecture: Architecture
    precision: Precision
    layers: int
    hidden_size: int
    stored_bytes: float
    step_bytes: float
    copied_bytes: float
    expert_bytes: float
    active_parameters: float
    expert_parameters: float
    experts: int
    experts_per_token: int
    expert_layers: int
    latent_layers: int
    attention: tuple[AttentionWork, ...]
    state_bytes: float
    state_operations: float

    @property
    def is_moe(self) -> bool:
        return self.experts > 0
