"""From the rows of a variant to the answer of `fleet.throughput`, with all our evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fleet.models import Attention, ModelVariant
from fleet.selectors.throughput_points import own_points, published_points
from fleet.throughput.answer import best_estimate
from fleet.throughput.capacity import Capacity, capacity
from fleet.throughput.catalogue import known_work
from fleet.throughput.estimator import estimator
from fleet.throughput.evidence import Estimate
from fleet.throughput.latency import Unknown
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

ACTIVE_IS_TOTAL = 0.95  # a model of which less is active has experts


def replica_estimate(
    variant: ModelVariant,
    *,
    gpu_type_id: str,
    gpu_count: int,
    traffic: Traffic,
    now: datetime,
) -> Estimate | Unknown:
    """What one replica of `variant` serves of `traffic` at its concurrency."""
    return best_estimate(
        shape_of(variant, gpu_type_id=gpu_type_id, gpu_count=gpu_count),
        work_of_variant(variant),
        traffic,
        own=own_points(now=now),
        published=published_points(),
        estimator=estimator(),
    )


def replica_capacity(
    variant: ModelVariant,
    *,
    gpu_type_id: str,
    gpu_count: int,
    traffic: Traffic,
    max_sequences: int,
    now: datetime,
) -> Capacity | Unknown:
    """The most that one replica of `variant` serves inside the traffic's target."""
    return capacity(
        shape_of(variant, gpu_type_id=gpu_type_id, gpu_count=gpu_count),
        work_of_variant(variant),
        traffic,
        max_sequences=max_sequences,
        own=own_points(now=now),
        published=published_points(),
        estimator=estimator(),
    )


def shape_of(variant: ModelVariant, *, gpu_type_id: str, gpu_count: int) -> ServingShape:
    """A replica as we launch it: vLLM, tensor parallel over all its GPUs."""
    return ServingShape(
        model=variant.repository,
        precision=variant.precision,
        gpu=gpu_type_id,
        gpu_count=gpu_count,
        tensor_parallel=gpu_count,
    )


def work_of_variant(variant: ModelVariant) -> ModelWork | None:
    """What a token of the variant costs: from the catalogue, else from its row.

    None for a mixture of experts that the catalogue lacks: a row does not tell how many
    experts there are, and reading all or only the active ones are both far off.
    """
    known = known_work(variant.repository, variant.precision)
    if known is not None:
        return known
    model = variant.served_model
    total = float(model.parameters_billion) * 1e9
    active = float(model.active_parameters_billion) * 1e9
    if active < ACTIVE_IS_TOTAL * total:
        return None
    latent = model.attention != Attention.GQA
    per_layer = model.kv_latent_dim if latent else 2 * model.kv_heads * model.head_dim
    width = model.attention_heads * model.head_dim
    work = ModelWork(
        model=variant.repository,
        total_parameters=total,
        active_parameters=active,
        bytes_per_weight=float(variant.weight_gb) * 1e9 / total,
        layers=model.layers,
        hidden_size=width,
        kv_bytes_per_token=2.0 * model.layers * per_layer,
        kv_splits=1 if latent else model.kv_heads,
        attention_width=width,
        attention=model.attention,
    )
    return replace(work, bytes_per_other_weight=work.bytes_per_weight)
