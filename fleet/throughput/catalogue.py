"""The work of well-known models, so that a measured point of theirs can be compared.

Figures: the models' own config.json and their published parameter counts. A model of
ours comes with its own ModelWork; this table is for the neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fleet.throughput.names import model_key
from fleet.throughput.shape import ModelWork

BYTES = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.53, "nvfp4": 0.56, "mxfp4": 0.53}
# Formats that leave everything but the experts of a mixture in 16 bit.
EXPERTS_ONLY = ("nvfp4", "mxfp4", "int4")
LATENT_DIM = 576  # MLA: 512 of latent and 64 of rotary key, one for all heads


@dataclass(frozen=True, slots=True)
class _Known:
    total: float  # 10^9 parameters
    active: float
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    experts: int = 0
    per_token: int = 0
    expert_width: int = 0  # intermediate size of one expert
    moe_layers: int = 0
    attention_layers: int = 0  # those with a cache of the whole context
    attention: str = "gqa"
    attended: int = 0


_KNOWN = {
    "llama-3.1-8b": _Known(8.03, 8.03, 32, 4096, 32, 8, 128),
    "llama-3.1-70b": _Known(70.6, 70.6, 80, 8192, 64, 8, 128),
    "llama-3.1-405b": _Known(405.9, 405.9, 126, 16384, 128, 8, 128),
    "llama-3.2-3b": _Known(3.21, 3.21, 28, 3072, 24, 8, 128),
    "mistral-7b": _Known(7.25, 7.25, 32, 4096, 32, 8, 128),
    "mistral-nemo": _Known(12.2, 12.2, 40, 5120, 32, 8, 128),
    "mistral-large": _Known(122.6, 122.6, 88, 12288, 96, 8, 128),
    "mixtral-8x7b": _Known(46.7, 12.9, 32, 4096, 32, 8, 128, 8, 2, 14336, 32),
    "mixtral-8x22b": _Known(140.6, 39.1, 56, 6144, 48, 8, 128, 8, 2, 16384, 56),
    "qwen2.5-1.5b": _Known(1.54, 1.54, 28, 1536, 12, 2, 128),
    "qwen2.5-3b": _Known(3.09, 3.09, 36, 2048, 16, 2, 128),
    "qwen2.5-7b": _Known(7.62, 7.62, 28, 3584, 28, 4, 128),
    "qwen2.5-14b": _Known(14.8, 14.8, 48, 5120, 40, 8, 128),
    "qwen2.5-32b": _Known(32.8, 32.8, 64, 5120, 40, 8, 128),
    "qwen2.5-72b": _Known(72.7, 72.7, 80, 8192, 64, 8, 128),
    "qwen3-4b": _Known(4.02, 4.02, 36, 2560, 32, 8, 128),
    "qwen3-8b": _Known(8.19, 8.19, 36, 4096, 32, 8, 128),
    "qwen3-14b": _Known(14.8, 14.8, 40, 5120, 40, 8, 128),
    "qwen3-32b": _Known(32.8, 32.8, 64, 5120, 64, 8, 128),
    "qwen3-30b-a3b": _Known(30.5, 3.3, 48, 2048, 32, 4, 128, 128, 8, 768, 48),
    "qwen3-coder-30b-a3b": _Known(30.5, 3.3, 48, 2048, 32, 4, 128, 128, 8, 768, 48),
    "qwen3-235b-a22b": _Known(235.1, 22.2, 94, 4096, 64, 4, 128, 128, 8, 1536, 94),
    "qwen3-coder-480b-a35b": _Known(480, 35, 62, 6144, 96, 8, 128, 160, 8, 2560, 62),
    "qwen3.5-9b": _Known(9.4, 9.4, 32, 4096, 16, 4, 256, attention_layers=8),
    "qwen3.5-27b": _Known(27.4, 27.4, 64, 5120, 24, 4, 256, attention_layers=16),
    "qwen3.5-35b-a3b": _Known(35, 3, 40, 2048, 16, 2, 256, 256, 8, 512, 40, 10),
    "qwen3.5-397b-a17b": _Known(397, 17, 60, 4096, 32, 2, 256, 512, 10, 1024, 60, 15),
    "minimax-m2.5": _Known(229, 10, 62, 3072, 48, 8, 128, 256, 8, 1536, 62),
    "gpt-oss-20b": _Known(20.9, 3.6, 24, 2880, 64, 8, 64, 32, 4, 2880, 24, 12),
    "gpt-oss-120b": _Known(116.8, 5.1, 36, 2880, 64, 8, 64, 128, 4, 2880, 36, 18),
    "glm-4.6": _Known(355, 32, 92, 5120, 96, 8, 128, 160, 8, 1536, 89),
    "deepseek-v3": _Known(
        671, 37, 61, 7168, 128, 1, 192, 256, 8, 2048, 58, attention="mla"
    ),
    "kimi-k2": _Known(1026, 32, 61, 7168, 64, 1, 192, 384, 8, 2048, 60, attention="mla"),
    "glm-5": _Known(
        *(744, 40, 78, 6144, 64, 1, 256, 256, 8, 2048, 75),
        attention="sparse_mla",
        attended=2048,
    ),
    "yi-6b": _Known(6.06, 6.06, 32, 4096, 32, 4, 128),
    "gemma-2-9b": _Known(9.24, 9.24, 42, 3584, 16, 8, 256, attention_layers=21),
    "gemma-3-12b": _Known(12.2, 12.2, 48, 3840, 16, 8, 256, attention_layers=8),
    "nvidia-nemotron-nano-9b-v2": _Known(
        8.9, 8.9, 56, 4480, 40, 8, 128, attention_layers=4
    ),
    "nvidia-nemotron-nano-12b-v2": _Known(
        12.3, 12.3, 62, 5120, 40, 8, 128, attention_layers=6
    ),
}


def at_precision(work: ModelWork, precision: str) -> ModelWork:
    """The same model stored in another precision, for a neighbour's point."""
    other = BYTES["bf16"] if work.is_moe and precision in EXPERTS_ONLY else BYTES[precision]
    return replace(work, bytes_per_weight=BYTES[precision], bytes_per_other_weight=other)


def known_work(model: str, precision: str) -> ModelWork | None:
    """The work of a listed model in a precision; None where it is not listed."""
    known = _KNOWN.get(model_key(model))
    if known is None or precision not in BYTES:
        return None
    cached = known.attention_layers or known.layers
    latent = known.attention != "gqa"
    per_layer = LATENT_DIM if latent else 2 * known.kv_heads * known.head_dim
    experts = known.moe_layers * known.experts * 3 * known.hidden * known.expert_width
    only_experts = known.experts and precision in EXPERTS_ONLY
    return ModelWork(
        model=model,
        total_parameters=known.total * 1e9,
        active_parameters=known.active * 1e9,
        bytes_per_weight=BYTES[precision],
        bytes_per_other_weight=2.0 if only_experts else BYTES[precision],
        layers=known.layers,
        hidden_size=known.hidden,
        kv_bytes_per_token=2.0 * cached * per_layer,
        kv_splits=known.kv_heads,
        attention_width=known.heads * known.head_dim,
        attention=known.attention,
        expert_parameters=min(experts, 0.99 * known.total * 1e9),
        experts=known.experts,
        experts_per_token=known.per_token,
        attention_layers=cached,
        attended_tokens=known.attended,
    )
