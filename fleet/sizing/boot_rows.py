"""A published boot of vLLM as a question to the calculator.

A row tells what somebody ran and what the engine logged. What it does not tell is filled
with the release's default, and every filling is named: rows with and without assumptions
are judged apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from fleet.sizing.catalog import CatalogModel, model_named
from fleet.sizing.engine import Engine, engine_named
from fleet.sizing.gpus import gpu_named
from fleet.sizing.kv_cache import KV_ELEMENT_BYTES
from fleet.sizing.precision import Precision, precision_named, variant_of
from fleet.sizing.request import Sizing

UNTOLD_RELEASE = Engine(version=(0, 24))  # the middle of the year that most logs are from
READS_SCALES = (0, 12)  # releases that resolve "auto" from the checkpoint
BOOTED = ("fits", "ok", "success")
UNTOLD = ("native",)  # the precision that it comes in


@dataclass(frozen=True, slots=True)
class BootRow:
    """One boot: the question, what was assumed, and what the engine logged.

    Logged figures are per GPU; None where the log does not tell.
    """

    asked: Sizing
    model: CatalogModel
    assumed: tuple[str, ...]
    booted: bool
    weights_gib: Decimal | None
    kv_gib: Decimal | None
    kv_tokens: int | None


def boot_row(row: Mapping[str, str]) -> BootRow | str:
    """The boot of a row of `vllm_kv_cache.csv`; or why it cannot be asked, a sentence."""
    name = row["model_id"]
    model = model_named(re.sub(r"\(.*?\)|\bEXL3\b", "", name).strip())
    if model is None:
        return f"{name} is not in the catalog."
    gpu = gpu_named(row["gpu_name"])
    if gpu is None:
        return f"{row['gpu_name']} is not a listed GPU."
    precision = _precision(name, row["precision"], model)
    if precision is None:
        return f"precision {row['precision']!r} is not known."
    dtype = row["kv_cache_dtype"] or "auto"
    if dtype not in KV_ELEMENT_BYTES:
        return f"KV cache dtype {dtype!r} is not known."
    assumed: list[str] = []
    engine = engine_named(row["vllm_version"])
    if not re.search(r"\d", row["vllm_version"]):
        assumed.append("release")
        engine = UNTOLD_RELEASE
    if dtype == "auto" and _carries_scales(name, precision, engine):
        dtype = "fp8"
    for field in ("gpu_memory_utilization", "max_model_len"):
        if not row[field]:
            assumed.append(field)
    context = model.architecture.max_context
    length = _whole(row["max_model_len"]) or context  # vLLM's own default
    architecture = model.architecture
    if length > context:  # such boots stretch the rotary embedding
        assumed.append("stretched context")
        architecture = replace(architecture, max_context=length)
    measured = _decimal(row["gpu_memory_gib"])
    exact = measured is not None and measured % 1 != 0
    asked = Sizing(
        architecture=architecture,
        precision=precision,
        gpu=gpu.gpu_type_id,
        gpu_count=_gpus(row),
        tensor_parallel=_whole(row["tensor_parallel"]) or _gpus(row),
        pipeline_parallel=_whole(row["pipeline_parallel"]) or 1,
        data_parallel=_whole(row["data_parallel"]) or 1,
        gpu_memory_utilization=_decimal(row["gpu_memory_utilization"]),
        max_model_len=length,
        max_num_seqs=_whole(row["max_num_seqs"]),
        max_num_batched_tokens=_whole(row["max_num_batched_tokens"]),
        kv_cache_dtype=dtype,
        enforce_eager=row.get("enforce_eager", "").lower() in ("true", "1", "yes"),
        memory_gib=measured if exact else None,
        engine=engine,
    )
    return BootRow(
        asked=asked,
        model=model,
        assumed=tuple(assumed),
        booted=row["outcome"] in BOOTED,
        weights_gib=_decimal(row["weights_gib_per_gpu"]),
        kv_gib=_decimal(row["available_kv_gib_per_gpu"]),
        kv_tokens=_whole(row["kv_cache_tokens"]),
    )


def _carries_scales(name: str, precision: Precision, engine: Engine) -> bool:
    """NVIDIA's own checkpoints carry scales for an FP8 cache, which "auto" then takes."""
    quantised = precision.name in ("fp8", "nvfp4")
    return name.startswith("nvidia/") and quantised and engine.version >= READS_SCALES


def _gpus(row: Mapping[str, str]) -> int:
    """GPUs of one replica: the product of its parallel sizes where they are told."""
    sizes = [
        _whole(row[name]) or 1
        for name in ("tensor_parallel", "pipeline_parallel", "data_parallel")
    ]
    product = sizes[0] * sizes[1] * sizes[2]
    return product if row["tensor_parallel"] else _whole(row["gpu_count"]) or product


def _precision(name: str, said: str, model: CatalogModel) -> Precision | None:
    """What the catalog knows of this very repository, or what the row says."""
    known = [told for told in model.repositories if told.repository == name]
    word = known[0].precision if known and known[0].precision != "bf16" else said.lower()
    if not word or word in UNTOLD:
        word = model.repositories[0].precision
    found = precision_named(word)
    return variant_of(found, model.architecture) if found else None


def _whole(text: str) -> int | None:
    number = _decimal(text)
    return None if number is None else int(number)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None
