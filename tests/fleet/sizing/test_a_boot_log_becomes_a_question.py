"""A row of a collection of boots: what it tells, and what had to be assumed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fleet.sizing.boot_rows import BootRow, boot_row
from fleet.sizing.engine import engine_named
from fleet.sizing.gpus import gpu_named

COLUMNS = (
    *("vllm_version", "model_id", "precision", "kv_cache_dtype", "gpu_name", "gpu_count"),
    *("gpu_memory_gib", "tensor_parallel", "pipeline_parallel", "data_parallel"),
    *("gpu_memory_utilization", "max_model_len", "max_num_seqs"),
    *("max_num_batched_tokens", "weights_gib_per_gpu", "available_kv_gib_per_gpu"),
    *("kv_cache_tokens", "outcome", "enforce_eager"),
)


def row(**told: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | {
        "vllm_version": "0.19.0",
        "model_id": "meta-llama/Llama-3.1-8B-Instruct",
        "precision": "bf16",
        "gpu_name": "H100 80GB",
        "gpu_count": "2",
        "gpu_memory_gib": "80",
        "tensor_parallel": "2",
        "gpu_memory_utilization": "0.95",
        "max_model_len": "8192",
        "outcome": "fits",
        **told,
    }


def made(**told: str) -> BootRow:
    found = boot_row(row(**told))
    assert isinstance(found, BootRow), found
    return found


def test_what_is_told_is_asked():
    found = made(kv_cache_tokens="952032", available_kv_gib_per_gpu="58.11")

    assert found.assumed == ()
    assert (found.asked.gpu_count, found.asked.split.tensor) == (2, 2)
    assert found.asked.engine == engine_named("0.19")
    assert (found.booted, found.kv_tokens, found.kv_gib) == (
        True,
        952_032,
        Decimal("58.11"),
    )


def test_the_number_on_the_box_is_no_measurement():
    assert made().asked.memory_gib is None
    assert made(gpu_memory_gib="79.19").asked.memory_gib == Decimal("79.19")


def test_what_is_not_told_is_assumed_and_named():
    found = made(vllm_version="", gpu_memory_utilization="", max_model_len="")

    assert found.assumed == ("release", "gpu_memory_utilization", "max_model_len")
    assert found.asked.max_model_len == 131_072


def test_a_longer_context_was_stretched():
    found = made(model_id="Qwen/Qwen3-8B", max_model_len="131072")

    assert found.assumed == ("stretched context",)
    assert found.asked.architecture.max_context == 131_072


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"model_id": "acme/unheard-of-7b"}, "is not in the catalog"),
        ({"gpu_name": "AMD MI300X"}, "is not a listed GPU"),
        ({"precision": "int3"}, "precision 'int3' is not known"),
        ({"kv_cache_dtype": "turboquant"}, "dtype 'turboquant' is not known"),
    ],
)
def test_what_is_not_known_cannot_be_asked(told: dict[str, str], why: str):
    found = boot_row(row(**told))

    assert isinstance(found, str)
    assert why in found


@pytest.mark.parametrize(
    ("said", "minor", "v1"),
    [
        ("0.6.x (V0)", 6, False),
        ("0.8.5 (V1)", 8, True),
        ("0.8.5 (V0)", 8, False),
        ("v0.11.0rc2.dev98", 11, True),
        ("(2024-06-12)", 5, False),
        ("0.7.x (2025-02-11, V0)", 7, False),
        ("", 32, True),
    ],
)
def test_a_version_is_read_as_people_write_it(said: str, minor: int, v1: bool):
    engine = engine_named(said)

    assert (engine.version, engine.v1) == ((0, minor), v1)


@pytest.mark.parametrize(
    ("version", "gpu", "length", "tokens"),
    [
        ("0.6", "RTX 3090", 20_000, 20_000),  # V0 ran the whole length at once
        ("0.6", "RTX 3090", 35_000, 512),  # and chunked what was longer than 32k
        ("0.6", "V100", 40_000, 40_000),  # but not before Ampere
        ("0.19", "H100", 131_072, 8192),
        ("0.19", "A100", 131_072, 2048),
        ("0.19", "L40S", 131_072, 2048),
        ("0.32", "B200", 131_072, 16_384),
    ],
)
def test_the_dry_run_is_as_long_as_the_release_makes_it(
    version: str, gpu: str, length: int, tokens: int
):
    spec = gpu_named(gpu)
    assert spec is not None
    assert engine_named(version).max_num_batched_tokens(spec, length) == tokens
