"""The attention and state layers of a config.json, in groups of one kind.

Shapes of states and caches as vLLM 0.32 makes them (layers/mamba/mamba_utils.py,
layers/attention/mla_attention.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fleet.sizing.architecture import AttentionKind, AttentionLayers
from fleet.sizing.config_fields import ConfigRefused, Fields
from fleet.sizing.config_mlp import nemotron_blocks
from fleet.sizing.config_states import delta_net, kimi_delta, lightning, mamba2

INDEX_SCALE_BYTES = 4  # one fp32 scale beside the fp8 key of a sparse index
FULL_WORDS = ("full_attention", "attention", "global", "deepseek_sparse_attention")
SLIDING_WORDS = ("sliding_attention", "local")
STATE_WORDS = ("linear_attention", "mamba", "recurrent")
KNOWN_RATIOS = frozenset((0, 4, 128))  # tokens per entry that vLLM 0.32 can make
PATTERNS = {"gemma3_text": 6, "gemma2": 2, "cohere2": 4, "gemma3n_text": 5}


def attention_of(
    fields: Fields, model_type: str, layers: int, hidden: int
) -> tuple[AttentionLayers, ...]:
    """Every group of layers that remembers. Raises ConfigRefused."""
    if fields.values.get("compress_ratios"):
        return _compressed(fields, layers, hidden)
    linear = fields.inner("linear_attn_config")
    if linear is not None:
        kept = len(linear.numbers("kda_layers"))
        if not 0 < kept < layers:
            raise ConfigRefused(
                f"kda_layers names {kept} of {layers} layers; some, and not all, must be."
            )
        latent = _latent(fields, layers - kept, hidden)
        return (*latent, kimi_delta(linear, kept, hidden))
    if fields.optional("kv_lora_rank"):
        return _latent(fields, layers, hidden)
    if model_type == "nemotron_h":
        blocks = nemotron_blocks(fields)
        plain = _grouped(fields, AttentionKind.FULL, blocks.count("*"), hidden)
        return _present(plain, mamba2(fields, blocks.count("M"), hidden))
    if fields.blocks("block_configs"):
        return _searched(fields, hidden)
    return _by_layer(fields, model_type, layers, hidden)


def _present(*groups: AttentionLayers) -> tuple[AttentionLayers, ...]:
    found = tuple(group for group in groups if group.layers)
    if not any(group.kind != AttentionKind.STATE for group in found):
        raise ConfigRefused(
            "config.json has no attention layer at all; models of states alone are not "
            "counted here."
        )
    return found


def _by_layer(
    fields: Fields, model_type: str, layers: int, hidden: int
) -> tuple[AttentionLayers, ...]:
    """Grouped-query layers, some perhaps with a window, some perhaps states."""
    full, sliding, states = _counts(fields, model_type, layers)
    window = fields.count("sliding_window", "sliding_window_size")
    chunk = fields.count("attention_chunk_size") if model_type == "llama4_text" else 0
    kind = AttentionKind.CHUNKED if chunk else AttentionKind.SLIDING
    groups = [
        _grouped(fields, AttentionKind.FULL, full, hidden, whole=bool(sliding)),
        _grouped(fields, kind, sliding, hidden, window=chunk or window),
    ]
    if states:
        make = delta_net if fields.optional("linear_num_value_heads") else mamba2
        if fields.numbers("attn_type_list"):
            make = lightning
        groups.append(make(fields, states, hidden))
    return _present(*groups)


def _counts(fields: Fields, model_type: str, layers: int) -> tuple[int, int, int]:
    """(full, sliding, state) layers."""
    words = fields.words("layer_types")[:layers]
    if words:
        full = sum(word in FULL_WORDS for word in words)
        sliding = sum(word in (*SLIDING_WORDS, "chunked_attention") for word in words)
        states = sum(word in STATE_WORDS for word in words)
        if full + sliding + states != len(words):
            known = (*FULL_WORDS, *SLIDING_WORDS, "chunked_attention", *STATE_WORDS)
            odd = sorted(set(words) - set(known))
            raise ConfigRefused(f"layer_types holds {odd}, which is not counted here.")
        return full, sliding, states
    pattern = fields.numbers("hybrid_layer_pattern")
    if pattern:
        return pattern.count(0), pattern.count(1), 0
    kinds = fields.numbers("attn_type_list")
    if 0 in kinds:
        return kinds.count(1), 0, kinds.count(0)
    indices = fields.numbers("attn_layer_indices")
    if indices:
        return len(indices), 0, layers - len(indices)
    interval = fields.count("full_attention_interval")
    if interval and fields.optional("linear_num_value_heads"):
        return layers // interval, 0, layers - layers // interval
    return (*_windowed(fields, model_type, layers), 0)


def _windowed(fields: Fields, model_type: str, layers: int) -> tuple[int, int]:
    if model_type == "llama4_text" and fields.optional("attention_chunk_size"):
        return layers // 4, layers - layers // 4  # every fourth layer sees everything
    if not fields.optional("sliding_window"):
        return layers, 0
    every = fields.optional("sliding_window_pattern") or PATTERNS.get(model_type)
    if every:
        return layers // every, layers - layers // every
    if fields.values.get("use_sliding_window") is False:
        return layers, 0
    if "use_sliding_window" in fields.values:  # Qwen 2: windows from this layer on
        full = min(layers, fields.count("max_window_layers"))
        return full, layers - full
    return 0, layers


def _grouped(
    fields: Fields,
    kind: AttentionKind,
    layers: int,
    hidden: int,
    *,
    window: int = 0,
    whole: bool = False,
) -> AttentionLayers:
    """Grouped-query layers; `whole` marks the full layers of a model with windows."""
    heads = fields.number("num_attention_heads", "n_head")
    kv = fields.optional("num_key_value_heads", "num_kv_heads", "n_head_kv") or heads
    if fields.flag("multi_query") and not fields.optional("num_kv_heads"):
        kv = 1
    dim = fields.optional("head_dim", "attention_head_dim") or hidden // heads
    if not dim:
        raise ConfigRefused(
            f"hidden_size is {hidden}; it must be at least num_attention_heads, {heads}."
        )
    value = fields.optional("v_head_dim") or dim
    if kind == AttentionKind.SLIDING:
        kv = fields.optional("swa_num_key_value_heads") or kv
    if whole:
        kv = fields.optional("num_global_key_value_heads") or kv
        dim = fields.optional("global_head_dim") or dim
        value = fields.optional("v_head_dim") or dim
    if heads % kv:
        raise ConfigRefused(
            f"num_key_value_heads is {kv}; it must divide num_attention_heads, {heads}."
        )
    queries = heads * dim * (2 if fields.flag("attn_output_gate") else 1)
    values = 0 if whole and fields.flag("attention_k_eq_v") else kv * value
    parameters = hidden * (queries + kv * dim + values + heads * value)
    index = _block_index(fields, hidden) if kind == AttentionKind.FULL else (0, 0)
    return AttentionLayers(
        kind=kind,
        layers=layers,
        heads=heads,
        kv_heads=kv,
        head_dim=dim,
        value_dim=value,
        window=window if kind != AttentionKind.FULL else 0,
        parameters=parameters + index[0],
        replicated=index[0],
        index_bytes=index[1],
    )


def _block_index(fields: Fields, hidden: int) -> tuple[int, int]:
    """(parameters, bytes per token) of MiniMax M3's index over blocks of keys."""
    sparse = fields.inner("sparse_attention_config")
    if sparse is None or not sparse.optional("sparse_index_dim"):
        return 0, 0
    dim = sparse.number("sparse_index_dim")
    return hidden * dim * (1 + sparse.count("sparse_num_index_heads")), 2 * dim


