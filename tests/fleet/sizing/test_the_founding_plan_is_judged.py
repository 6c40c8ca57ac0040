"""What the founding plan wanted to rent, line by line: most of it cannot run."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fleet.sizing.catalog import catalog
from fleet.sizing.fit import Verdict
from fleet.sizing.weights import weight_bytes
from tests.fleet.sizing.questions import judged

MEAN_REQUEST = 23_265  # prompt tokens of a mean GLM-5 request
A100, H100, H200, B200 = "A100 80GB", "H100 80GB", "H200", "B200"


def test_glm_5_has_744_billion_parameters_and_a_long_context():
    model = catalog()["glm-5"].architecture

    assert model.parameters.total / 10**9 == pytest.approx(744, rel=0.01)
    assert (model.layers, model.attention_heads, model.max_context) == (78, 64, 202_752)


def test_an_rtx_4090_cannot_hold_it():
    result = judged("glm-5", "nvfp4", "RTX 4090")

    assert not result.ok


def test_bf16_does_not_fit_on_sixteen_a100():
    result = judged("glm-5", "bf16", A100, 16, tensor_parallel=8, pipeline_parallel=2)

    assert result.verdict == Verdict.IMPOSSIBLE
    assert "no kernel for sparse latent attention" in result.reasons[0]


def test_bf16_would_be_short_on_sixteen_gpus_of_80_gb_that_could_compute_it():
    result = judged("glm-5", "bf16", H100, 16, tensor_parallel=8, pipeline_parallel=2)

    assert result.verdict == Verdict.SHORT
    assert result.weights_gib is not None
    assert result.weights_gib > 80


def test_fp8_is_refused_on_eight_a100_for_its_attention():
    result = judged("glm-5", "fp8", A100, 8)

    assert result.verdict == Verdict.IMPOSSIBLE
    assert "use H100, H200 or B200" in result.reasons[0]


def test_fp8_does_not_fit_on_eight_h100():
    result = judged("glm-5", "fp8", H100, 8)

    assert result.verdict == Verdict.SHORT
    assert "88." in result.reasons[0]
    assert result.short_by_gib is not None
    assert result.short_by_gib > 15


def test_int4_over_five_gpus_is_refused_for_its_heads():
    result = judged("glm-5", "int4", H100, 5)

    assert result.verdict == Verdict.IMPOSSIBLE
    assert "its 64 attention heads are not divisible by 5" in result.reasons[0]


def test_int4_is_short_on_four_gpus_of_80_gb():
    result = judged("glm-5", "int4", H100, 4)

    assert result.verdict == Verdict.SHORT


def test_int4_on_four_a100_is_refused_as_well():
    assert judged("glm-5", "int4", A100, 4).verdict == Verdict.IMPOSSIBLE


def test_fp8_fits_on_eight_h200_with_a_useful_context():
    result = judged("glm-5", "fp8", H200, 8, max_model_len=131_072)

    assert result.ok
    assert result.max_sequences(MEAN_REQUEST) >= 8


def test_nvfp4_fits_on_four_b200():
    assert judged("glm-5", "nvfp4", B200, 4, max_model_len=131_072).ok


def test_quantising_saves_two_and_four_times_not_four_to_eight():
    model = catalog()["glm-5"]
    sizes = {}
    for name in ("bf16", "fp8", "int4", "nvfp4"):
        precision = model.precision(name)
        assert precision is not None
        sizes[name] = weight_bytes(model.architecture, precision)

    assert sizes["bf16"] / sizes["fp8"] == pytest.approx(Decimal(2), rel=Decimal("0.02"))
    assert Decimal("3.3") < sizes["bf16"] / sizes["int4"] < 4
    assert Decimal("3.2") < sizes["bf16"] / sizes["nvfp4"] < 4


def test_the_plans_command_loads_bf16_on_eight_gpus_and_is_short():
    result = judged("glm-5", "bf16", H200, 8)

    assert result.verdict == Verdict.SHORT
    assert result.weights_gib is not None
    assert result.weights_gib * 8 > 1_350
