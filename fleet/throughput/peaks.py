"""What GPUs can do at most, from NVIDIA's and AMD's data sheets.

Dense arithmetic (without sparsity). 0 means that the generation has no such unit and
computes in the next wider one. `link_gb_per_second` is what one GPU sends to the others
of its host: NVLink or Infinity Fabric in one direction, else PCIe.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.throughput.names import gpu_key


@dataclass(frozen=True, slots=True)
class GpuPeak:
    """One GPU type.

    memory_gb                [10^9 bytes, about] on the box
    bandwidth_gb_per_second  [10^9 bytes/s] of its memory
    *_tflops                 [10^12 operations/s], dense
    generation               ampere, ada, hopper, blackwell, blackwell-rtx or cdna3
    """

    key: str
    generation: str
    memory_gb: float
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


_PEAKS = {
    peak.key: peak
    for peak in (
        GpuPeak("rtx-3090", "ampere", 24, 936, 71, 0, 0, 25),
        GpuPeak("a10", "ampere", 24, 600, 125, 0, 0, 25),
        GpuPeak("a30", "ampere", 24, 933, 165, 0, 0, 25),
        GpuPeak("a40", "ampere", 48, 696, 149.7, 0, 0, 25),
        GpuPeak("a5000", "ampere", 24, 768, 111, 0, 0, 25),
        GpuPeak("a6000", "ampere", 48, 768, 154.8, 0, 0, 25),
        GpuPeak("a100-40gb", "ampere", 40, 1555, 312, 0, 0, 300),
        GpuPeak("a100-sxm", "ampere", 80, 2039, 312, 0, 0, 300),
        GpuPeak("a100-pcie", "ampere", 80, 1935, 312, 0, 0, 25),
        GpuPeak("l4", "ada", 24, 300, 121, 242, 0, 25),
        GpuPeak("l40", "ada", 48, 864, 181, 362, 0, 25),
        GpuPeak("l40s", "ada", 48, 864, 362, 733, 0, 25),
        GpuPeak("rtx-4070", "ada", 12, 504, 58, 117, 0, 25),
        GpuPeak("rtx-4090", "ada", 24, 1008, 165, 330, 0, 25),
        GpuPeak("rtx-6000-ada", "ada", 48, 960, 182, 364, 0, 25),
        GpuPeak("h20", "hopper", 96, 4000, 148, 296, 0, 450),
        GpuPeak("h800", "hopper", 80, 3350, 989, 1979, 0, 200),
        GpuPeak("h100-pcie", "hopper", 80, 2039, 756, 1513, 0, 50),
        GpuPeak("h100-nvl", "hopper", 94, 3938, 835, 1671, 0, 300),
        GpuPeak("h100-sxm", "hopper", 80, 3350, 989, 1979, 0, 450),
        GpuPeak("h200", "hopper", 141, 4800, 989, 1979, 0, 450),
        GpuPeak("rtx-5090", "blackwell-rtx", 32, 1792, 210, 419, 838, 50),
        GpuPeak("rtx-pro-6000", "blackwell-rtx", 96, 1792, 252, 503, 1007, 50),
        GpuPeak("b200", "blackwell", 180, 8000, 2250, 4500, 9000, 900),
        GpuPeak("b300", "blackwell", 270, 8000, 2250, 4500, 13500, 900),
        GpuPeak("gb200", "blackwell", 186, 8000, 2500, 5000, 10000, 900),
        GpuPeak("gb300", "blackwell", 278, 8000, 2500, 5000, 15000, 900),
        GpuPeak("mi300x", "cdna3", 192, 5300, 1307, 2615, 0, 448),
    )
}


def peak_of(gpu: str) -> GpuPeak | None:
    """The peak of a GPU under any name that sources use; None where it is not listed."""
    return _PEAKS.get(gpu_key(gpu))
