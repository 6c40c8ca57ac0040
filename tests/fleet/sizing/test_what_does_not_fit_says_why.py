from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fleet.sizing.fit import Fit, ModelShape, fit
from tests.fleet.sizing.shapes import GLM_5_FP8, H200, LLAMA_8B, RTX_4090


def asked(model: ModelShape = LLAMA_8B, **changes: Any) -> Fit:
    given: dict[str, Any] = {
        "gpu_type_id": RTX_4090,
        "gpu_count": 1,
        "max_model_len": 16_384,
        "gpu_memory_utilization": Decimal("0.90"),
    }
    return fit(model, **{**given, **changes})


def test_a_fit_has_no_reason_against_it():
    result = asked()

    assert result.ok
    assert result.reasons == ()


def test_a_request_that_finds_no_room_in_the_cache_does_not_fit():
    result = asked(max_model_len=65_536)

    assert not result.ok
    assert result.reasons == (
        "The KV cache holds 32,388 tokens on 1 x NVIDIA GeForce RTX 4090, less than one "
        "request of 65,536; lower max_model_len or take more memory.",
    )


def test_weights_that_are_too_large_do_not_fit():
    result = asked(GLM_5_FP8, gpu_type_id=H200, gpu_count=4, max_model_len=4_096)

    assert not result.ok
    assert "needs 176.0 GiB of weights and 7.1 GiB of work space" in result.reasons[0]
    assert result.kv_tokens == 0


def test_three_gpus_cannot_share_sixty_four_heads():
    result = asked(GLM_5_FP8, gpu_type_id=H200, gpu_count=3)

    assert result.reasons == (
        "GPU count 3 cannot serve GLM-5: its 64 attention heads are not divisible by 3; "
        "use 1, 2, 4 or 8.",
    )


@pytest.mark.parametrize(
    ("model", "changes", "reason"),
    [
        (
            LLAMA_8B,
            {"gpu_type_id": "NVIDIA GTX 1080"},
            "The memory of 'NVIDIA GTX 1080' is",
        ),
        (
            LLAMA_8B,
            {"gpu_memory_utilization": Decimal("1.2")},
            "gpu_memory_utilization is 1.2",
        ),
        (LLAMA_8B, {"max_model_len": 200_000}, "Llama 3.1 8B takes 1 to 131,072 tokens."),
        (LLAMA_8B, {"max_model_len": 0}, "max_model_len is 0"),
        (LLAMA_8B, {"max_num_seqs": 0}, "max_num_seqs is 0"),
        (LLAMA_8B, {"gpu_count": 0}, "it takes at least one GPU"),
        (LLAMA_8B, {"kv_cache_dtype": "int3"}, "kv_cache_dtype is 'int3'; use one of auto"),
        (replace(LLAMA_8B, precision="fp6"), {}, "precision is 'fp6'; use one of bf16"),
        (replace(LLAMA_8B, attention="mamba"), {}, "attention is 'mamba'; use one of gqa"),
        (replace(LLAMA_8B, layers=0), {}, "The size of Llama 3.1 8B is not known"),
        (
            replace(LLAMA_8B, weight_gb=Decimal(0)),
            {},
            "The size of Llama 3.1 8B is not known",
        ),
        (
            replace(GLM_5_FP8, latent_dim=0),
            {"gpu_type_id": H200},
            "size of GLM-5 is not known",
        ),
    ],
)
def test_what_is_unknown_or_wrong_does_not_fit(
    model: ModelShape, changes: dict[str, Any], reason: str
):
    result = asked(model, **changes)

    assert not result.ok
    assert any(reason in told for told in result.reasons)
    assert all(told.endswith(".") for told in result.reasons)


def test_sparse_attention_needs_hopper_or_data_centre_blackwell():
    result = asked(GLM_5_FP8, gpu_type_id="NVIDIA A100-SXM4-80GB", gpu_count=8)

    assert not result.ok
    assert "sparse latent attention" in result.reasons[0]


def test_fp8_weights_load_on_ampere_with_a_note():
    llama_fp8 = replace(LLAMA_8B, precision="fp8", weight_gb=Decimal("9.1"))

    result = asked(llama_fp8, gpu_type_id="NVIDIA A100-SXM4-80GB")

    assert result.ok
    assert "saves memory and not time" in result.notes[0]


def test_an_fp8_cache_is_not_counted_on_before_ada():
    result = asked(gpu_type_id="NVIDIA A40", kv_cache_dtype="fp8")

    assert result.reasons == ("NVIDIA A40 has no FP8 arithmetic; use kv_cache_dtype auto.",)


def test_nvfp4_weights_need_blackwell():
    nvfp4 = replace(LLAMA_8B, precision="nvfp4", weight_gb=Decimal(6))

    assert not asked(nvfp4).ok
    assert asked(nvfp4, gpu_type_id="NVIDIA GeForce RTX 5090").ok


def test_every_reason_is_told_and_not_only_the_first():
    result = asked(GLM_5_FP8, gpu_count=3, gpu_memory_utilization=Decimal(0))

    assert len(result.reasons) == 3


def test_the_cache_of_latent_attention_is_whole_on_every_gpu():
    mla = replace(GLM_5_FP8, attention="mla")

    one = asked(mla, gpu_type_id=H200, gpu_count=8)
    assert one.kv_bytes_per_token == 78 * 576 * 2


def test_kv_heads_fewer_than_gpus_are_kept_twice():
    result = asked(replace(LLAMA_8B, kv_heads=2), gpu_count=4)

    assert result.kv_bytes_per_token == 2 * 32 * 1 * 128 * 2


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_more_gpus_never_hold_fewer_tokens(count: int):
    few = asked(gpu_count=count).kv_tokens
    more = asked(gpu_count=count * 2).kv_tokens

    assert few is not None
    assert more is not None
    assert more > few
