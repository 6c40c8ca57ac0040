"""GPU types we can judge: usable memory, generation, bandwidth and arithmetic.

`memory_gib` is what CUDA reports as total memory, which is less than the number on the
box (24 GB -> 23.5 GiB): engines boot inside it. Bandwidth and arithmetic are the
datasheets' figures, dense (without sparsity). A GPU that is not listed does not fit: add
it here with its numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

Capability = tuple[int, int]


@dataclass(frozen=True, slots=True)
class GpuSpec:
    """One GPU type.

    gpu_type_id         the provider's identifier
    memory_gib          [GiB] usable by CUDA
    compute_capability  (major, minor), such as (8, 9) for Ada
    bandwidth_gb_s      [GB/s] of its memory
    bf16, fp8, fp4, int8_tflops  [10^12/s] dense; 0 where it has no such arithmetic.
                        BF16 stands for FP16 before Ampere
    nvlink              whether GPUs of one host are joined by NVLink
    unified             whether its memory is the host's own (GB10)
    source              where the figures are from
    """

    gpu_type_id: str
    memory_gib: Decimal
    compute_capability: Capability
    bandwidth_gb_s: int
    bf16_tflops: Decimal
    fp8_tflops: Decimal
    fp4_tflops: Decimal
    int8_tflops: Decimal
    nvlink: bool
    source: str
    aliases: tuple[str, ...] = ()
    unified: bool = False


def _gpu(
    gpu_type_id: str,
    memory_gib: str,
    capability: Capability,
    bandwidth_gb_s: int,
    tflops: tuple[str, str, str, str],
    source: str,
    *aliases: str,
    nvlink: bool = False,
    unified: bool = False,
) -> GpuSpec:
    bf16, fp8, fp4, int8 = map(Decimal, tflops)
    return GpuSpec(
        gpu_type_id=gpu_type_id,
        memory_gib=Decimal(memory_gib),
        compute_capability=capability,
        bandwidth_gb_s=bandwidth_gb_s,
        bf16_tflops=bf16,
        fp8_tflops=fp8,
        fp4_tflops=fp4,
        int8_tflops=int8,
        nvlink=nvlink,
        source=f"NVIDIA {source}",
        aliases=aliases,
        unified=unified,
    )


_A100 = ("312", "0", "0", "624")
_HOPPER = ("989", "1979", "0", "1979")
_ADA_48 = ("362", "733", "0", "733")

_LISTED = (
    _gpu("Tesla T4", "14.56", (7, 5), 320, ("65", "0", "0", "130"), "T4 datasheet",
         "T4", "NVIDIA T4", "T4 16GB"),
    _gpu("Tesla V100-SXM2-16GB", "15.77", (7, 0), 900, ("125", "0", "0", "0"),
         "V100 datasheet", "V100", "V100 16GB", nvlink=True),
    _gpu("Tesla V100-SXM2-32GB", "31.73", (7, 0), 900, ("125", "0", "0", "0"),
         "V100 datasheet", "V100 32GB", nvlink=True),
    _gpu("NVIDIA A10", "22.06", (8, 6), 600, ("125", "0", "0", "250"), "A10 datasheet",
         "A10", "A10 24GB"),
    _gpu("NVIDIA A10G", "22.06", (8, 6), 600, ("70", "0", "0", "140"),
         "A10G figures of AWS", "A10G", "A10G 24GB"),
    _gpu("NVIDIA A30", "23.50", (8, 0), 933, ("165", "0", "0", "330"), "A30 datasheet",
         "A30", "A30 24GB"),
    _gpu("NVIDIA L4", "22.03", (8, 9), 300, ("121", "242", "0", "242"), "L4 datasheet",
         "L4", "L4 24GB"),
    _gpu("NVIDIA GeForce RTX 3060", "11.63", (8, 6), 360, ("51", "0", "0", "102"),
         "GA102 whitepaper", "RTX 3060", "RTX 3060 12GB"),
    _gpu("NVIDIA GeForce RTX 3080 Ti", "11.63", (8, 6), 912, ("136", "0", "0", "273"),
         "GA102 whitepaper", "RTX 3080 Ti"),
    _gpu("NVIDIA GeForce RTX 3090", "23.58", (8, 6), 936, ("71", "0", "0", "284"),
         "GA102 whitepaper", "RTX 3090", "RTX 3090 24GB", "NVIDIA GeForce RTX 3090 Ti",
         "RTX 3090 Ti"),
    _gpu("NVIDIA GeForce RTX 4060 Ti", "15.59", (8, 9), 288, ("88", "176", "0", "353"),
         "Ada whitepaper", "RTX 4060 Ti", "RTX 4060 Ti 16GB"),
    _gpu("NVIDIA GeForce RTX 4070 Ti", "11.99", (8, 9), 504, ("160", "321", "0", "641"),
         "Ada whitepaper", "RTX 4070 Ti"),
    _gpu("NVIDIA GeForce RTX 4080", "15.69", (8, 9), 717, ("195", "390", "0", "780"),
         "Ada whitepaper", "RTX 4080", "NVIDIA GeForce RTX 4080 SUPER"),
    _gpu("NVIDIA GeForce RTX 4090", "23.52", (8, 9), 1008, ("165", "330", "0", "661"),
         "Ada whitepaper", "RTX 4090", "RTX 4090 24GB"),
    _gpu("NVIDIA GeForce RTX 5070 Ti", "15.48", (12, 0), 896, ("88", "351", "703", "703"),
         "RTX Blackwell whitepaper", "RTX 5070 Ti"),
    _gpu("NVIDIA GeForce RTX 5080", "15.48", (12, 0), 960, ("113", "450", "900", "900"),
         "RTX Blackwell whitepaper", "RTX 5080"),
    _gpu("NVIDIA GeForce RTX 5090", "31.36", (12, 0), 1792,
         ("209", "838", "1676", "838"), "RTX Blackwell whitepaper", "RTX 5090",
         "RTX 5090 32GB"),
    _gpu("NVIDIA RTX 2000 Ada Generation", "15.59", (8, 9), 224,
         ("48", "96", "0", "192"), "RTX 2000 Ada datasheet", "RTX 2000 Ada"),
    _gpu("NVIDIA RTX 4000 Ada Generation", "19.54", (8, 9), 360,
         ("107", "214", "0", "427"), "RTX 4000 Ada datasheet", "RTX 4000 Ada"),
    _gpu("NVIDIA RTX A4000", "15.63", (8, 6), 448, ("77", "0", "0", "153"),
         "RTX A4000 datasheet", "RTX A4000", "A4000"),
    _gpu("NVIDIA RTX A4500", "19.54", (8, 6), 640, ("95", "0", "0", "189"),
         "RTX A4500 datasheet", "RTX A4500", "A4500"),
    _gpu("NVIDIA RTX A5000", "23.56", (8, 6), 768, ("111", "0", "0", "222"),
         "RTX A5000 datasheet", "RTX A5000", "A5000", "A5000 24GB"),
    _gpu("NVIDIA RTX A6000", "47.43", (8, 6), 768, ("155", "0", "0", "310"),
         "RTX A6000 datasheet", "RTX A6000", "A6000", "A6000 48GB"),
    _gpu("NVIDIA A40", "44.34", (8, 6), 696, ("150", "0", "0", "299"), "A40 datasheet",
         "A40", "A40 48GB"),
    _gpu("NVIDIA RTX 6000 Ada Generation", "47.37", (8, 9), 960,
         ("364", "729", "0", "729"), "RTX 6000 Ada datasheet", "RTX 6000 Ada",
         "RTX 6000 Ada 48GB"),
    _gpu("NVIDIA L40", "44.39", (8, 9), 864, ("181", "362", "0", "362"),
         "L40 datasheet", "L40", "L40 48GB"),
    _gpu("NVIDIA L40S", "44.39", (8, 9), 864, _ADA_48, "L40S datasheet", "L40S",
         "L40S 48GB"),
    _gpu("NVIDIA RTX PRO 6000 Blackwell Server Edition", "94.97", (12, 0), 1597,
         ("504", "1008", "2015", "1008"), "RTX PRO 6000 datasheet",
         "RTX PRO 6000 Blackwell", "RTX PRO 6000", "RTX 6000 PRO", "RTX PRO 6000 96GB",
         "NVIDIA RTX PRO 6000 Blackwell Workstation Edition"),
    _gpu("NVIDIA RTX PRO 4500 Blackwell", "31.36", (12, 0), 896,
         ("110", "438", "877", "438"), "RTX PRO 4500 datasheet", "RTX PRO 4500"),
    _gpu("NVIDIA GB10", "121.63", (12, 1), 273, ("125", "250", "500", "250"),
         "DGX Spark datasheet", "GB10", "DGX Spark", "DGX Spark GB10", unified=True),
    _gpu("NVIDIA A100-SXM4-40GB", "39.39", (8, 0), 1555, _A100, "A100 datasheet",
         "A100 40GB", "A100-SXM 40GB", "NVIDIA A100-PCIE-40GB", nvlink=True),
    _gpu("NVIDIA A100 80GB PCIe", "79.15", (8, 0), 1935, _A100, "A100 datasheet",
         "A100 PCIe", "A100 PCIe 80GB", "A100-PCIe 80GB"),
    _gpu("NVIDIA A100-SXM4-80GB", "79.15", (8, 0), 2039, _A100, "A100 datasheet",
         "A100", "A100 80GB", "A100-SXM 80GB", "A100 SXM", "A800", "A800 80GB",
         "NVIDIA A800-SXM4-80GB", nvlink=True),
    _gpu("NVIDIA H100 PCIe", "79.10", (9, 0), 2000, ("756", "1513", "0", "1513"),
         "H100 datasheet", "H100 PCIe 80GB", "H100-PCIe 80GB"),
    _gpu("NVIDIA H100 80GB HBM3", "79.19", (9, 0), 3350, _HOPPER, "H100 datasheet",
         "H100", "H100 80GB", "H100-SXM 80GB", "H100 SXM", "H800", "H800 80GB",
         nvlink=True),
    _gpu("NVIDIA H100 NVL", "93.10", (9, 0), 3938, ("836", "1671", "0", "1671"),
         "H100 NVL datasheet", "H100 NVL 94GB", nvlink=True),
    _gpu("NVIDIA H20", "95.08", (9, 0), 4000, ("148", "296", "0", "296"),
         "H20 figures of server makers", "H20", "H20 96GB", nvlink=True),
    _gpu("NVIDIA H20-3e", "139.80", (9, 0), 4800, ("148", "296", "0", "296"),
         "H20-3e figures of server makers", "H20 141GB", nvlink=True),
    _gpu("NVIDIA GH200 480GB", "94.50", (9, 0), 4000, _HOPPER, "GH200 datasheet",
         "GH200", "GH200 96GB"),
    _gpu("NVIDIA GH200 144G HBM3e", "140.00", (9, 0), 4900, _HOPPER, "GH200 datasheet",
         "GH200 144GB"),
    _gpu("NVIDIA H200", "139.80", (9, 0), 4800, _HOPPER, "H200 datasheet", "H200",
         "H200 141GB", "H200 SXM", "H200-SXM 141GB", nvlink=True),
    _gpu("NVIDIA H200 NVL", "139.80", (9, 0), 4800, ("836", "1671", "0", "1671"),
         "H200 NVL datasheet", nvlink=True),
    _gpu("NVIDIA B200", "178.36", (10, 0), 8000, ("2250", "4500", "9000", "4500"),
         "DGX B200 datasheet", "B200", "B200 180GB", "B200 192GB", "B200 SXM", nvlink=True),
    _gpu("NVIDIA B300 SXM6 AC", "267.69", (10, 3), 8000,
         ("2250", "4500", "13500", "165"), "DGX B300 datasheet", "B300", "B300 288GB",
         "NVIDIA B300", "B300 SXM", nvlink=True),
    _gpu("NVIDIA GB200", "184.31", (10, 0), 8000, ("2500", "5000", "10000", "5000"),
         "GB200 NVL72 datasheet", "GB200", "GB200 192GB", nvlink=True),
    _gpu("NVIDIA GB300", "276.60", (10, 3), 8000, ("2500", "5000", "15000", "167"),
         "GB300 NVL72 datasheet", "GB300", "GB300 288GB", nvlink=True),
)  # fmt: skip

GPUS: dict[str, GpuSpec] = {gpu.gpu_type_id: gpu for gpu in _LISTED}
NOT_NVIDIA = ("amd", "mi210", "mi250", "mi300", "mi325", "mi350", "mi355", "rocm", "gaudi")


def _plain(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", " ", name.lower()).split()
    return " ".join(word for word in words if word not in ("nvidia", "geforce", "tesla"))


_BY_NAME = {
    _plain(name): gpu for gpu in _LISTED for name in (gpu.gpu_type_id, *gpu.aliases)
}


def gpu_named(name: str) -> GpuSpec | None:
    """The GPU that `name` means, by its identifier or a usual short name; None if none.

    >>> gpu_named("H100 80GB").gpu_type_id
    'NVIDIA H100 80GB HBM3'
    """
    return GPUS.get(name) or _BY_NAME.get(_plain(name))


def unknown_gpu_reason(name: str) -> str:
    """Why `name` cannot be judged, as a sentence."""
    if any(word in name.lower() for word in NOT_NVIDIA):
        return f"{name!r} is not an NVIDIA GPU; only NVIDIA's are sized here."
    return f"The memory of {name!r} is not known; choose a listed GPU type."
