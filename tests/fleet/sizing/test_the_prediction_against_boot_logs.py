"""Predictions beside boot logs of vLLM, where the collection of logs is at hand.

The errors that are known stay listed here: a change that makes another row wrong, or a
listed one right, has to say so in docs/sizing.md.
"""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from fleet.sizing.fit import DEFAULT_MAX_NUM_SEQS, Fit, ModelShape, fit
from tests.fleet.sizing.shapes import LLAMA_8B

ROOT = Path(__file__).resolve().parents[3]
BESIDE = ROOT.parent / "shared" / "data" / "sizing" / "vllm_kv_cache.csv"
LOGS = Path(os.environ.get("VLLM_BOOT_LOGS") or BESIDE)

pytestmark = pytest.mark.skipif(
    not LOGS.is_file(), reason="no boot logs at hand; name their CSV in VLLM_BOOT_LOGS"
)


def gqa(name: str, gb: str, precision: str, layers: int, heads: int, vocabulary: int):
    return ModelShape(
        name=name,
        weight_gb=Decimal(gb),
        precision=precision,
        attention="gqa",
        layers=layers,
        attention_heads=heads,
        kv_heads=8,
        head_dim=128,
        vocabulary_size=vocabulary,
        max_context=131_072,
    )


SHAPES = {
    "meta-llama/Llama-3.1-8B-Instruct": LLAMA_8B,
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B": gqa("R1", "29.54", "bf16", 48, 40, 152_064),
    "TechxGenus/Meta-Llama-3-70B-Instruct-AWQ": gqa(
        "70B", "39.77", "int4", 80, 64, 128_256
    ),
    "nvidia/Llama-3.3-70B-Instruct-FP8": gqa("70B", "72.7", "fp8", 80, 64, 128_256),
    "neuralmagic/Meta-Llama-3.1-8B-FP8": gqa("8B", "9.08", "fp8", 32, 32, 128_256),
    "mistralai/Mistral-7B-Instruct-v0.3": gqa("7B", "14.5", "bf16", 32, 32, 32_768),
    "Qwen/Qwen3-8B": gqa("Qwen3", "16.38", "bf16", 36, 32, 151_936),
}
GPUS = {
    "RTX 3090": "NVIDIA GeForce RTX 3090",
    "RTX 4090": "NVIDIA GeForce RTX 4090",
    "L40S 48GB": "NVIDIA L40S",
    "H100 80GB": "NVIDIA H100 80GB HBM3",
    "H100-SXM 80GB": "NVIDIA H100 80GB HBM3",
    "A100-SXM 80GB": "NVIDIA A100-SXM4-80GB",
    "A800 80GB": "NVIDIA A100-SXM4-80GB",  # the same memory
}
# (model, max_model_len, outcome in the log): what we get wrong, and why, is on the page.
SAID_TO_FIT_AND_DID_NOT = {
    ("meta-llama/Llama-3.1-8B-Instruct", "29000", "refused"),
    ("Qwen/Qwen3-8B", "40960", "refused"),
}
SAID_NOT_TO_FIT_AND_DID = {
    ("meta-llama/Llama-3.1-8B-Instruct", "35000", "fits"),
    ("nvidia/Llama-3.3-70B-Instruct-FP8", "32000", "fits"),
}


@cache
def compared() -> list[tuple[dict[str, str], Fit]]:
    with LOGS.open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["gpu_name"] in GPUS]
    return [(row, predicted(row)) for row in rows if row["model_id"] in SHAPES]


def predicted(row: dict[str, str]) -> Fit:
    return fit(
        SHAPES[row["model_id"]],
        gpu_type_id=GPUS[row["gpu_name"]],
        gpu_count=int(row["tensor_parallel"] or 1),
        max_model_len=int(row["max_model_len"]),
        gpu_memory_utilization=Decimal(row["gpu_memory_utilization"] or "0.90"),
        kv_cache_dtype=row["kv_cache_dtype"] or "auto",
        max_num_seqs=int(row["max_num_seqs"] or DEFAULT_MAX_NUM_SEQS),
    )


def test_enough_rows_are_compared():
    assert len(compared()) >= 25


def test_weights_agree_within_two_percent():
    for row, result in compared():
        if row["weights_gib_per_gpu"]:
            logged = Decimal(row["weights_gib_per_gpu"])
            assert result.weights_gib is not None
            assert abs(result.weights_gib - logged) / logged < Decimal("0.02"), row


def test_a_present_vllm_has_at_least_the_cache_that_we_predict():
    for row, result in compared():
        version = row["vllm_version"]
        if row["available_kv_gib_per_gpu"] and not version.startswith(("0.6", "0.7")):
            assert result.kv_gib is not None
            assert result.kv_gib < Decimal(row["available_kv_gib_per_gpu"]), row


def test_the_outcomes_that_we_get_wrong_are_the_ones_on_the_page():
    wrong = {
        (row["model_id"], row["max_model_len"], row["outcome"])
        for row, result in compared()
        if row["outcome"] in ("fits", "refused") and result.ok != (row["outcome"] == "fits")
    }

    assert wrong == SAID_TO_FIT_AND_DID_NOT | SAID_NOT_TO_FIT_AND_DID