def _latent(fields: Fields, layers: int, hidden: int) -> tuple[AttentionLayers, ...]:
    heads = fields.number("num_attention_heads")
    rank, rope = fields.number("kv_lora_rank"), fields.optional("qk_rope_head_dim")
    rope = 64 if rope is None else rope
    nope, value = fields.number("qk_nope_head_dim"), fields.number("v_head_dim")
    query_rank = fields.count("q_lora_rank")
    query = heads * (nope + rope)
    down = hidden * (query_rank + rank + rope)
    up = query_rank * query if query_rank else hidden * query
    parameters = down + up + rank * heads * (nope + value) + heads * value * hidden
    if fields.flag("mla_use_output_gate"):
        parameters += hidden * heads * value
    latent = AttentionLayers(
        kind=AttentionKind.MLA,
        layers=layers,
        heads=heads,
        parameters=parameters,
        replicated=down,
        head_dim=nope + rope,
        value_dim=value,
        latent_dim=rank + rope,
    )
    if not fields.optional("index_topk"):
        return (latent,)
    return _indexed(fields, latent, hidden, query_rank)


def _indexed(
    fields: Fields, latent: AttentionLayers, hidden: int, query_rank: int
) -> tuple[AttentionLayers, ...]:
    """Sparse layers: those with an index of their own, and those that borrow one."""
    dim, heads = fields.number("index_head_dim"), fields.number("index_n_heads")
    index = query_rank * heads * dim + hidden * (dim + heads)
    types = fields.words("indexer_types")[: latent.layers]
    borrowed = sum(word == "shared" for word in types)

    def sparse(layers: int, parameters: int, index_bytes: int) -> AttentionLayers:
        return replace(
            latent,
            kind=AttentionKind.SPARSE_MLA,
            layers=layers,
            parameters=latent.parameters + parameters,
            replicated=latent.replicated + parameters,
            index_bytes=index_bytes,
            index_width=heads * dim if index_bytes else 0,
            attended=fields.number("index_topk"),
        )

    own = sparse(latent.layers - borrowed, index, dim + INDEX_SCALE_BYTES)
    return (own, sparse(borrowed, 0, 0)) if borrowed else (own,)


