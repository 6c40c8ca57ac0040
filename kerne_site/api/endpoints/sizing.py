"""GET /api/v1/sizing: does a model fit on GPUs under vLLM, and what is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from economics.calc.unknown import Unknown
from economics.selectors.plan_json import text
from economics.selectors.planned_models import PlannedModel, Weights, counted_gb
from fleet.sizing.advice import smallest_change
from fleet.sizing.fit import Verdict, size
from fleet.sizing.gpus import gpu_named
from fleet.sizing.kv_cache import KV_ELEMENT_BYTES
from fleet.sizing.precision import PRECISIONS, variant_of
from fleet.sizing.request import Sizing
from kerne_site.api import (
    Asked,
    Endpoint,
    Parameter,
    a_flag,
    a_name,
    a_number,
    a_whole_number,
    api_view,
    one_of,
)
from kerne_site.api import schemas as s
from kerne_site.api.endpoints.models import MODEL, model_asked

MOST_CHANGES = 5
MOST_GPUS = 1024
MOST_TOKENS = 10_000_000
MOST_SEQUENCES = 100_000
LEAST_SHARE, MOST_SHARE = Decimal("0.01"), Decimal("0.99")
NOT_COUNTED = Unknown("what is asked is impossible on any memory; see reasons")


@api_view()
def sizing(request: HttpRequest) -> dict[str, Any]:
    """The verdict with every term of a GPU's memory, and the smallest changes."""
    request_, weights = sizing_asked(Asked(request.GET))
    result = size(request_)
    sequences = (
        None if result.plan is None else result.max_sequences(request_.max_model_len)
    )
    return {
        "question": question_of(request_, weights),
        "verdict": result.verdict.value,
        "reasons": list(result.reasons),
        "notes": list(result.notes),
        "budget_gib_per_gpu": known(result.budget_gib),
        "terms": [
            {"name": term.name, "gib_per_gpu": text(term.gib)} for term in result.bar
        ],
        "kv_cache_gib_per_gpu": known(result.kv_gib),
        "kv_cache_tokens": known(result.kv_tokens),
        "kv_bytes_per_token": known(result.kv_bytes_per_token),
        "longest_request_tokens": known(result.longest_request),
        "largest_number_of_sequences": known(sequences),
        "short_gib_per_gpu": text(result.short_by_gib)
        if result.verdict == Verdict.SHORT
        else None,
        "container_disk_gb": known(result.disk_gb),
        "smallest_changes": [
            change.sentence for change in smallest_change(request_)[:MOST_CHANGES]
        ],
    }


def known(value: Decimal | int | None) -> str | int | Unknown | None:
    """A figure of the calculator, or why there is none."""
    if value is None:
        return NOT_COUNTED
    return text(value) if isinstance(value, Decimal) else value


def sizing_asked(asked: Asked) -> tuple[Sizing, Weights]:
    """The checked question. Raises Problem with every fault of the parameters.

    What vLLM itself would refuse is no fault of the address: the verdict says it.
    """
    gpus = a_whole_number(1, MOST_GPUS)
    precision = asked.take("precision", one_of(list(PRECISIONS)), default=None)
    gpu_count = asked.take("gpu_count", gpus, default=1)
    tensor = asked.take("tensor_parallel", gpus, default=None)
    pipeline = asked.take("pipeline_parallel", gpus, default=1)
    data = asked.take("data_parallel", gpus, default=1)
    expert = asked.take("expert_parallel", a_flag, default=False)
    length = asked.take("max_model_len", a_whole_number(1, MOST_TOKENS), default=None)
    share = asked.take(
        "gpu_memory_utilization", a_number(LEAST_SHARE, MOST_SHARE), default=None
    )
    cache = asked.take("kv_cache_dtype", one_of(list(KV_ELEMENT_BYTES)), default="auto")
    sequences = asked.take("max_num_seqs", a_whole_number(1, MOST_SEQUENCES), default=None)
    gpu = asked.take("gpu", a_gpu, default="")
    asked.miss("gpu")
    model = model_asked(asked)
    weights = weights_asked(model, precision)
    return (
        Sizing(
            architecture=model.architecture,
            precision=weights.precision,
            gpu=gpu,
            gpu_count=gpu_count,
            tensor_parallel=tensor,
            pipeline_parallel=pipeline,
            data_parallel=data,
            expert_parallel=expert,
            max_model_len=model.architecture.max_context if length is None else length,
            gpu_memory_utilization=share,
            kv_cache_dtype=cache,
            max_num_seqs=sequences,
            weight_gb=None if weights.counted else weights.weight_gb,
        ),
        weights,
    )


