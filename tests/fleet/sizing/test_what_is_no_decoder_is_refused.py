"""A config.json of something else, or with absurd numbers, gets a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.sizing.config_fields import ConfigRefused
from fleet.sizing.config_json import architecture_of
from fleet.sizing.precision import precision_of_config

GOOD: dict[str, Any] = {
    "model_type": "llama",
    "num_hidden_layers": 4,
    "hidden_size": 512,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "intermediate_size": 1024,
    "vocab_size": 32_000,
    "max_position_embeddings": 4096,
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model_type": "bert"}, "model_type is 'bert', an encoder; only decoders"),
        ({"model_type": "whisper"}, "a speech recogniser"),
        ({"is_encoder_decoder": True}, "an encoder-decoder; only decoders"),
        ({"_class_name": "FluxPipeline"}, "a diffusion model (FluxPipeline)"),
        ({"model_type": "rwkv"}, "model_type is 'rwkv', whose layers are not counted"),
        ({"num_hidden_layers": 0}, "num_hidden_layers is 0; it must be 1 or more."),
        ({"num_hidden_layers": 10**9}, "must be a whole number from 0 to 1,000."),
        ({"hidden_size": -4096}, "hidden_size is -4096; it must be a whole number"),
        ({"hidden_size": "4096"}, "hidden_size is '4096'; it must be a whole number"),
        ({"hidden_size": True}, "hidden_size is True; it must be a whole number"),
        ({"hidden_size": 4096.5}, "hidden_size is 4096.5; it must be a whole number"),
        ({"vocab_size": None}, "config.json has no vocab_size"),
        ({"max_position_embeddings": None}, "has no max_position_embeddings"),
        ({"num_key_value_heads": 3}, "must divide num_attention_heads, 8."),
        ({"intermediate_size": None}, "config.json has no intermediate_size"),
        (
            {"layer_types": ["full_attention", "quantum"] * 2},
            "layer_types holds ['quantum']",
        ),
        ({"layer_types": "full"}, "layer_types must be a list of words"),
        ({"num_experts": 8, "num_experts_per_tok": 9}, "A token uses 9 of 8 experts"),
        ({"num_experts": 8}, "config.json has no num_experts_per_tok"),
        ({"vocab_size": 2, "hidden_size": 8, "intermediate_size": 2}, "at least a million"),
    ],
)
def test_a_wrong_field_is_named_with_its_value(changes: dict[str, Any], sentence: str):
    with pytest.raises(ConfigRefused) as refused:
        architecture_of({**GOOD, **changes}, "wrong")

    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".")


def test_the_good_one_is_read():
    assert architecture_of(GOOD, "good").kv_heads == 2


def test_a_tokenizers_configuration_is_recognised():
    with pytest.raises(ConfigRefused, match="It looks like a tokenizer's"):
        architecture_of({"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>"}, "t")


@pytest.mark.parametrize("nothing", [{}, [], "text", None])
def test_nothing_is_refused(nothing: Any):
    with pytest.raises(ConfigRefused):
        architecture_of(nothing, "nothing")


def test_a_quantisation_that_is_not_known_is_refused():
    model = architecture_of(GOOD, "good")

    with pytest.raises(ConfigRefused, match="quant_method is 'bitnet'; known are fp8"):
        precision_of_config({"quantization_config": {"quant_method": "bitnet"}}, model)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "fp8"),
        ({"quant_method": "awq", "bits": 4}, "int4"),
        ({"quant_method": "gptq", "bits": 8}, "int8"),
        ({"quant_method": "mxfp4"}, "mxfp4"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "nvfp4"),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}},
            },
            "fp8",
        ),
        ({"quant_method": "compressed-tensors", "format": "mxfp4-pack-quantized"}, "mxfp4"),
    ],
)
def test_a_quantisation_is_read(told: dict[str, Any], name: str):
    model = architecture_of(GOOD, "good")

    assert precision_of_config({"quantization_config": told}, model).name == name
