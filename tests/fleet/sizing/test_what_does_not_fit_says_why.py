"""What vLLM refuses is refused, and every reason is a sentence."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fleet.sizing.fit import Verdict, size
from fleet.sizing.precision import PRECISIONS
from tests.fleet.sizing.questions import asked, judged, release

RTX_4090 = "NVIDIA GeForce RTX 4090"


def test_a_fit_has_no_reason_against_it():
    result = judged("llama-3.1-8b", "bf16", RTX_4090, max_model_len=16_384)

    assert result.ok
    assert result.reasons == ()
    assert result.short_by_gib == 0


def test_a_request_that_finds_no_room_is_short_by_what_it_lacks():
    result = judged("llama-3.1-8b", "bf16", RTX_4090, max_model_len=65_536)

    assert result.verdict == Verdict.SHORT
    assert result.kv_gib is not None
    assert result.short_by_gib == pytest.approx(8 - result.kv_gib, abs=Decimal("0.01"))
    assert result.reasons[0].startswith("The KV cache holds ")
    assert "less than one request of 65,536; lower max_model_len" in result.reasons[0]


def test_weights_that_are_too_large_are_short():
    result = judged("llama-3.1-70b", "bf16", RTX_4090)

    assert "needs 131.4 GiB of weights" in result.reasons[0]
    assert result.kv_tokens == 0


@pytest.mark.parametrize(
    ("question", "changes", "reason"),
    [
        (("llama-3.1-8b", "bf16", "GTX 1080"), {}, "The memory of 'GTX 1080' is not known"),
        (("llama-3.1-8b", "bf16", "AMD MI300X"), {}, "is not an NVIDIA GPU"),
        (
            ("llama-3.1-8b", "bf16", "T4"),
            {},
            "cannot load bf16 weights: it has compute capa",
        ),
        (("llama-3.1-8b", "fp8", "V100"), {}, "has compute capability 7.0; vLLM needs 7.5"),
        (("glm-5", "fp8", "L40S", 8), {}, "no kernel for sparse latent attention"),
        (
            ("llama-3.1-8b", "bf16", "L4"),
            {"gpu_memory_utilization": Decimal("1.2")},
            "gpu_memory_utilization is 1.2; it must be more than 0 and less than 1",
        ),
        (
            ("llama-3.1-8b", "bf16", "L4"),
            {"max_model_len": 200_000},
            "max_model_len is 200,000; Llama 3.1 8B Instruct takes 1 to 131,072 tokens.",
        ),
        (("llama-3.1-8b", "bf16", "L4"), {"max_model_len": 0}, "max_model_len is 0"),
        (("llama-3.1-8b", "bf16", "L4"), {"max_num_seqs": 0}, "max_num_seqs is 0"),
        (("llama-3.1-8b", "bf16", "L4", 0), {}, "GPU count is 0; tensor 0 x"),
        (
            ("llama-3.1-8b", "bf16", "L4", 4),
            {"tensor_parallel": 2},
            "GPU count is 4; tensor 2 x pipeline 1 x data parallel 1 needs 2",
        ),
        (
            ("llama-3.1-8b", "bf16", "L4"),
            {"kv_cache_dtype": "int3"},
            "kv_cache_dtype is 'int3'; use one of auto",
        ),
        (
            ("llama-3.1-8b", "bf16", "L4"),
            {"kv_cache_dtype": "fp8_ds_mla"},
            "a format of sparse latent attention",
        ),
        (
            ("llama-3.1-8b", "fp16", "T4"),
            {"kv_cache_dtype": "fp8"},
            "Tesla T4 has no kernel for a cache in fp8; use kv_cache_dtype auto.",
        ),
        (
            ("qwen-2.5-7b", "bf16", "L4", 8),
            {},
            "its 28 attention heads are not divisible by 8",
        ),
        (("qwen-3.5-27b", "bf16", "L4", 3), {}, "KV heads cannot be spread evenly over 3"),
        (
            ("llama-3.1-8b", "bf16", "L4"),
            {"weight_gb": Decimal(0)},
            "are 0 GB; they must be above 0.",
        ),
        (
            ("llama-3.1-8b", "bf16", "L4", 64),
            {"tensor_parallel": 1, "pipeline_parallel": 64},
            "64 pipeline stages for 32 layers",
        ),
    ],
)
def test_what_vllm_refuses_is_impossible(
    question: tuple[Any, ...], changes: dict[str, Any], reason: str
):
    result = judged(*question, **changes)

    assert result.verdict == Verdict.IMPOSSIBLE
    assert any(reason in told for told in result.reasons), result.reasons
    assert all(told.endswith(".") for told in result.reasons)


def test_every_reason_is_told_and_not_only_the_first():
    result = judged("glm-5", "fp8", "L40S", 3, gpu_memory_utilization=Decimal(0))

    assert len(result.reasons) == 3


def test_a_vocabulary_that_does_not_split_is_refused():
    question = asked("llama-2-13b", "bf16", "A100 80GB", 5)
    odd = replace(question.architecture, vocabulary_size=32_001)

    assert (
        "its vocabulary, padded to 32064, is not divisible by 5"
        in (size(replace(question, architecture=odd)).reasons[0])
    )


def test_blocks_that_share_a_scale_are_not_cut():
    """Qwen3 235B FP8: experts 1,536 wide, in blocks of 128, do not split into eight."""
    question = asked("qwen-3-235b-a22b", "fp8", "H100", 8)
    blocks = replace(question.precision, block=128)

    refused = size(replace(question, precision=blocks))
    spread = size(replace(question, precision=blocks, expert_parallel=True))

    assert "does not split into 8 x whole blocks of 128" in refused.reasons[0]
    assert spread.ok


def test_an_ampere_gpu_stores_fp8_and_is_told_that_it_saves_no_time():
    result = judged("llama-3.1-8b", "fp8", "A100 80GB")

    assert result.ok
    assert "saves memory and not time" in result.notes[0]


def test_a_release_that_leaves_graphs_out_of_its_budget_is_told_to_leave_room():
    high = asked(
        "llama-3.1-8b", "bf16", "RTX 4090",
        gpu_memory_utilization=Decimal("0.98"), engine=release(19),
    )  # fmt: skip
    now = replace(high, engine=release(32))

    assert any("CUDA graphs of about 0.9 GiB come on top" in n for n in size(high).notes)
    assert size(replace(high, gpu_memory_utilization=Decimal("0.90"))).notes == ()
    assert size(now).notes == ()


def test_a_volta_gpu_was_good_for_older_releases():
    half = asked("qwen-2.5-3b", "fp16", "V100 32GB", engine=release(8))

    assert size(half).ok


def test_more_sequences_than_state_blocks_are_refused_since_the_check_exists():
    many = asked("qwen-3.5-27b", "fp8", "L40S", max_model_len=32_768, max_num_seqs=256)
    few = replace(many, max_num_seqs=64)

    result = size(many)
    assert "state blocks" in result.reasons[0]
    assert "less than max_num_seqs 256; lower max_num_seqs to" in result.reasons[0]
    assert size(few).ok


@pytest.mark.parametrize("count", [1, 2, 4])
def test_more_gpus_never_hold_fewer_tokens(count: int):
    few = judged("llama-3.1-8b", "bf16", RTX_4090, count).kv_tokens
    more = judged("llama-3.1-8b", "bf16", RTX_4090, count * 2).kv_tokens

    assert few is not None
    assert more is not None
    assert more > few


def test_the_checkpoints_own_size_wins_over_the_count():
    counted = judged("llama-3.1-8b", "bf16", "L40S")
    told = judged("llama-3.1-8b", "bf16", "L40S", weight_gb=Decimal("20"))

    assert counted.weights_gib is not None
    assert told.weights_gib is not None
    assert told.weights_gib * 2**30 == pytest.approx(Decimal(20) * 10**9)
    assert told.disk_gb == 42


def test_the_bar_adds_up_to_the_budget():
    result = judged("glm-5", "fp8", "H200", 8)

    assert [term.name for term in result.bar] == [
        *("weights", "activations", "CUDA graphs", "outside PyTorch", "KV cache")
    ]
    assert sum(term.gib for term in result.bar) == result.budget_gib


def test_experts_are_spread_over_data_parallel_gpus_too():
    alone = judged("deepseek-v3", "fp8", "H200", 8)
    spread = judged(
        "deepseek-v3", "fp8", "H200", 8, tensor_parallel=1, data_parallel=8,
        expert_parallel=True,
    )  # fmt: skip

    assert alone.weights_gib is not None
    assert spread.weights_gib is not None
    assert Decimal(10) < spread.weights_gib - alone.weights_gib < Decimal(20)


def test_bits_per_weight_hold_their_scales():
    bits = {name: precision.expert_bits for name, precision in PRECISIONS.items()}

    assert bits["int4"] == Decimal("4.15625")
    assert (bits["nvfp4"], bits["mxfp4"]) == (Decimal("4.5"), Decimal("4.25"))
    assert Decimal(8) < bits["fp8"] < Decimal("8.01")
