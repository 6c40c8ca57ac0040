"""Every field of every family's configuration, spoilt; and every model on every GPU."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from fleet.sizing.catalog import FILE, catalog
from fleet.sizing.config_fields import ConfigRefused
from fleet.sizing.config_json import architecture_of
from fleet.sizing.fit import SizingResult, Verdict, size
from fleet.sizing.gpus import GPUS
from fleet.sizing.precision import precision_of_config
from fleet.sizing.request import Sizing
from tests.fleet.sizing.questions import judged

SPOILT: list[Any] = [None, -1, 0, 1, 7, "x", 10**12, [], [None], {}, True, 3.7]


def families() -> dict[str, dict[str, Any]]:
    """One configuration of the catalog for each model type."""
    found: dict[str, dict[str, Any]] = {}
    for entry in json.loads(FILE.read_text()):
        config = entry["config"]
        text = config.get("text_config", config)
        found.setdefault(text.get("model_type", entry["slug"]), config)
    return found


def spoilt(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in config:
        for value in SPOILT:
            yield config | {key: value}
    inner = config.get("text_config")
    if inner is not None:
        for changed in spoilt(inner):
            yield config | {"text_config": changed}


def consistent(result: SizingResult) -> bool:
    """Whether verdict, reasons and numbers say the same."""
    if result.verdict == Verdict.FITS:
        return not result.reasons and result.short_by_gib == 0
    told = bool(result.reasons) and all(r.endswith(".") for r in result.reasons)
    if result.verdict == Verdict.IMPOSSIBLE:
        return told and not result.terms
    return told and result.kv_gib is not None


@pytest.mark.parametrize("model_type", families())
def test_a_spoilt_field_is_refused_or_sized(model_type: str):
    for config in spoilt(families()[model_type]):
        with suppress(ConfigRefused):
            model = architecture_of(config, "spoilt")
            precision = precision_of_config(config, model)
            asked = Sizing(model, precision, "H200", min(4096, model.max_context))
            assert consistent(size(asked)), config


@pytest.mark.parametrize("slug", catalog())
def test_every_model_gets_a_consistent_answer_on_every_kind_of_gpu(slug: str):
    length = min(8192, catalog()[slug].architecture.max_context)
    for gpu in ("T4", "L4", "A100", "H100", "B200", "GB10"):
        for precision in ("bf16", "fp8", "int4", "nvfp4"):
            result = judged(slug, precision, gpu, 8, max_model_len=length)
            assert consistent(result), (gpu, precision, result)
            if result.ok:
                assert result.max_sequences(length) >= 1


@pytest.mark.parametrize("gpu", GPUS)
def test_every_gpu_is_answered_for(gpu: str):
    assert consistent(judged("qwen-2.5-0.5b", "fp16", gpu))
