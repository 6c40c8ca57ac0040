"""What is asked of the calculator."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fleet.sizing.architecture import Architecture
from fleet.sizing.engine import Engine
from fleet.sizing.precision import Precision
from fleet.sizing.weights import Split


@dataclass(frozen=True, slots=True)
class Sizing:
    """One replica: a model in a precision on GPUs, with vLLM's flags.

    gpu                     name or identifier of the GPU type
    gpu_count               GPUs of the replica: tensor x pipeline x data parallel
    tensor_parallel         None: all of `gpu_count`
    gpu_memory_utilization  [1] None: the release's default; so are max_num_seqs and
                            max_num_batched_tokens
    max_model_len           [tokens] of one request, prompt and completion
    weight_gb               [GB = 10^9 bytes] of the checkpoint where it is known; None:
                            counted from the architecture
    memory_gib              [GiB] of one GPU where it was measured; None: the listed one
    """

    architecture: Architecture
    precision: Precision
    gpu: str
    max_model_len: int
    gpu_count: int = 1
    tensor_parallel: int | None = None
    pipeline_parallel: int = 1
    data_parallel: int = 1
    expert_parallel: bool = False
    gpu_memory_utilization: Decimal | None = None
    kv_cache_dtype: str = "auto"
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    enforce_eager: bool = False
    weight_gb: Decimal | None = None
    memory_gib: Decimal | None = None
    engine: Engine = Engine()

    @property
    def split(self) -> Split:
        tensor = self.tensor_parallel
        if tensor is None:
            others = max(1, self.pipeline_parallel * self.data_parallel)
            tensor = self.gpu_count // others
        return Split(
            tensor=tensor,
            pipeline=self.pipeline_parallel,
            data=self.data_parallel,
            expert=self.expert_parallel,
        )
