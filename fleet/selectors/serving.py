"""From the rows of a deployment to the plain figures of vLLM's command and of the fit."""

from __future__ import annotations

from decimal import Decimal

from fleet.models import Attention, Deployment, ModelVariant
from fleet.sizing.fit import Fit, ModelShape, fit
from fleet.vllm.command import ServeSpec

VLLM_PORT = 8000


def serve_spec(
    variant: ModelVariant,
    *,
    gpu_count: int,
    max_model_len: int,
    gpu_memory_utilization: Decimal,
    api_key: str,
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
    )


def fit_of(
    variant: ModelVariant,
    *,
    gpu_type_id: str,
    gpu_count: int,
    max_model_len: int,
    gpu_memory_utilization: Decimal,
) -> Fit:
    """Whether `variant` fits on this GPU shape; never raises."""
    model = variant.served_model
    shape = ModelShape(
        name=model.name,
        weight_gb=variant.weight_gb,
        precision=variant.precision,
        attention=model.attention,
        layers=model.layers,
        attention_heads=model.attention_heads,
        kv_heads=model.kv_heads,
        head_dim=model.head_dim,
        vocabulary_size=model.vocabulary_size,
        max_context=model.max_context,
        latent_dim=model.kv_latent_dim,
    )
    return fit(
        shape,
        gpu_type_id=gpu_type_id,
        gpu_count=gpu_count,
        max_model_len=max_model_len,
        gpu_memory_utilization=gpu_memory_utilization,
    )
