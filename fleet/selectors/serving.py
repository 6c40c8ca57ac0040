"""From the rows of a deployment to the plain figures of vLLM's command and of the fit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fleet.models import Attention, Deployment, ModelConfig, ModelVariant, ServedModel
from fleet.models.model_config import UPLOADED
from fleet.sizing.architecture import Architecture
from fleet.sizing.catalog import catalog, model_named
from fleet.sizing.config_json import architecture_of
from fleet.sizing.fit import SizingResult, size
from fleet.sizing.known_totals import KnownTotals, architecture_from_totals
from fleet.sizing.precision import PRECISIONS, variant_of
from fleet.sizing.request import Sizing
from fleet.vllm.command import SERVER, SHOWN_KEY, ServeSpec, build_args, redacted

VLLM_PORT = 8000
SHOWN_PLAN_KEY = SHOWN_KEY  # a command that is only checked


def serve_spec(
    variant: ModelVariant,
    *,
    gpu_count: int,
    max_model_len: int,
    gpu_memory_utilization: Decimal,
    api_key: str,
    extra_args: str = "",
) -> ServeSpec:
    """How one replica serves `variant`. Raises ValueError with a sentence."""
    model = variant.served_model
    return ServeSpec(
        repository=variant.repository,
        served_model_name=model.slug,
        attention_heads=model.attention_heads,
        kv_heads=model.kv_heads if model.attention == Attention.GQA else None,
        vocabulary_size=model.vocabulary_size,
        max_context=model.max_context,
        max_model_len=max_model_len,
        gpu_memory_utilization=gpu_memory_utilization,
        api_key=api_key,
        tensor_parallel_size=gpu_count,
        tool_call_parser=model.tool_call_parser,
        reasoning_parser=model.reasoning_parser,
        trust_remote_code=model.trust_remote_code,
        extra_args=extra_args,
        port=VLLM_PORT,
    )


def serve_spec_for(deployment: Deployment, *, api_key: str) -> ServeSpec:
    """How a replica of `deployment` serves its model. Raises ValueError with a sentence."""
    return serve_spec(
        deployment.variant,
        gpu_count=deployment.gpu_count,
        max_model_len=deployment.max_model_len,
        gpu_memory_utilization=deployment.gpu_memory_utilization,
        api_key=api_key,
        extra_args=deployment.extra_args,
    )


def launch_record(deployment: Deployment) -> dict[str, Any]:
    """What a pod of `deployment` would be launched with now, its key masked.

    Kept with the pod at its create: the deployment's settings go on to change. Raises
    ValueError with a sentence.
    """
    spec = serve_spec_for(deployment, api_key=SHOWN_KEY)
    return {
        "command": " ".join([*SERVER, *redacted(build_args(spec))]),
        "image": deployment.image,
        "max_model_len": deployment.max_model_len,
        "gpu_memory_utilization": str(deployment.gpu_memory_utilization),
    }


def architecture_of_row(model: ServedModel) -> Architecture:
    """The architecture of a served model: of the file that was brought, the catalog's,
    or what the row itself tells.

    A row that disagrees with the catalog is of another model under that name, and wins.
    """
    # First the file that was brought: its name may be that of a known model, which has
    # as many layers and heads, and another cache.
    if model.slug.startswith(UPLOADED):
        brought = ModelConfig.objects.filter(slug=model.slug).first()
        if brought is not None:
            return architecture_of(brought.config, brought.name)
    known = catalog().get(model.slug) or model_named(model.name)
    if known is not None and _agree(known.architecture, model):
        return known.architecture
    latent = model.attention != Attention.GQA
    return architecture_from_totals(
        KnownTotals(
            name=model.name,
            parameters_billion=model.parameters_billion,
            active_parameters_billion=model.active_parameters_billion,
            layers=model.layers,
            attention_heads=model.attention_heads,
            kv_heads=model.kv_heads,
            head_dim=model.head_dim,
            latent_dim=model.kv_latent_dim if latent else 0,
            sparse=model.attention == Attention.SPARSE_MLA,
            vocabulary_size=model.vocabulary_size,
            max_context=model.max_context,
        )
    )


def _agree(known: Architecture, model: ServedModel) -> bool:
    return (
        known.layers == model.layers
        and known.attention_heads == model.attention_heads
        and known.kv_heads in (None, model.kv_heads)
        and known.vocabulary_size == model.vocabulary_size
    )


def sizing_of(
    variant: ModelVariant,
    *,
    gpu_type_id: str,
    gpu_count: int,
    max_model_len: int,
    gpu_memory_utilization: Decimal,
) -> Sizing:
    """What an order asks of the calculator: one replica, split by tensor parallelism."""
    architecture = architecture_of_row(variant.served_model)
    return Sizing(
        architecture=architecture,
        precision=variant_of(PRECISIONS[variant.precision], architecture),
        weight_gb=variant.weight_gb,
        gpu=gpu_type_id,
        gpu_count=gpu_count,
        tensor_parallel=gpu_count,
        max_model_len=max_model_len,
        gpu_memory_utilization=gpu_memory_utilization,
    )


def fit_of(
    variant: ModelVariant,
    *,
    gpu_type_id: str,
    gpu_count: int,
    max_model_len: int,
    gpu_memory_utilization: Decimal,
) -> SizingResult:
    """Whether `variant` fits on this GPU shape; never raises."""
    return size(
        sizing_of(
            variant,
            gpu_type_id=gpu_type_id,
            gpu_count=gpu_count,
            max_model_len=max_model_len,
            gpu_memory_utilization=gpu_memory_utilization,
        )
    )
