"""How well does the calculator agree with boot logs of vLLM, and with whom does it vie?

    python benchmarks/sizing.py [vllm_kv_cache.csv [vram_recipes.csv]] [--rows]

Prints the median error of the KV cache (tokens, and GiB of one GPU) and the share of
right verdicts, per attention kind and per GPU, on rows that tell everything and on rows
where a default had to be assumed, against two rules on the same rows:

    GPUStack         weights x 1.2 + 2 GiB must fit in GPUs x memory x share; the rest of
                     that is its KV cache, at 2 x layers x KV heads x head size x 2 bytes
    aiconfigurator   NVIDIA's `estimate_kv_cache` of aiconfigurator-core, where it is
                     installed and knows model and GPU
"""

from __future__ import annotations

import contextlib
import csv
import io
import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fleet.sizing.boot_rows import BootRow, boot_row  # noqa: E402
from fleet.sizing.catalog import model_named  # noqa: E402
from fleet.sizing.fit import checkpoint_gb, size  # noqa: E402
from fleet.sizing.gpus import gpu_named  # noqa: E402
from fleet.sizing.precision import precision_named, variant_of  # noqa: E402
from fleet.sizing.request import Sizing  # noqa: E402
from fleet.sizing.weights import weight_bytes  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "sizing"
GIB = Decimal(2**30)
AIC_SYSTEMS = {
    "NVIDIA A100-SXM4-80GB": "a100_sxm",
    "NVIDIA A100 80GB PCIe": "a100_pcie",
    "NVIDIA H100 80GB HBM3": "h100_sxm",
    "NVIDIA H100 PCIe": "h100_pcie",
    "NVIDIA H200": "h200_sxm",
    "NVIDIA L40S": "l40s",
    "NVIDIA B200": "b200_sxm",
    "NVIDIA B300 SXM6 AC": "b300_sxm",
    "NVIDIA GB200": "gb200",
    "NVIDIA GB300": "gb300",
    "NVIDIA RTX PRO 6000 Blackwell Server Edition": "rtx_pro_6000_server",
}
AIC_NAMES = {
    "llama-3.1-8b": "meta-llama/Meta-Llama-3.1-8B",
    "llama-3-8b": "meta-llama/Meta-Llama-3.1-8B",
    "llama-3.1-70b": "meta-llama/Meta-Llama-3.1-70B",
    "llama-3-70b": "meta-llama/Meta-Llama-3.1-70B",
    "llama-3.3-70b": "meta-llama/Meta-Llama-3.1-70B",
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What a rule says of one boot; None where it says nothing."""

    fits: bool | None
    kv_gib: Decimal | None
    kv_tokens: int | None


NOTHING = Guess(None, None, None)


def ours(row: BootRow) -> Guess:
    result = size(row.asked)
    kv = None if result.kv_gib is None else max(Decimal(0), result.kv_gib)
    return Guess(result.ok, kv, result.kv_tokens)


def gpustack(row: BootRow) -> Guess:
    asked = row.asked
    gpu = gpu_named(asked.gpu)
    assert gpu is not None
    share = asked.gpu_memory_utilization or asked.engine.gpu_memory_utilization
    offered = (asked.memory_gib or gpu.memory_gib) * share * asked.gpu_count
    weights = weight_bytes(asked.architecture, asked.precision) / GIB
    left = (offered - (weights * Decimal("1.2") + 2)) / asked.gpu_count
    groups = asked.architecture.caching
    heads = [max(1, g.kv_heads // asked.split.tensor) for g in groups]
    per_token = sum(
        2 * g.layers * h * (g.head_dim or g.latent_dim // 2) * 2
        for g, h in zip(groups, heads, strict=True)
    )
    tokens = int(max(Decimal(0), left) * GIB / max(1, per_token))
    return Guess(left >= 0, max(Decimal(0), left), tokens)


def aiconfigurator(row: BootRow) -> Guess:
    """NVIDIA's estimate, or nothing where it knows no such model, GPU or precision."""
    try:
        from aiconfigurator_core.sdk.memory import estimate_kv_cache
    except ImportError:
        return NOTHING
    asked = row.asked
    system = AIC_SYSTEMS.get(asked.gpu)
    path = AIC_NAMES.get(row.model.slug) or row.model.repositories[0].repository
    gpu = gpu_named(asked.gpu)
    if system is None or gpu is None:
        return NOTHING
    quantised = {
        "bf16": ("bfloat16", "bfloat16"),
        "fp16": ("bfloat16", "bfloat16"),
        "fp8": ("fp8", "fp8"),
        "int4": ("int4_wo", "int4_wo"),
        "nvfp4": ("nvfp4", "nvfp4"),
    }.get(asked.precision.name)
    if quantised is None:
        return NOTHING
    share = asked.gpu_memory_utilization or asked.engine.gpu_memory_utilization
    batched = asked.max_num_batched_tokens or asked.engine.max_num_batched_tokens(
        gpu, asked.max_model_len
    )
    options: dict[str, Any] = {
        "max_num_tokens": batched,
        "max_batch_size": asked.max_num_seqs or asked.engine.max_num_seqs(gpu),
        "memory_fraction_kind": "of_total",
        "memory_fraction_value": float(share),
        "tp_size": asked.split.tensor,
        "pp_size": asked.split.pipeline,
        "gemm_quant_mode": quantised[0],
        "kvcache_quant_mode": "fp8" if "fp8" in asked.kv_cache_dtype else "bfloat16",
        "gpu_memory_capacity_bytes_override": int(
            (asked.memory_gib or gpu.memory_gib) * GIB
        ),
    }
    if row.model.architecture.experts is not None:
        options |= {"moe_tp_size": asked.split.tensor, "moe_ep_size": 1}
        options["moe_quant_mode"] = quantised[1]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            told = estimate_kv_cache(path, system, "vllm", "current", **options)
    except ValueError as refused:
        if "no KV" in str(refused) or "budget" in str(refused):
            return Guess(False, Decimal(0), 0)
        return NOTHING
    tokens = int(told["total_kv_size_tokens"])
    kv_gib = Decimal(told["total_kv_size_bytes"]) / GIB
    return Guess(tokens >= asked.max_model_len, kv_gib, tokens)


RULES: dict[str, Callable[[BootRow], Guess]] = {
    "ours": ours,
    "weights x 1.2 + 2": gpustack,
    "aiconfigurator": aiconfigurator,
}


@dataclass(frozen=True, slots=True)
class Score:
    """How one rule did on some rows: errors in per cent, verdicts as right of judged."""

    tokens: tuple[float, ...]
    gib: tuple[float, ...]
    right: int
    judged: int


def score(rows: Iterable[BootRow], rule: Callable[[BootRow], Guess]) -> Score:
    tokens, gib, right, judged = [], [], 0, 0
    for row in rows:
        guess = rule(row)
        if guess.kv_tokens is not None and row.kv_tokens:
            tokens.append(abs(guess.kv_tokens / row.kv_tokens - 1) * 100)
        if guess.kv_gib is not None and row.kv_gib:
            gib.append(float(abs(guess.kv_gib / row.kv_gib - 1) * 100))
        if guess.fits is not None:
            judged += 1
            right += guess.fits == row.booted
    return Score(tuple(tokens), tuple(gib), right, judged)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def table(title: str, groups: dict[str, list[BootRow]]) -> None:
    print(f"\n{title}")
    print(f"{'':34}{'rule':20}{'tokens':>14}{'GiB':>14}{'verdicts':>16}")
    for name, rows in groups.items():
        for rule_name, rule in RULES.items():
            got = score(rows, rule)
            print(
                f"{f'{name} ({len(rows)})':34}{rule_name:20}{_median(got.tokens):>14}"
                f"{_median(got.gib):>14}{_share(got.right, got.judged):>16}"
            )


def _median(errors: tuple[float, ...]) -> str:
    return f"{median(errors):.1f} % of {len(errors)}" if errors else "-"


def _share(right: int, judged: int) -> str:
    return f"{right}/{judged} = {right / judged:.0%}" if judged else "-"


def grouped(rows: list[BootRow], key: Callable[[BootRow], str]) -> dict[str, list[BootRow]]:
    found: dict[str, list[BootRow]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return dict(sorted(found.items()))


def print_rows(rows: list[BootRow]) -> None:
    print(f"\n{'row':58}{'weights':>14}{'KV GiB':>14}{'KV tokens':>24}  verdict")
    for row in rows:
        asked, result = row.asked, size(row.asked)
        what = (
            f"{row.model.slug} {asked.precision.name} {asked.gpu_count} x "
            f"{asked.gpu.removeprefix('NVIDIA ')[:18]} 0.{asked.engine.version[1]} "
            f"{asked.max_model_len}"
        )
        weights = f"{row.weights_gib or '-'}/{_short(result.weights_gib)}"
        kv = f"{row.kv_gib or '-'}/{_short(result.kv_gib)}"
        tokens = f"{row.kv_tokens or '-'}/{result.kv_tokens}"
        verdict = "right" if result.ok == row.booted else f"WRONG ({result.verdict})"
        print(
            f"{what[:57]:58}{weights:>14}{kv:>14}{tokens:>24}  {verdict} "
            f"{', '.join(row.assumed)}"
        )


def _short(number: Decimal | None) -> str:
    return "-" if number is None else f"{number:.2f}"


def recipes(path: Path) -> None:
    """vLLM's recipes: a minimum of memory that is computed, not measured."""
    counted: list[float] = []
    for row in read(path):
        model = model_named(row["model_id"])
        precision = precision_named(row["precision"])
        if model is None or precision is None or not row["vram_minimum_gb"]:
            continue
        asked = Sizing(
            architecture=model.architecture,
            precision=variant_of(precision, model.architecture),
            gpu="",
            max_model_len=1,
        )
        ratio = float(row["vram_minimum_gb"]) / float(checkpoint_gb(asked))
        counted.append(ratio)
    if counted:
        near = sum(1.05 <= ratio <= 1.35 for ratio in counted)
        print(
            f"\nRecipe minimums / our weights: median {median(counted):.2f} over "
            f"{len(counted)} variants (they are parameters x bytes x 1.2); "
            f"{near} within 1.05 to 1.35."
        )


def main() -> None:
    logging.disable(logging.CRITICAL)
    paths = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    logs = paths[0] if paths else DATA / "vllm_kv_cache.csv"
    minimums = paths[1] if len(paths) > 1 else DATA / "vram_recipes.csv"
    if not logs.is_file():
        sys.exit(f"{logs} is not there; name a CSV of boot logs.")
    rows, odd = [], []
    for line in read(logs):
        made = boot_row(line)
        if isinstance(made, str):
            odd.append(made)
        else:
            rows.append(made)
    table("All rows", {"all": rows})
    by_words = grouped(
        rows, lambda row: "assumed: " + ", ".join(row.assumed) if row.assumed else "told"
    )
    table("By what had to be assumed", by_words)
    table(
        "By attention kind",
        grouped(rows, lambda row: row.asked.architecture.attention_word),
    )
    table("By GPU", grouped(rows, lambda row: row.asked.gpu.removeprefix("NVIDIA ")))
    print(f"\nNot asked: {len(odd)} rows.", *sorted(set(odd)), sep="\n  ")
    if "--rows" in sys.argv:
        print_rows(rows)
    if minimums.is_file():
        recipes(minimums)


if __name__ == "__main__":
    main()
