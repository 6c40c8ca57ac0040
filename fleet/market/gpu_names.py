"""Many names of one GPU, and our canonical one; what is not certain stays unknown.

The canonical name is RunPod's GPU type id, the one that `fleet/sizing/gpus.py` knows.
An H100 or an A100 exists on several boards (SXM, PCIe, NVL) that differ in speed and
in price; a source that says only "H100" gets no canonical name, unless its product's
name says the board.
"""

from __future__ import annotations

import re
from decimal import Decimal

from fleet.sizing.gpus import GPUS

H100_SXM, H100_PCIE, H100_NVL = (
    "NVIDIA H100 80GB HBM3",
    "NVIDIA H100 PCIe",
    "NVIDIA H100 NVL",
)
A100_SXM, A100_PCIE = "NVIDIA A100-SXM4-80GB", "NVIDIA A100 80GB PCIe"
B300 = "NVIDIA B300 SXM6 AC"
OTHER_MEMORY_GB = {B300: Decimal(288)}  # canonical names that the sizing may not know yet

NAMES = {  # letters and digits of a name -> canonical
    "rtx3090": "NVIDIA GeForce RTX 3090",
    "rtx4090": "NVIDIA GeForce RTX 4090",
    "rtx5090": "NVIDIA GeForce RTX 5090",
    "a5000": "NVIDIA RTX A5000",
    "rtxa5000": "NVIDIA RTX A5000",
    "a6000": "NVIDIA RTX A6000",
    "rtxa6000": "NVIDIA RTX A6000",
    "a40": "NVIDIA A40",
    "rtx6000ada": "NVIDIA RTX 6000 Ada Generation",
    "l4": "NVIDIA L4",
    "l40": "NVIDIA L40",
    "l40s": "NVIDIA L40S",
    "a100sxm": A100_SXM,
    "a100sxm4": A100_SXM,
    "a10080gbsxm": A100_SXM,
    "a10080gbsxm4": A100_SXM,
    "a100pcie": A100_PCIE,
    "a10080gbpcie": A100_PCIE,
    "h100sxm": H100_SXM,
    "h100sxm5": H100_SXM,
    "h10080gbsxm5": H100_SXM,
    "h100pcie": H100_PCIE,
    "h10080gbpcie": H100_PCIE,
    "h100nvl": H100_NVL,
    "h200": "NVIDIA H200",
    "h200sxm": "NVIDIA H200",
    "h200sxm5": "NVIDIA H200",
    "b200": "NVIDIA B200",
    "b200sxm": "NVIDIA B200",
    "b300": B300,
    "b300sxm": B300,
    "b300sxm6": B300,
}
BOARDS = {  # a name without its board, and the board -> canonical
    ("a100", "sxm"): A100_SXM,
    ("a100", "pcie"): A100_PCIE,
    ("h100", "sxm"): H100_SXM,
    ("h100", "pcie"): H100_PCIE,
    ("h100", "nvl"): H100_NVL,
}
PRODUCT_BOARDS = (  # products whose maker documents the board, and names that say it
    ("aws", r"p4de?\.|p5\.", "sxm"),
    ("gcp", r"a2-|a3-", "sxm"),
    ("digitalocean", r"gpu-h100x[18]-", "sxm"),
    ("", r"sxm", "sxm"),
    ("", r"pcie", "pcie"),
    ("", r"nvl", "nvl"),
)
MEMORY_TOLERANCE = Decimal("0.10")  # 24 GB on the box are 23.5 GiB in CUDA, and less


def canonical(
    name: str, *, memory_gb: int | None = None, provider: str = "", product: str = ""
) -> str:
    """The canonical GPU type of a source's `name`; "" where it is not certain.

    memory_gb  [GB] as the source says it: a 40 GB A100 is not the 80 GB one
    product    the provider's product, whose name may say the board
    """
    found = name if name in GPUS or name in OTHER_MEMORY_GB else NAMES.get(plain(name), "")
    if not found:
        board = board_of(provider, product)
        found = BOARDS.get((re.sub(r"(40|80|94)gb$", "", plain(name)), board), "")
    return found if found and memory_agrees(found, memory_gb) else ""


def plain(name: str) -> str:
    """Letters and digits of a name, without its maker.

    >>> plain("NVIDIA GeForce RTX 4090"), plain("H100-SXM5")
    ('rtx4090', 'h100sxm5')
    """
    words = re.sub(r"\b(nvidia|geforce|tesla)\b", "", name.lower())
    return re.sub(r"[^a-z0-9]", "", words)


def board_of(provider: str, product: str) -> str:
    """sxm, pcie or nvl, where the product's name says it; else ""."""
    for maker, pattern, board in PRODUCT_BOARDS:
        if maker in ("", provider) and re.search(pattern, product.lower()):
            return board
    return ""


def memory_agrees(gpu_type_id: str, memory_gb: int | None) -> bool:
    """Whether a source's memory is that of the type; true where it says none."""
    if memory_gb is None:
        return True
    spec = GPUS.get(gpu_type_id)
    known = spec.memory_gib if spec else OTHER_MEMORY_GB[gpu_type_id]
    return abs(Decimal(memory_gb) - known) <= known * MEMORY_TOLERANCE


def known_memory_gb(gpu_type_id: str) -> int | None:
    """[GB] of one GPU, about; None for a type that is not known."""
    spec = GPUS.get(gpu_type_id)
    known = spec.memory_gib if spec else OTHER_MEMORY_GB.get(gpu_type_id)
    return None if known is None else int(known)
