"""Layers that keep a state of fixed size per request, from a config.json."""

from __future__ import annotations

from fleet.sizing.architecture import AttentionKind, AttentionLayers
from fleet.sizing.config_fields import Fields


def delta_net(fields: Fields, layers: int, hidden: int) -> AttentionLayers:
    """Gated delta net, as in Qwen3-Next and Qwen 3.5."""
    key_heads = fields.number("linear_num_key_heads")
    value_heads = fields.number("linear_num_value_heads")
    key_dim = fields.number("linear_key_head_dim")
    value_dim = fields.number("linear_value_head_dim")
    kernel = fields.number("linear_conv_kernel_dim")
    keys, values = key_heads * key_dim, value_heads * value_dim
    conv = 2 * keys + values
    return AttentionLayers(
        kind=AttentionKind.STATE,
        layers=layers,
        heads=value_heads,
        value_dim=value_dim,
        parameters=hidden * (conv + 2 * values + 2 * value_heads) + conv * kernel,
        conv_elements=(kernel - 1) * conv,
        state_elements=value_heads * value_dim * key_dim,
        state_bytes=_state_bytes(fields, "mamba_ssm_dtype"),
    )


def mamba2(fields: Fields, layers: int, hidden: int) -> AttentionLayers:
    """Mamba 2, as in Nemotron-H and Granite 4."""
    if not layers:
        return AttentionLayers(AttentionKind.STATE, 0, 0, 0)
    heads = fields.number("mamba_num_heads", "mamba_n_heads")
    dim = fields.number("mamba_head_dim", "mamba_d_head")
    groups = fields.optional("n_groups", "mamba_n_groups") or 1
    state = fields.number("ssm_state_size", "mamba_d_state")
    kernel = fields.number("conv_kernel", "mamba_d_conv")
    inner = heads * dim
    conv = inner + 2 * groups * state
    return AttentionLayers(
        kind=AttentionKind.STATE,
        layers=layers,
        heads=heads,
        value_dim=dim,
        parameters=hidden * (2 * inner + conv - inner + heads)
        + conv * kernel
        + inner * hidden,
        conv_elements=(kernel - 1) * conv,
        state_elements=heads * dim * state,
        state_bytes=(
            4
            if fields.values.get("model_type") == "nemotron_h"
            else _state_bytes(fields, "mamba_ssm_cache_dtype")
        ),
    )


def kimi_delta(fields: Fields, layers: int, hidden: int) -> AttentionLayers:
    """Kimi delta attention (Kimi Linear, K3); `fields` is its `linear_attn_config`."""
    heads, dim = fields.number("num_heads"), fields.number("head_dim")
    kernel = fields.number("short_conv_kernel_size")
    width = heads * dim
    gate = hidden * width if fields.flag("use_full_rank_gate") else dim * (hidden + width)
    return AttentionLayers(
        kind=AttentionKind.STATE,
        layers=layers,
        heads=heads,
        value_dim=dim,
        parameters=4 * hidden * width
        + gate
        + dim * (hidden + width)
        + hidden * heads
        + 3 * width * kernel,
        conv_elements=(kernel - 1) * 3 * width,
        state_elements=heads * dim * dim,
    )


def lightning(fields: Fields, layers: int, hidden: int) -> AttentionLayers:
    """Lightning attention, as in MiniMax-Text-01 and M1."""
    heads = fields.number("num_attention_heads")
    dim = fields.optional("head_dim") or hidden // heads
    return AttentionLayers(
        kind=AttentionKind.STATE,
        layers=layers,
        heads=heads,
        value_dim=dim,
        parameters=5 * hidden * heads * dim,
        state_elements=heads * dim * dim,
    )


def _state_bytes(fields: Fields, name: str) -> int:
    """vLLM keeps a state in the model's own precision unless the config says float32."""
    return 4 if fields.values.get(name) == "float32" else 2
