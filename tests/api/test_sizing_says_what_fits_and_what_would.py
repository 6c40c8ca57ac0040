import json
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from kerne_site.api.endpoints.sizing import SIZING
from tests.economics.plan.offers import LLAMA

GPU = "gpu=RTX+4090"


def told(script, query: str) -> dict:
    answer = script.get(f"/api/v1/sizing?model={LLAMA}&{query}")
    assert answer.status_code == 200, answer.json()
    body: dict = answer.json()
    Draft202012Validator(json.loads(json.dumps(SIZING.answer))).validate(body)
    return body


def test_what_fits_has_its_tokens_and_no_change(script):
    body = told(script, f"{GPU}&max_model_len=8192")

    assert (body["verdict"], body["reasons"], body["smallest_changes"]) == ("fits", [], [])
    sequences = body["largest_number_of_sequences"]
    assert sequences == body["kv_cache_tokens"] // 8192
    assert body["question"]["precision"] == "bf16"


def test_the_terms_fill_the_budget(script):
    body = told(script, f"{GPU}&max_model_len=8192")

    total = sum(Decimal(term["gib_per_gpu"]) for term in body["terms"])
    assert abs(total - Decimal(body["budget_gib_per_gpu"])) < Decimal("0.000000001")


def test_what_is_short_says_how_much_and_what_would_do(script):
    body = told(script, GPU)

    assert body["verdict"] == "short"
    assert Decimal(body["short_gib_per_gpu"]) > 0
    assert any("Lower max_model_len" in each for each in body["smallest_changes"])


def test_what_vllm_refuses_is_a_verdict(script):
    body = told(script, f"{GPU}&gpu_count=3&max_model_len=8192")

    assert body["verdict"] == "impossible"
    assert "not divisible by 3" in body["reasons"][0]
    assert body["kv_cache_tokens"] is None
    assert "see reasons" in body["kv_cache_tokens_unknown_because"]


def test_every_flag_is_understood(script):
    body = told(
        script,
        "gpu=H200&precision=fp8&gpu_count=4&tensor_parallel=2&pipeline_parallel=2"
        "&data_parallel=1&expert_parallel=false&max_model_len=16384"
        "&gpu_memory_utilization=0.85&kv_cache_dtype=fp8&max_num_seqs=64",
    )

    asked = body["question"]
    assert (asked["tensor_parallel"], asked["pipeline_parallel"]) == (2, 2)
    assert (asked["gpu_memory_utilization"], asked["max_num_seqs"]) == ("0.85", 64)
    assert (asked["kv_cache_dtype"], asked["gpu_type_id"]) == ("fp8", "NVIDIA H200")
    assert body["verdict"] == "fits"


def test_a_precision_that_nobody_publishes_is_counted(script):
    body = told(script, f"{GPU}&precision=nf4&max_model_len=8192")

    assert body["question"]["weights_are_counted"] is True
    assert body["question"]["precision"] == "nf4"


@pytest.mark.parametrize(
    ("query", "parameter", "sentence"),
    [
        (f"model={LLAMA}", "gpu", "gpu is missing; it has to be given."),
        (GPU, "model", "model is missing; it has to be given."),
        (f"model={LLAMA}&gpu=MI300X", "gpu", "which is no GPU type that is sized here"),
        (f"model=x&{GPU}", "model", "which is unknown; /api/v1/models lists all"),
        (f"model={LLAMA}&{GPU}&gpu_count=0", "gpu_count", "from 1 to 1024"),
        (f"model={LLAMA}&{GPU}&gpu_memory_utilization=1", "gpu_memory_utilization", "0.99"),
        (f"model={LLAMA}&{GPU}&kv_cache_dtype=fp3", "kv_cache_dtype", "write one of: auto"),
        (f"model={LLAMA}&{GPU}&expert_parallel=1", "expert_parallel", "true or false"),
        (f"model={LLAMA}&{GPU}&max_num_seqs=-1", "max_num_seqs", "write a whole number"),
        (f"model={LLAMA}&{GPU}&tp=2", "tp", "is no parameter of this address"),
    ],
)
def test_what_is_wrong_gets_a_sentence(script, query, parameter, sentence):
    answer = script.get(f"/api/v1/sizing?{query}")

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == parameter
    assert sentence in fault["detail"]


def test_everything_that_is_missing_is_told_at_once(script):
    errors = script.get("/api/v1/sizing?x=1").json()["errors"]

    assert [each["parameter"] for each in errors] == ["gpu", "model", "x"]
