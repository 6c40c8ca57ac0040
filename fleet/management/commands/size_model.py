"""`manage.py size_model`: does a model fit on a GPU, from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from fleet.hub.model_config import MOST_BYTES, HubError, fetch_config
from fleet.sizing.advice import smallest_change
from fleet.sizing.architecture import Architecture
from fleet.sizing.catalog import model_named
from fleet.sizing.config_fields import ConfigRefused
from fleet.sizing.config_json import architecture_of
from fleet.sizing.engine import engine_named
from fleet.sizing.fit import SizingResult, size
from fleet.sizing.precision import (
    Precision,
    kv_cache_dtype_of_config,
    precision_named,
    precision_of_config,
    variant_of,
)
from fleet.sizing.request import Sizing

MOST_CHANGES = 5


class Command(BaseCommand):
    help = (
        "Says whether a model fits on GPUs under vLLM. MODEL is a known name, the path of "
        "a config.json, or owner/name at the hub."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model")
        parser.add_argument("gpu", help='such as "H100 80GB"')
        parser.add_argument("--gpus", type=int, default=1)
        parser.add_argument("--pipeline", type=int, default=1)
        parser.add_argument("--data", type=int, default=1)
        parser.add_argument("--expert-parallel", action="store_true")
        parser.add_argument("--precision", help="bf16, fp16, fp8, int8, int4, nvfp4, mxfp4")
        parser.add_argument("--max-model-len", type=int)
        parser.add_argument("--share", help="--gpu-memory-utilization, such as 0.90")
        parser.add_argument("--kv-cache-dtype", default="auto")
        parser.add_argument("--max-num-seqs", type=int)
        parser.add_argument("--vllm", default="", help="release, such as 0.19")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            model, precision, own_cache = _model(options["model"], options["precision"])
            asked = _asked(model, precision, options)
            if asked.kv_cache_dtype == "auto":
                asked = replace(asked, kv_cache_dtype=own_cache)
        except (ConfigRefused, HubError) as refusal:
            raise CommandError(str(refusal)) from None
        result = size(asked)
        for line in _lines(asked, result):
            self.stdout.write(line)
        for change in smallest_change(asked)[:MOST_CHANGES]:
            self.stdout.write(f"  or: {change.sentence}")


def _model(name: str, precision: str | None) -> tuple[Architecture, Precision, str]:
    """The architecture that `name` means, its precision, and what "auto" means for its
    cache. Raises with a sentence.
    """
    path = Path(name)
    known = None if path.suffix == ".json" else model_named(name)
    if known is not None:
        said = precision or (name if precision_named(name) else None)
        stored = said or known.repositories[0].precision
        return known.architecture, _variant(stored, known.architecture), "auto"
    if path.suffix == ".json":
        config = _read(path)
    else:
        config = fetch_config(name, base_url=settings.MODEL_HUB_URL)
    architecture = architecture_of(config, name)
    if precision is None:
        told = precision_of_config(config, architecture)
        return architecture, told, kv_cache_dtype_of_config(config)
    return architecture, _variant(precision, architecture), "auto"


def _variant(name: str, architecture: Architecture) -> Precision:
    found = precision_named(name)
    if found is None:
        raise CommandError(f"precision is {name!r}; use bf16, fp8, int4, nvfp4 or mxfp4.")
    return variant_of(found, architecture)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CommandError(f"{path} is larger than {MOST_BYTES:,} bytes.")
        found = json.loads(path.read_bytes())
    except OSError as failure:
        raise CommandError(f"{path} cannot be read: {failure.strerror}.") from None
    except (ValueError, RecursionError):
        raise CommandError(f"{path} is not JSON; give a model's config.json.") from None
    if not isinstance(found, dict):
        raise CommandError(f"{path} is not a JSON object; give a model's config.json.")
    return found


def _asked(model: Architecture, precision: Precision, options: dict[str, Any]) -> Sizing:
    asked = Sizing(
        architecture=model,
        precision=precision,
        gpu=options["gpu"],
        gpu_count=options["gpus"],
        pipeline_parallel=options["pipeline"],
        data_parallel=options["data"],
        expert_parallel=options["expert_parallel"],
        max_model_len=(
            model.max_context
            if options["max_model_len"] is None
            else options["max_model_len"]
        ),
        kv_cache_dtype=options["kv_cache_dtype"],
        max_num_seqs=options["max_num_seqs"],
        engine=engine_named(options["vllm"]),
    )
    if options["share"] is None:
        return asked
    try:
        return replace(asked, gpu_memory_utilization=Decimal(options["share"]))
    except InvalidOperation:
        raise CommandError(
            f"share is {options['share']!r}; give a number such as 0.90."
        ) from None


def _lines(asked: Sizing, result: SizingResult) -> list[str]:
    """What is said of `result`, line by line."""
    model = asked.architecture
    lines = [
        f"{model.name}: {model.parameters.total / 10**9:.1f} billion parameters, "
        f"{model.active_parameters / 10**9:.1f} active, in {asked.precision.name}",
        f"{asked.gpu_count} x {asked.gpu}, {asked.max_model_len:,} tokens: "
        f"{result.verdict.upper()}",
    ]
    if result.short_by_gib:
        lines[-1] += f" by {result.short_by_gib:.1f} GiB on each GPU"
    lines += [f"  {term.name:16}{term.gib:9.2f} GiB" for term in result.bar]
    if result.budget_gib is not None:
        lines.append(f"  {'budget':16}{result.budget_gib:9.2f} GiB on each GPU")
    if result.kv_tokens is not None:
        lines.append(
            f"  {result.kv_tokens:,} tokens of KV cache; "
            f"{result.max_sequences(asked.max_model_len)} requests of this length at once"
        )
    return [*lines, *result.reasons, *result.notes]
