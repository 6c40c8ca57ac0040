"""From a model's config.json to its Architecture.

Field names differ between families and mean the same: each is read under every name that
is in use. What is not a decoder, or is a kind of layer that is not counted here, is
refused with a sentence; a guess would be paid for by the hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fleet.sizing.architecture import Architecture, AttentionKind, AttentionLayers
from fleet.sizing.config_attention import attention_of
from fleet.sizing.config_fields import ConfigRefused, Fields
from fleet.sizing.config_mlp import feed_forward_of

WRAPPED = ("text_config", "llm_config", "language_config")
NOT_DECODERS = {
    "bert": "an encoder",
    "roberta": "an encoder",
    "xlm-roberta": "an encoder",
    "distilbert": "an encoder",
    "modernbert": "an encoder",
    "deberta-v2": "an encoder",
    "electra": "an encoder",
    "albert": "an encoder",
    "clip": "a picture encoder",
    "siglip": "a picture encoder",
    "vit": "a picture encoder",
    "whisper": "a speech recogniser",
    "wav2vec2": "a speech recogniser",
    "t5": "an encoder-decoder",
    "mt5": "an encoder-decoder",
    "bart": "an encoder-decoder",
}
NOT_COUNTED = (
    "mamba",
    "mamba2",
    "falcon_mamba",
    "jamba",
    "zamba",
    "zamba2",
    "rwkv",
    "rwkv7",
)
TIED_BY_DEFAULT = ("gemma", "cohere", "gpt2", "bloom", "phi4mm")


def architecture_of(config: Mapping[str, Any], name: str) -> Architecture:
    """The architecture that `config` (a parsed config.json) describes.

    Raises ConfigRefused with field, value and what would be right.
    """
    text = _decoder(config)
    fields = Fields(text)
    model_type = str(text.get("model_type") or config.get("model_type") or "")
    layers = _layers(fields)
    hidden = fields.number("hidden_size", "n_embd", "d_model")
    attention = attention_of(fields, model_type, layers, hidden)
    attention = _without_shared_caches(fields, attention)
    dense, experts = feed_forward_of(fields, model_type, layers, hidden)
    context = fields.number("max_position_embeddings", "n_positions", "max_seq_len")
    made = Architecture(
        name=name,
        model_type=model_type,
        layers=layers,
        hidden_size=hidden,
        vocabulary_size=fields.number("vocab_size"),
        max_context=context,
        tied_embeddings=_tied(config, text, model_type),
        attention=tuple(_widen(group, context) for group in attention),
        dense=dense,
        experts=experts,
        streams=fields.optional("hc_mult") or 1,
        vision=_vision(config, hidden)[0],
        vision_row=_vision(config, hidden)[1],
        extra_embedding=(
            fields.count("vocab_size_per_layer_input")
            * fields.count("hidden_size_per_layer_input")
            * layers
        ),
    )
    if made.parameters.total < 1_000_000:
        raise ConfigRefused(
            f"config.json describes {made.parameters.total:,} parameters; a served model "
            "has at least a million."
        )
    return made


def _decoder(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of `config` that describes the language model."""
    if not isinstance(config, Mapping):
        raise ConfigRefused("config.json must be an object with named numbers.")
    if "_class_name" in config or "_diffusers_version" in config:
        kind = config.get("_class_name", "a pipeline")
        raise ConfigRefused(f"This is a diffusion model ({kind}), not a language model.")
    thinker = config.get("thinker_config")
    if isinstance(thinker, Mapping):
        config = thinker
    text = next((config[w] for w in WRAPPED if isinstance(config.get(w), Mapping)), config)
    model_type = text.get("model_type") or config.get("model_type")
    known = NOT_DECODERS.get(str(model_type))
    if known or config.get("is_encoder_decoder") is True:
        raise ConfigRefused(
            f"model_type is {model_type!r}, {known or 'an encoder-decoder'}; only decoders "
            "that generate text are sized."
        )
    if model_type in NOT_COUNTED:
        raise ConfigRefused(
            f"model_type is {model_type!r}, whose layers are not counted here; use a "
            "model with attention, or a hybrid such as Qwen 3.5 or Nemotron-H."
        )
    has_layers = any(
        key in text
        for key in ("num_hidden_layers", "n_layer", "layers_block_type", "block_configs")
    )
    if not has_layers:
        hint = "It looks like a tokenizer's." if "tokenizer_class" in config else ""
        raise ConfigRefused(
            "config.json has no num_hidden_layers, so it is not a decoder's "
            f"configuration. {hint}".strip()
        )
    return text


def _layers(fields: Fields) -> int:
    listed = len(fields.words("layers_block_type"))
    return listed or fields.number("num_hidden_layers", "n_layer")


def _tied(config: Mapping[str, Any], text: Mapping[str, Any], model_type: str) -> bool:
    for place in (text, config):
        if isinstance(place.get("tie_word_embeddings"), bool):
            return bool(place["tie_word_embeddings"])
    return model_type.startswith(TIED_BY_DEFAULT)


def _widen(group: AttentionLayers, context: int) -> AttentionLayers:
    """A window as long as the context is no window."""
    if group.kind == AttentionKind.SLIDING and group.window >= context:
        return replace(group, kind=AttentionKind.FULL, window=0)
    return group


def _without_shared_caches(
    fields: Fields, groups: tuple[AttentionLayers, ...]
) -> tuple[AttentionLayers, ...]:
    """Gemma 3n's last layers read the cache of earlier ones: they keep none themselves.

    They are the last `num_kv_shared_layers`; both kinds give up in proportion.
    """
    shared = fields.count("num_kv_shared_layers")
    whole = sum(group.layers for group in groups)
    if not shared or shared >= whole:
        return groups
    kept: list[AttentionLayers] = []
    for group in groups:
        layers = max(1, round(group.layers * (whole - shared) / whole))
        each = group.parameters * group.layers // layers  # their projections stay
        kept.append(replace(group, layers=layers, parameters=each))
    return tuple(kept)


def _vision(config: Mapping[str, Any], text_hidden: int) -> tuple[int, int]:
    """(parameters to about a tenth, elements at work a patch) of a picture encoder."""
    found = config.get("vision_config")
    if not isinstance(found, Mapping):
        return 0, 0
    fields = Fields(found)
    depth = fields.count("depth", "num_hidden_layers", "vt_num_hidden_layers")
    width = fields.count("hidden_size", "vt_hidden_size", "embed_dim")
    inner = fields.count("intermediate_size", "vt_intermediate_size") or 4 * width
    merged = width * (fields.count("spatial_merge_size") or 2) ** 2
    parameters = depth * (4 * width + 2 * inner) * width + merged * (merged + text_hidden)
    return parameters, 4 * width + 3 * inner