def _compressed(fields: Fields, layers: int, hidden: int) -> tuple[AttentionLayers, ...]:
    """DeepSeek V4: a window in every layer, and one entry for several tokens beyond it."""
    ratios = fields.numbers("compress_ratios")[:layers]
    if not set(ratios) <= KNOWN_RATIOS or not any(ratios):
        raise ConfigRefused(
            f"compress_ratios holds {sorted(set(ratios))[:5]}; 0, 4 and 128 are counted."
        )
    heads, dim = fields.number("num_attention_heads"), fields.number("head_dim")
    rank, out = fields.number("q_lora_rank"), fields.number("o_lora_rank")
    groups = fields.number("o_groups")
    index_dim, index_heads = fields.number("index_head_dim"), fields.number("index_n_heads")
    base = hidden * rank + rank * heads * dim + hidden * dim
    base += heads * dim * out + groups * out * hidden
    made = []
    for ratio in sorted(set(ratios)):
        indexed = ratio == 4
        extra = 2 * hidden * dim * (2 if indexed else 1) if ratio else 0
        if indexed:
            extra += rank * index_heads * index_dim + hidden * (4 * index_dim + index_heads)
        made.append(
            AttentionLayers(
                kind=AttentionKind.COMPRESSED,
                layers=ratios.count(ratio),
                heads=heads,
                parameters=base + extra,
                replicated=hidden * (rank + dim) + extra,
                latent_dim=dim,
                window=fields.count("sliding_window"),
                index_bytes=index_dim + INDEX_SCALE_BYTES if indexed else 0,
                index_width=index_heads * index_dim if indexed else 0,
                attended=fields.count("index_topk") if indexed else 0,
                tokens_per_entry=ratio,
            )
        )
    return tuple(made)


def _searched(fields: Fields, hidden: int) -> tuple[AttentionLayers, ...]:
    """Nemotron NAS: blocks with a number of KV heads each, or with no attention."""
    heads = fields.number("num_attention_heads")
    dim = fields.optional("head_dim") or hidden // heads
    made = []
    for block in fields.blocks("block_configs"):
        part = block.get("attention")
        group = part.get("n_heads_in_group") if isinstance(part, Mapping) else None
        if not group:
            continue
        if not isinstance(group, int) or heads % group:
            raise ConfigRefused(
                f"n_heads_in_group is {group!r}; it must divide the {heads} heads."
            )
        kv = heads // group
        parameters = 2 * hidden * heads * dim + 2 * hidden * kv * dim
        made.append(
            AttentionLayers(
                kind=AttentionKind.FULL,
                layers=1,
                heads=heads,
                kv_heads=kv,
                head_dim=dim,
                value_dim=dim,
                parameters=parameters,
            )
        )
    return _merged(made)


def _merged(groups: list[AttentionLayers]) -> tuple[AttentionLayers, ...]:
    counted: dict[AttentionLayers, int] = {}
    for group in groups:
        counted[group] = counted.get(group, 0) + 1
    return _present(
        *(
            AttentionLayers(
                kind=group.kind,
                layers=count,
                heads=group.heads,
                kv_heads=group.kv_heads,
                head_dim=group.head_dim,
                value_dim=group.value_dim,
                parameters=group.parameters,
            )
            for group, count in counted.items()
        )
    )
