"""What GPUs can do at most: sizing's data sheets, with what speed needs besides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from fleet.sizing.gpus import Capability, GpuSpec, gpu_named

# Lowest compute capability of each generation, newest first.
GENERATIONS: tuple[tuple[Capability, str], ...] = (
    ((12, 0), "blackwell-rtx"),
    ((10, 0), "blackwell"),
    ((9, 0), "hopper"),
    ((8, 9), "ada"),
    ((8, 0), "ampere"),
    ((7, 5), "turing"),
    ((7, 0), "volta"),
)
# [10^9 bytes/s] that one GPU sends to the others of its host, in one direction: PCIe 5
# or 4, and NVLink where it has one.
PCIE = {"hopper": 50.0, "blackwell-rtx": 50.0, "blackwell": 50.0}
PCIE_BEFORE = 25.0
NVLINK = {"blackwell": 900.0, "hopper": 450.0, "ampere": 300.0, "volta": 150.0}


@dataclass(frozen=True, slots=True)
class GpuPeak:
    """One GPU type, in the floats that the roofline computes with.

    memory_bytes             usable by CUDA
    bandwidth_gb_per_second  [10^9 bytes/s] of its memory
    *_tflops                 [10^12 operations/s], dense; 0 where it has no such unit
    link_gb_per_second       [10^9 bytes/s] to the other GPUs of its host
    """

    generation: str
    memory_bytes: float
    bandwidth_gb_per_second: float
    bf16_tflops: float
    fp8_tflops: float
    fp4_tflops: float
    link_gb_per_second: float

    def tflops(self, precision: str) -> float:
        """[10^12/s] for weights of `precision`: weight-only formats compute in BF16."""
        if precision == "nvfp4" and self.fp4_tflops:
            return self.fp4_tflops
        if precision in ("fp8", "nvfp4") and self.fp8_tflops:
            return self.fp8_tflops
        if precision == "mxfp4" and self.fp4_tflops:
            return self.fp8_tflops  # MXFP4 weights with MXFP8 activations
        return self.bf16_tflops


@lru_cache(maxsize=1024)
def peak_of(gpu: str) -> GpuPeak | None:
    """The peak of a GPU under any name that sizing knows; None where it is not listed."""
    spec = gpu_named(gpu)
    if spec is None:
        return None
    generation = generation_of(spec)
    pcie = PCIE.get(generation, PCIE_BEFORE)
    return GpuPeak(
        generation=generation,
        memory_bytes=float(spec.memory_gib) * 2**30,
        bandwidth_gb_per_second=float(spec.bandwidth_gb_s),
        bf16_tflops=float(spec.bf16_tflops),
        fp8_tflops=float(spec.fp8_tflops),
        fp4_tflops=float(spec.fp4_tflops),
        link_gb_per_second=NVLINK.get(generation, pcie) if spec.nvlink else pcie,
    )


def generation_of(spec: GpuSpec) -> str:
    """volta, turing, ampere, ada, hopper, blackwell or blackwell-rtx."""
    return next(name for since, name in GENERATIONS if spec.compute_capability >= since)
