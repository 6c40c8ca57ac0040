"""Weights that nobody published, and uploaded models, find their architecture's speed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from economics.selectors.planned_models import (
    PlannedModel,
    Weights,
    known_models,
    of_config,
)
from fleet.models import ModelConfig
from fleet.selectors.speeds import work_of
from fleet.throughput.latency import Unknown
from fleet.throughput.points import MeasuredPoint
from fleet.throughput.speed_question import SpeedEvidence, SpeedQuestion, answer_speed

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LLAMA = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "torch_dtype": "bfloat16",
}
NO_EVIDENCE = SpeedEvidence([], [], Unknown("The estimator is not installed."))


def upload(**changes: object) -> ModelConfig:
    return ModelConfig.objects.create(
        slug="upload-of-ours",
        name="acme/tune-of-ours",
        config=LLAMA | changes,
        source="config.json",
        digest="d" * 64,
        added_at=NOW,
        added_by="ada",
    )


def asked(model: PlannedModel, weights: Weights, **changes: object) -> SpeedQuestion:
    given = {
        "model": weights.repository,
        "precision": weights.precision.name,
        "gpu": "NVIDIA H100 80GB HBM3",
        "gpu_count": 1,
        "tensor_parallel": 1,
        "prompt_tokens": 1000,
        "completion_tokens": 250,
        "cached_share": 0.0,
        "concurrency": 16,
        "max_tpot_ms": None,
        "max_ttft_ms": None,
        "max_sequences": 64,
        "stamp": "",
        "model_slug": model.slug,
    }
    return SpeedQuestion(**(given | changes))


def test_every_set_of_weights_of_the_catalog_has_a_work(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        for model in known_models().values():
            for weights in model.weights:
                work = work_of(asked(model, weights))

                assert work is not None, weights.repository
                assert work.architecture == model.architecture


@pytest.mark.django_db
def test_an_uploaded_model_is_answered_in_every_precision():
    model = of_config(upload(num_hidden_layers=33))

    assert len(model.weights) == 3
    for weights in model.weights:
        question = asked(model, weights)
        work = work_of(question)

        assert work.layers == 33
        assert work.precision == weights.precision
        assert "unknown" not in answer_speed(question, work, NO_EVIDENCE)


@pytest.mark.django_db
def test_a_question_without_a_slug_finds_an_upload_by_its_name():
    model = of_config(upload(num_hidden_layers=33))

    work = work_of(asked(model, model.weights[0], model_slug=""))

    assert work.layers == 33


@pytest.mark.django_db
def test_an_upload_keeps_what_its_own_file_leaves_unconverted():
    left = {"quant_method": "fp8", "modules_to_not_convert": ["model.layers.0.self_attn"]}
    model = of_config(upload(quantization_config=left))

    own = work_of(asked(model, model.weights[0]))

    assert own.precision.name == "fp8"
    assert own.precision.attention_bits == 16


@pytest.mark.django_db
def test_a_half_precision_upload_has_the_speed_of_16_bits():
    model = of_config(upload(torch_dtype="float16"))
    question = asked(model, model.weights[0])

    told = answer_speed(question, work_of(question), NO_EVIDENCE)

    assert question.precision == "fp16"
    assert told["output_tokens_per_second"] > 0


@pytest.mark.django_db
def test_an_upload_with_the_layers_of_a_measured_model_has_its_measurements():
    model = of_config(upload())
    point = MeasuredPoint(
        model="meta-llama/Llama-3.1-8B-Instruct",
        precision="bf16",
        gpu="H100",
        gpu_count=1,
        tensor_parallel=1,
        pipeline_parallel=1,
        data_parallel=1,
        expert_parallel=1,
        engine="vllm",
        engine_version="0.19.0",
        prompt_tokens=1000,
        completion_tokens=250,
        concurrency=16,
        output_tokens_per_second=1234.0,
        total_tokens_per_second=None,
        ttft_ms=50.0,
        tpot_ms=12.0,
        measured_on=date(2026, 3, 1),
        source="a test",
    )
    question = asked(model, model.weights[0])
    known = SpeedEvidence([], [point], NO_EVIDENCE.estimator)

    told = answer_speed(question, work_of(question), known)

    assert told["output_tokens_per_second"] == 1234.0


@pytest.mark.django_db
def test_an_upload_that_is_gone_is_unknown_and_says_so():
    row = upload(num_hidden_layers=33)
    model = of_config(row)
    row.delete()
    question = asked(model, model.weights[0])

    assert work_of(question) is None
    assert "unknown" in answer_speed(question, None, NO_EVIDENCE)
