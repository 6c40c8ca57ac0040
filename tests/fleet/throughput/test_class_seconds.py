"""The seconds of each class: they fill one request, and none of them is free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.throughput.calibration import calibration
from fleet.throughput.class_seconds import (
    RequestParts,
    class_seconds,
    request_parts,
)
from fleet.throughput.latency import Unknown
from fleet.throughput.model_work import known_work
from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic
from tests.economics.formula_page import worked_rows

PARTS = st.builds(
    RequestParts, st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0, 100)
)
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


@pytest.mark.parametrize("row", worked_rows("class-seconds"))
def test_the_worked_examples_of_the_class_seconds_page_hold(row):
    n = {name: float(cell) for name, cell in row.items()}
    traffic = Traffic(
        int(n["prompt"]), int(n["completion"]), cached_share=n["cached"], concurrency=16
    )

    found = class_seconds(
        traffic, n["t_best"], RequestParts(n["prefill"], n["generate"], n["read"])
    )

    shown = (found.uncached_prompt, found.cached_prompt, found.completion)
    told = (row["s_uncached"], row["s_cached"], row["s_completion"])
    assert tuple(f"{each:.9f}" for each in shown) == told


@given(PARTS, st.integers(1, 50_000), st.integers(1, 5_000), st.floats(0, 0.99))
def test_one_request_of_the_mix_takes_its_whole_time(parts, prompt, completion, cached):
    traffic = Traffic(prompt, completion, cached_share=cached, concurrency=4)

    found = class_seconds(traffic, 0.42, parts)

    told = (
        traffic.uncached_tokens * found.uncached_prompt
        + traffic.cached_tokens * found.cached_prompt
        + completion * found.completion
    )
    assert told == pytest.approx(0.42)
    assert found.cached_prompt <= found.uncached_prompt


@pytest.mark.parametrize("gpu", ["NVIDIA GeForce RTX 4090", "NVIDIA H200", "NVIDIA B200"])
@pytest.mark.parametrize("prompt", [200, 895, 8_000])
def test_on_real_gpus_every_class_costs_something(gpu, prompt):
    work = known_work(LLAMA, "fp8")
    assert work is not None
    traffic = Traffic(prompt, 98, cached_share=0.26, concurrency=32)

    parts = request_parts(ServingShape(LLAMA, "fp8", gpu), work, traffic, calibration())

    assert isinstance(parts, RequestParts)
    found = class_seconds(traffic, 0.01, parts)
    assert min(found.uncached_prompt, found.cached_prompt, found.completion) > 0
    assert found.completion > found.uncached_prompt > found.cached_prompt


def test_a_gpu_that_is_not_listed_has_no_parts():
    work = known_work(LLAMA, "bf16")
    assert work is not None

    parts = request_parts(
        ServingShape(LLAMA, "bf16", "Abacus"),
        work,
        Traffic(9, 9, concurrency=1),
        calibration(),
    )

    assert isinstance(parts, Unknown) and "Abacus" in parts.reason


def test_a_request_that_takes_no_time_is_refused():
    with pytest.raises(ValueError, match="more than 0 s"):
        class_seconds(Traffic(9, 9, concurrency=1), 0.0, RequestParts(1, 1, 1))


def test_a_request_that_generates_in_no_time_is_refused():
    with pytest.raises(ValueError, match="takes time to generate"):
        RequestParts(1, 0, 1)
