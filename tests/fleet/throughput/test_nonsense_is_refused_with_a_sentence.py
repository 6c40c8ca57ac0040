"""A traffic or a shape that cannot be says which field, which value and what would do."""

import math

import pytest

from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"prompt_tokens": -5}, "prompt_tokens is -5; it must be 1 to 10,000,000."),
        ({"completion_tokens": 0}, "completion_tokens is 0; it must be 1 to 10,000,000."),
        (
            {"cached_share": 1.5},
            "cached_share is 1.5; it must be 0 or more and less than 1",
        ),
        ({"cached_share": math.nan}, "cached_share is nan; it must be 0 or more"),
        ({"concurrency": 0}, "concurrency is 0; it must be above 0"),
        ({"concurrency": math.nan}, "concurrency is nan; it must be above 0"),
        ({"concurrency": None}, "Give either concurrency or a latency target"),
        ({"max_tpot_ms": 50.0}, "Give either concurrency or a latency target"),
        (
            {"concurrency": None, "max_ttft_ms": -1.0},
            "max_ttft_ms is -1.0; it must be above",
        ),
    ],
)
def test_a_traffic_that_cannot_be(changes, sentence):
    good = {"prompt_tokens": 1000, "completion_tokens": 250, "concurrency": 8}

    with pytest.raises(ValueError, match="it must be|Give either") as refused:
        Traffic(**(good | changes))

    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gpu_count": 0}, "gpu_count is 0; it must be 1 to 1,024."),
        ({"gpu_count": 4}, "gpu_count is 4, but tensor x pipeline x data parallel is 1"),
        ({"precision": "fp3"}, "precision is 'fp3'; use one of bf16, fp8"),
        ({"engine": "tgi"}, "engine is 'tgi'; use one of vllm"),
        ({"gpu": " "}, "gpu is empty"),
        ({"model": ""}, "model is empty"),
        ({"expert_parallel": 3}, "expert_parallel is 3; it must divide the 1 GPUs."),
    ],
)
def test_a_shape_that_cannot_be(changes, sentence):
    good = {"model": "Qwen/Qwen3-32B", "precision": "fp8", "gpu": "NVIDIA H200"}

    with pytest.raises(ValueError, match=r"\.") as refused:
        ServingShape(**(good | changes))

    assert sentence in str(refused.value)


def test_cached_and_uncached_tokens_are_the_prompt():
    traffic = Traffic(1000, 250, cached_share=0.6, concurrency=1)

    assert traffic.cached_tokens + traffic.uncached_tokens == 1000
    assert traffic.cached_tokens == pytest.approx(600)
