"""GPU types we can judge: usable memory and what their generation computes.

`memory_gib` is what CUDA reports as total memory, which is less than the number on
the box (24 GB -> 23.5 GiB); rounded down, so that a fit never rests on memory that
is not there. A GPU that is not listed does not fit: add it here with its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class GpuSpec:
    """One GPU type.

    gpu_type_id         the provider's identifier
    memory_gib          [GiB] usable by CUDA
    compute_capability  (major, minor), such as (8, 9) for Ada
    """

    gpu_type_id: str
    memory_gib: Decimal
    compute_capability: tuple[int, int]


def _gpu(gpu_type_id: str, memory_gib: str, major: int, minor: int) -> GpuSpec:
    return GpuSpec(gpu_type_id, Decimal(memory_gib), (major, minor))


GPUS: dict[str, GpuSpec] = {
    gpu.gpu_type_id: gpu
    for gpu in (
        _gpu("NVIDIA GeForce RTX 3090", "23.5", 8, 6),
        _gpu("NVIDIA GeForce RTX 4090", "23.5", 8, 9),
        _gpu("NVIDIA GeForce RTX 5090", "31.3", 12, 0),
        _gpu("NVIDIA RTX A5000", "23.5", 8, 6),
        _gpu("NVIDIA RTX A6000", "47.4", 8, 6),
        _gpu("NVIDIA A40", "44.3", 8, 6),
        _gpu("NVIDIA RTX 6000 Ada Generation", "47.4", 8, 9),
        _gpu("NVIDIA L4", "22.0", 8, 9),
        _gpu("NVIDIA L40", "44.3", 8, 9),
        _gpu("NVIDIA L40S", "44.3", 8, 9),
        _gpu("NVIDIA A100 80GB PCIe", "79.1", 8, 0),
        _gpu("NVIDIA A100-SXM4-80GB", "79.1", 8, 0),
        _gpu("NVIDIA H100 PCIe", "79.1", 9, 0),
        _gpu("NVIDIA H100 80GB HBM3", "79.1", 9, 0),
        _gpu("NVIDIA H100 NVL", "93.0", 9, 0),
        _gpu("NVIDIA H200", "139.7", 9, 0),
        _gpu("NVIDIA B200", "178.3", 10, 0),
    )
}
