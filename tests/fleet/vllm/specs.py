"""Serve specifications that tests stand on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fleet.vllm.command import ServeSpec

KEY = "sk-planted-0123456789"

LLAMA: dict[str, Any] = {
    "repository": "meta-llama/Llama-3.1-8B-Instruct",
    "served_model_name": "llama-3.1-8b",
    "attention_heads": 32,
    "kv_heads": 8,
    "vocabulary_size": 128_256,
    "max_context": 131_072,
    "max_model_len": 16_384,
    "gpu_memory_utilization": Decimal("0.90"),
    "api_key": KEY,
}
GLM_5: dict[str, Any] = {
    "repository": "zai-org/GLM-5-FP8",
    "served_model_name": "glm-5",
    "attention_heads": 64,
    "vocabulary_size": 154_880,
    "max_context": 202_752,
    "max_model_len": 131_072,
    "gpu_memory_utilization": Decimal("0.92"),
    "api_key": KEY,
    "tensor_parallel_size": 8,
    "kv_cache_dtype": "fp8",
    "tool_call_parser": "glm47",
    "reasoning_parser": "glm45",
}


def llama(**changes: Any) -> ServeSpec:
    """Llama 3.1 8B on one RTX 4090."""
    return ServeSpec(**{**LLAMA, **changes})


def glm_5(**changes: Any) -> ServeSpec:
    """GLM-5 FP8 on eight H200."""
    return ServeSpec(**{**GLM_5, **changes})
