"""Configurations as an operator brings them."""

from __future__ import annotations

import json
from typing import Any

from fleet.models import ModelConfig
from fleet.services.model_configs import add_config
from tests.clock import NOON

# A small Llama shape of nobody's.
CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 16,
    "hidden_size": 2048,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 8192,
    "vocab_size": 32_000,
    "max_position_embeddings": 16_384,
}


def file_of(**changes: Any) -> bytes:
    """A config.json; a change to None takes the field out."""
    told = {key: each for key, each in (CONFIG | changes).items() if each is not None}
    return json.dumps(told).encode()


def bring(content: bytes, **changes: Any) -> ModelConfig:
    """Keep a file as an operator does."""
    given: dict[str, Any] = {
        "name": "my-org/my-model",
        "source": "config.json",
        "acting_user": "ada",
        "now": NOON,
    }
    return add_config(content, **(given | changes))
