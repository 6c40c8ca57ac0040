"""The founding plan's claims about throughput, beside what was measured and computed."""

import pytest

from fleet.throughput.answer import best_estimate
from fleet.throughput.capacity import capacity
from fleet.throughput.estimator import installed_points
from fleet.throughput.evidence import Evidence
from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic
from tests.fleet.throughput.points import NOT_INSTALLED, work

POINTS = installed_points()
GLM_5 = ServingShape("zai-org/GLM-5-FP8", "fp8", "NVIDIA H200", 8, 8, engine="sglang")
RTX_4090 = ServingShape(
    "meta-llama/Llama-3.1-8B-Instruct", "bf16", "NVIDIA GeForce RTX 4090"
)


@pytest.mark.skipif(not POINTS, reason="aiconfigurator-core is not installed")
@pytest.mark.parametrize(
    ("prompt", "concurrency", "total"), [(1024, 64, 2687), (8192, 32, 5226)]
)
def test_glm_5_on_eight_h200_serves_what_was_published(prompt, concurrency, total):
    """The plan says 60 to 80 million tokens a day at 50 %; these are 116 and 226."""
    told = best_estimate(
        GLM_5,
        work("zai-org/GLM-5", "fp8"),
        Traffic(prompt, 1024, concurrency=concurrency),
        published=POINTS,
        estimator=NOT_INSTALLED,
    )

    assert told.kind is Evidence.PUBLISHED
    assert told.total_tokens_per_second == pytest.approx(total, rel=0.01)
    assert told.tokens_per_day / 2 > 80e6


@pytest.mark.parametrize(("prompt", "completion"), [(256, 100), (1000, 250)])
def test_a_4090_with_an_8b_model_serves_a_hundred_million_tokens_a_day_at_half_load(
    prompt, completion
):
    """FP8 weights, 64 sequences: the plan's claim holds and is even conservative."""
    found = capacity(
        ServingShape(RTX_4090.model, "fp8", RTX_4090.gpu),
        work(precision="fp8"),
        Traffic(prompt, completion, max_tpot_ms=100.0),
        max_sequences=64,
        estimator=NOT_INSTALLED,
    )

    assert 100e6 < found.estimate.tokens_per_day / 2 < 500e6


def test_a_4090_in_bf16_comes_near_what_a_blog_measured():
    """4,229 prompt and completion tokens per second at 48 requests of 256 and about 100."""
    told = best_estimate(
        ServingShape("mistralai/Mistral-7B-Instruct-v0.3", "bf16", RTX_4090.gpu),
        work("mistralai/Mistral-7B-Instruct-v0.3"),
        Traffic(256, 100, concurrency=48),
        estimator=NOT_INSTALLED,
    )

    assert told.total_tokens_per_second == pytest.approx(4229, rel=0.35)
