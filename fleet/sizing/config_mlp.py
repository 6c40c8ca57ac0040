"""The feed-forward layers of a config.json: dense, mixture of experts, or both."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from fleet.sizing.architecture import DenseLayers, ExpertLayers
from fleet.sizing.config_fields import ConfigRefused, Fields

PLAIN = (  # two matrices where others have a gate too
    *("gpt2", "gpt_neox", "opt", "bloom", "falcon", "phi", "starcoder2", "nemotron"),
    *("nemotron_h", "gpt_bigcode"),
)
EXPERT_COUNTS = ("n_routed_experts", "num_local_experts", "num_experts")
EXPERTS_PER_TOKEN = (
    *("num_experts_per_tok", "num_experts_per_token", "experts_per_token"),
    *("top_k_experts", "moe_topk"),
)


def feed_forward_of(
    fields: Fields, model_type: str, layers: int, hidden: int
) -> tuple[tuple[DenseLayers, ...], ExpertLayers | None]:
    """The dense layers and the layers of experts. Raises ConfigRefused."""
    matrices = 2 if model_type in PLAIN else 3
    if fields.blocks("block_configs"):
        return _searched(fields, hidden), None
    count = max((fields.count(name) for name in EXPERT_COUNTS), default=0)
    with_experts = _layers_with_experts(fields, model_type, layers) if count > 1 else 0
    dense = _dense(fields, model_type, layers, with_experts, matrices, hidden)
    if not with_experts:
        return dense, None
    return dense, _experts(fields, model_type, count, with_experts, matrices, hidden)


def _dense(
    fields: Fields,
    model_type: str,
    layers: int,
    with_experts: int,
    matrices: int,
    hidden: int,
) -> tuple[DenseLayers, ...]:
    plain_layers = layers - with_experts
    if model_type == "nemotron_h":
        plain_layers = _nemotron_blocks(fields).count("-")
    if model_type == "gemma4_text":  # a dense layer beside the experts of every layer
        plain_layers = layers
    if not plain_layers:
        return ()
    width = fields.optional("dense_intermediate_size", "intermediate_size_mlp")
    if width is None or (model_type == "llama4_text" and not with_experts):
        widths = fields.numbers("intermediate_size")  # Gemma 3n gives one per layer
        width = widths[0] if widths else fields.optional("intermediate_size", "n_inner")
    width = width or (4 * hidden if model_type in PLAIN else None)
    if width is None:
        width = fields.number("intermediate_size")
    return (DenseLayers(plain_layers, width, matrices),)


def _experts(
    fields: Fields, model_type: str, count: int, layers: int, matrices: int, hidden: int
) -> ExpertLayers:
    per_token = fields.number(*EXPERTS_PER_TOKEN)
    if per_token > count:
        raise ConfigRefused(
            f"A token uses {per_token} of {count} experts; it cannot use more than there "
            "are."
        )
    width = fields.number(
        "moe_intermediate_size", "expert_intermediate_size", "intermediate_size"
    )
    latent = fields.optional("moe_latent_size", "routed_expert_hidden_size")
    projections = 2 * hidden * latent if latent else 0
    return ExpertLayers(
        layers=layers,
        experts=count,
        per_token=per_token,
        intermediate_size=width,
        hidden_size=latent or hidden,
        matrices=matrices,
        shared_size=_shared(fields, model_type, width),
        always_parameters=hidden * count + projections,
    )


def _shared(fields: Fields, model_type: str, width: int) -> int:
    """Width of the experts that every token uses, together."""
    if model_type == "llama4_text":
        return width
    each = fields.count("moe_shared_expert_intermediate_size")
    if each:
        return each * (fields.count("n_shared_experts") or 1)
    named = fields.optional(
        "shared_expert_intermediate_size", "shared_intermediate_size", "share_expert_dim"
    )
    if named is not None:
        return named
    return width * fields.count("n_shared_experts", "num_shared_experts")


def _layers_with_experts(fields: Fields, model_type: str, layers: int) -> int:
    if model_type == "nemotron_h":
        return _nemotron_blocks(fields).count("E")
    if model_type == "gemma4_text" and not fields.flag("enable_moe_block"):
        return 0
    kinds = fields.words("mlp_layer_types")
    if kinds:
        return sum(kind == "sparse" for kind in kinds)
    listed = fields.numbers("moe_layer_freq")
    if listed:
        return sum(1 for flag in listed[:layers] if flag)
    every = fields.count("interleave_moe_layer_step", "decoder_sparse_step") or 1
    first = fields.count("first_k_dense_replace", "num_dense_layers")
    alone = len(fields.numbers("mlp_only_layers"))
    return max(0, (layers - first - alone) // every)


def nemotron_blocks(fields: Fields) -> str:
    """Nemotron-H's layers as one letter each: M state, * attention, - dense, E experts."""
    return _nemotron_blocks(fields)


def _nemotron_blocks(fields: Fields) -> str:
    pattern = fields.values.get("hybrid_override_pattern")
    if isinstance(pattern, str) and pattern:
        return pattern
    letters = {"mamba": "M", "attention": "*", "mlp": "-", "moe": "E"}
    words = fields.words("layers_block_type")
    unknown = set(words) - set(letters)
    if unknown or not words:
        raise ConfigRefused(
            f"layers_block_type holds {sorted(unknown) or 'nothing'}; use "
            f"{', '.join(letters)}."
        )
    return "".join(letters[word] for word in words)


def _searched(fields: Fields, hidden: int) -> tuple[DenseLayers, ...]:
    """Nemotron NAS: every block has a width of its own, `ffn_mult` x 2/3 x hidden."""
    made = []
    for block in fields.blocks("block_configs"):
        mlp = block.get("ffn")
        factor = mlp.get("ffn_mult") if isinstance(mlp, Mapping) else None
        if factor is None:
            continue
        if not isinstance(factor, int | float | Decimal) or not 0 < factor < 100:
            raise ConfigRefused(f"ffn_mult is {factor!r}; it must be above 0, below 100.")
        width = -(-int(2 * factor * hidden / 3) // 256) * 256
        made.append(DenseLayers(1, width))
    return tuple(made)
