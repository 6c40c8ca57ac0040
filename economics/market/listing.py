"""A model of ours as a marketplace reads it: schema 2.4, and the flat format before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from economics.market.listed_prices import ListedPrices

SCHEMA_VERSION = "2.4"
QUANTIZATIONS = (
    *("int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16"),
    "fp32",
)
FEATURES = ("tools", "json_mode", "structured_outputs", "logprobs", "reasoning")
SAMPLING = (
    *("temperature", "top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty"),
    *("repetition_penalty", "stop", "seed", "max_tokens", "logit_bias"),
)
# What vLLM accepts, as descriptors; no bound that it does not have.
DESCRIPTORS: Mapping[str, Mapping[str, Any]] = {
    "temperature": {"type": "range", "min": 0, "max": 2},
    "top_p": {"type": "range", "min": 0, "max": 1},
    "top_k": {"type": "integer", "min": 0},
    "min_p": {"type": "range", "min": 0, "max": 1},
    "frequency_penalty": {"type": "range", "min": -2, "max": 2},
    "presence_penalty": {"type": "range", "min": -2, "max": 2},
    "repetition_penalty": {"type": "range", "min": 0, "max": 2},
    "stop": {"type": "array"},
    "seed": {"type": "integer"},
    "logit_bias": {"type": "unknown"},
    "tools": {"type": "boolean"},
    "json_mode": {"type": "boolean"},
    "structured_outputs": {"type": "boolean"},
    "logprobs": {"type": "boolean"},
    "reasoning": {"type": "boolean"},
}


@dataclass(frozen=True, slots=True)
class Datacenter:
    """Where it runs: ISO 3166 code of the country, and a region where one is named."""

    country_code: str
    region: str = ""

    def document(self) -> dict[str, str]:
        said = {"country_code": self.country_code}
        return said | ({"region": self.region} if self.region else {})


@dataclass(frozen=True, slots=True)
class ListedModel:
    """All that is told of a model.

    id               the name that requests for it carry
    created          Unix seconds of its first deployment
    context_tokens   of prompt and completion together
    output_tokens    most of one completion; None: what the context leaves
    prompt_tokens_per_minute  capacity; None: not stated
    zdr, hipaa       None: not stated
    """

    id: str
    name: str
    hugging_face_id: str
    created: int
    quantization: str
    context_tokens: int
    output_tokens: int | None
    features: tuple[str, ...]
    sampling: tuple[str, ...]
    prices: ListedPrices
    is_ready: bool
    datacenters: tuple[Datacenter, ...] = ()
    description: str = ""
    tokenizer: str = ""
    openrouter_slug: str = ""
    prompt_tokens_per_minute: int | None = None
    deprecation_date: date | None = None
    zdr: bool | None = None
    hipaa: bool | None = None


def document(model: ListedModel) -> dict[str, Any]:
    """The model in schema 2.4."""
    said: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "id": model.id,
        "name": model.name,
        "created": model.created,
        "quantization": model.quantization or None,
        "input_modalities": [_input(model)],
        "output_modalities": [_output(model)],
        "is_ready": model.is_ready,
    }
    if model.prices.is_free:
        said["is_free"] = True
    if model.tokenizer:
        said["tokenizer"] = model.tokenizer
    compliance = {"zdr": model.zdr, "hipaa": model.hipaa}
    stated = {name: value for name, value in compliance.items() if value is not None}
    return said | _common(model) | ({"compliance": stated} if stated else {})


def flat_document(model: ListedModel) -> dict[str, Any]:
    """The model in the flat format that came before."""
    said: dict[str, Any] = {
        "id": model.id,
        "hugging_face_id": model.hugging_face_id,
        "name": model.name,
        "created": model.created,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "context_length": model.context_tokens,
        "max_output_length": model.output_tokens or model.context_tokens,
        "pricing": model.prices.flat(),
        "supported_sampling_parameters": list(model.sampling),
        "supported_features": list(model.features),
        "is_ready": model.is_ready,
        "is_free": model.prices.is_free,
    }
    if model.quantization:
        said["quantization"] = model.quantization
    if model.prompt_tokens_per_minute is not None:
        said["capacity_tpm"] = model.prompt_tokens_per_minute
    return said | _common(model)


def _common(model: ListedModel) -> dict[str, Any]:
    """Optional fields that both formats call the same."""
    said: dict[str, Any] = model.prices.beside()
    if model.hugging_face_id:
        said["hugging_face_id"] = model.hugging_face_id
    if model.description:
        said["description"] = model.description
    if model.deprecation_date is not None:
        said["deprecation_date"] = model.deprecation_date.isoformat()
    if model.openrouter_slug:
        said["openrouter"] = {"slug": model.openrouter_slug}
    if model.datacenters:
        said["datacenters"] = [each.document() for each in model.datacenters]
    return said


def _input(model: ListedModel) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": "text",
        "supported_inputs": {"max_context_length": _tokens(model.context_tokens)},
    }
    prices = model.prices.input_entries()
    if prices:
        said["pricing"] = prices
    if model.prompt_tokens_per_minute is not None:
        said["capacity"] = [
            {
                "type": "prompt",
                "unit": "token",
                "per": "minute",
                "value": model.prompt_tokens_per_minute,
            }
        ]
    return said


def _output(model: ListedModel) -> dict[str, Any]:
    most = model.output_tokens or model.context_tokens
    said: dict[str, Any] = {
        "type": "text",
        "streaming": True,
        "max_length": _tokens(most),
        "supported_parameters": _parameters(model, most),
    }
    prices = model.prices.output_entries()
    if prices:
        said["pricing"] = prices
    return said


def _parameters(model: ListedModel, most: int) -> dict[str, Any]:
    limit = {"type": "integer", "min": 1, "max": most, "unit": "token"}
    return {
        name: limit if name == "max_tokens" else dict(DESCRIPTORS[name])
        for name in (*model.sampling, *model.features)
    }


def _tokens(value: int) -> dict[str, Any]:
    return {"value": value, "unit": "token"}
