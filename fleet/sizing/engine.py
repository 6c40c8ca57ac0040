"""What vLLM's releases count and default to, so that a log of any age can be judged.

Defaults read in vLLM 0.32 (engine/arg_utils.py, config/cache.py, v1/worker/gpu_worker.py,
envs.py); older ones from their release notes and from published boot logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from fleet.sizing.gpus import GpuSpec

NEWEST = (0, 32)
FIRST_V1 = (0, 8)  # the V1 engine is the default from here on
LARGE_GPU_GIB = 70
LARGEST_GPU_GIB = 160
V0_CHUNKED_ABOVE = 32_768  # [tokens] V0 turned chunked prefill on for longer models


@dataclass(frozen=True, slots=True)
class Engine:
    """One release of vLLM, as far as memory goes.

    version  (0, minor)
    v1       whether it runs the V1 engine
    """

    version: tuple[int, int] = NEWEST
    v1: bool = True

    @property
    def gpu_memory_utilization(self) -> Decimal:
        """Its default share."""
        return Decimal("0.92") if self.version >= (0, 21) else Decimal("0.90")

    @property
    def counts_cuda_graphs(self) -> bool:
        """Whether CUDA graphs are inside the budget (the default since 0.21)."""
        return self.version >= (0, 21)

    @property
    def frees_windows(self) -> bool:
        """Whether the cache of a sliding window is bounded (hybrid KV cache manager)."""
        return self.v1 and self.version >= (0, 10)

    @property
    def tells_concurrency(self) -> bool:
        """Whether "KV cache size" is concurrency x length (before: blocks per group)."""
        return self.version >= (0, 21)

    @property
    def state_blocks(self) -> int:
        """State blocks per request: where prefixes are cached, vLLM keeps two."""
        return 2 if self.version >= (0, 20) else 1

    @property
    def reserved_per_peak(self) -> Decimal:
        """What a dry run counted per byte at its peak.

        Before 0.6 it was all that PyTorch had reserved, freed pieces included.
        """
        return Decimal(2) if self.version < (0, 6) else Decimal(1)

    @property
    def sampler_copies(self) -> Decimal:
        """fp32 copies of the logits alive at the peak of the sampler's profile."""
        if self.version >= (0, 29):
            return Decimal("2.1")
        return Decimal("3.5") if self.version >= (0, 17) else Decimal("9.4")

    def samples_in_dry_run(self, gpu: GpuSpec, max_model_len: int) -> bool:
        """V0 does not sample in the dry run of a chunk; all others do."""
        return self.v1 or not self._v0_chunks(gpu, max_model_len)

    def _v0_chunks(self, gpu: GpuSpec, max_model_len: int) -> bool:
        """V0 chunked long prompts, where FlashAttention could (Ampere and later)."""
        return max_model_len > V0_CHUNKED_ABOVE and gpu.compute_capability >= (8, 0)

    def max_num_seqs(self, gpu: GpuSpec) -> int:
        """The API server's default for `gpu`."""
        large = gpu.memory_gib >= LARGE_GPU_GIB and "A100" not in gpu.gpu_type_id
        return 1024 if self.v1 and self.version >= (0, 9) and large else 256

    def max_num_batched_tokens(self, gpu: GpuSpec, max_model_len: int) -> int:
        """[tokens] The API server's default for `gpu`: what one profiled step holds."""
        if not self.v1:
            if self._v0_chunks(gpu, max_model_len):
                return 2048 if self.version >= (0, 7) else 512
            return max(max_model_len, 2048)
        if gpu.memory_gib >= LARGEST_GPU_GIB and self.version >= (0, 22):
            return 16_384
        excluded = self.version >= (0, 9) and "A100" in gpu.gpu_type_id
        return 8192 if gpu.memory_gib >= LARGE_GPU_GIB and not excluded else 2048

    def concurrent_batches(self, pipeline_parallel: int) -> int:
        """Steps in flight, whose tokens a sliding window cannot free yet."""
        if pipeline_parallel > 1:
            return pipeline_parallel
        return 2 if self.version >= (0, 14) else 1


def engine_named(version: str) -> Engine:
    """The engine of a version as people write it: "0.6.x (V0)", "v0.11.0rc2", "".

    Nothing readable is taken as the newest.

    >>> engine_named("0.6.x (V0)")
    Engine(version=(0, 6), v1=False)
    """
    if re.search(r"\(202[34]-", version):  # dated before the V1 engine
        return Engine(version=(0, 5), v1=False)
    found = re.search(r"(?<![\d.])0\.(\d+)", version)
    if not found:
        return Engine()
    number = (0, int(found.group(1)))
    v0 = "v0)" in version.lower() or number < FIRST_V1
    return Engine(version=number, v1=not v0)