def a_gpu(text: str) -> str:
    """The identifier of a GPU type that is known here, by one of its names."""
    spec = gpu_named(a_name(text))
    if spec is None:
        raise ValueError(
            "which is no GPU type that is sized here; write one such as H100 80GB"
        )
    return spec.gpu_type_id


def weights_asked(model: PlannedModel, precision: str | None) -> Weights:
    """The model's weights in a precision, the first without a word; else counted."""
    for each in model.weights:
        if precision in (None, each.precision.name):
            return each
    variant = variant_of(PRECISIONS[precision or "bf16"], model.architecture)
    gb = counted_gb(model.architecture, variant)
    return Weights(model.name, variant, gb, counted=True, published=False)


def question_of(asked: Sizing, weights: Weights) -> dict[str, Any]:
    """What was understood, with what was left out."""
    share = asked.gpu_memory_utilization
    return {
        "model": asked.architecture.name,
        "repository": weights.repository,
        "weights_are_counted": weights.counted,
        "precision": asked.precision.name,
        "gpu_type_id": asked.gpu,
        "gpu_count": asked.gpu_count,
        "tensor_parallel": asked.split.tensor,
        "pipeline_parallel": asked.split.pipeline,
        "data_parallel": asked.split.data,
        "expert_parallel": asked.expert_parallel,
        "max_model_len_tokens": asked.max_model_len,
        "gpu_memory_utilization": text(
            asked.engine.gpu_memory_utilization if share is None else share
        ),
        "kv_cache_dtype": asked.kv_cache_dtype,
        "max_num_seqs": asked.max_num_seqs,
        "vllm_version": ".".join(map(str, asked.engine.version)),
    }


QUESTION = s.record(
    model=s.TEXT,
    repository=s.TEXT,
    weights_are_counted=s.described(s.FLAG, "From the architecture, not from files."),
    precision=s.words(*PRECISIONS),
    gpu_type_id=s.TEXT,
    gpu_count=s.WHOLE,
    tensor_parallel=s.WHOLE,
    pipeline_parallel=s.WHOLE,
    data_parallel=s.WHOLE,
    expert_parallel=s.FLAG,
    max_model_len_tokens=s.WHOLE,
    gpu_memory_utilization=s.DECIMAL,
    kv_cache_dtype=s.TEXT,
    max_num_seqs=s.or_null(s.described(s.WHOLE, "null: the release's default.")),
    vllm_version=s.TEXT,
)
GPUS = {"type": "integer", "minimum": 1, "maximum": MOST_GPUS}
SIZING = Endpoint(
    path="sizing",
    view=sizing,
    line="Does a model fit on GPUs under vLLM: every term, KV tokens, smallest changes.",
    parameters=(
        MODEL,
        Parameter("gpu", "A GPU type.", s.TEXT, required=True, example="H100 80GB"),
        Parameter("precision", "Of the weights; the model's first.", s.words(*PRECISIONS)),
        Parameter("gpu_count", "GPUs of the replica; 1.", GPUS),
        Parameter("tensor_parallel", "GPUs that share a layer; what is left.", GPUS),
        Parameter("pipeline_parallel", "Stages; 1.", GPUS),
        Parameter("data_parallel", "Copies of the attention; 1.", GPUS),
        Parameter("expert_parallel", "Whole experts on each GPU; false.", s.FLAG),
        Parameter("max_model_len", "Tokens of one request; what the model takes.", s.WHOLE),
        Parameter(
            "gpu_memory_utilization",
            "Share of a GPU's memory, 0.01 to 0.99; the release's.",
            {"type": "number"},
        ),
        Parameter("kv_cache_dtype", "Of the cache; auto.", s.words(*KV_ELEMENT_BYTES)),
        Parameter("max_num_seqs", "Requests of one batch; the release's.", s.WHOLE),
    ),
    answer=s.record(
        question=QUESTION,
        verdict=s.words(*Verdict),
        reasons=s.many(s.TEXT),
        notes=s.many(s.TEXT),
        budget_gib_per_gpu=s.or_unknown(s.DECIMAL),
        terms=s.many(s.record(name=s.TEXT, gib_per_gpu=s.DECIMAL)),
        kv_cache_gib_per_gpu=s.or_unknown(s.DECIMAL),
        kv_cache_tokens=s.or_unknown(s.WHOLE),
        kv_bytes_per_token=s.or_unknown(s.WHOLE),
        longest_request_tokens=s.or_unknown(s.WHOLE),
        largest_number_of_sequences=s.or_unknown(
            s.described(s.WHOLE, "Requests of max_model_len that the cache holds at once.")
        ),
        short_gib_per_gpu=s.or_null(s.DECIMAL),
        container_disk_gb=s.or_unknown(s.WHOLE),
        smallest_changes=s.many(s.TEXT),
    ),
)
