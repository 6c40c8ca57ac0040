"""Real configuration files, and the parameters that their makers publish."""

from __future__ import annotations

import re

import pytest

from fleet.sizing.architecture import AttentionKind
from fleet.sizing.config_json import architecture_of
from fleet.sizing.precision import precision_of_config
from fleet.sizing.weights import weight_bytes
from tests.fleet.sizing.questions import installed_configs

CONFIGS = installed_configs()
needs_configs = pytest.mark.skipif(
    not CONFIGS, reason="no configuration files at hand; install aiconfigurator-core"
)
# 10^9 parameters, as published.
PUBLISHED = {
    "zai-org/GLM-5": 744,
    "zai-org/GLM-5.2": 743,
    "deepseek-ai/DeepSeek-V3": 671,
    "deepseek-ai/DeepSeek-V4-Flash": 284,
    "moonshotai/Kimi-K2-Instruct": 1026,
    "openai/gpt-oss-120b": 116.8,
    "openai/gpt-oss-20b": 20.9,
    "Qwen/Qwen3-8B": 8.19,
    "Qwen/Qwen3-VL-8B-Instruct": 8.77,
    "Qwen/Qwen3.5-397B-A17B": 397,
    "MiniMaxAI/MiniMax-M2.5": 229,
    "XiaomiMiMo/MiMo-V2-Flash": 309,
    "meta-llama/Meta-Llama-3.1-8B": 8.03,
    "meta-llama/Llama-4-Scout-17B-16E-Instruct": 109,  # vision is not in this file
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct": 401,
    "mistralai/Mixtral-8x7B-v0.1": 46.7,
    "mistralai/Mixtral-8x22B-v0.1": 140.6,
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1": 49.9,
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": 31.6,
    "google/gemma-4-26B-A4B": 25.8,
}
ACTIVE = {
    "zai-org/GLM-5": 40,
    "deepseek-ai/DeepSeek-V3": 37,
    "openai/gpt-oss-120b": 5.1,
    "Qwen/Qwen3-235B-A22B": 22,
    "moonshotai/Kimi-K2-Instruct": 32.6,
    "mistralai/Mixtral-8x7B-v0.1": 12.9,
}


@needs_configs
@pytest.mark.parametrize("name", CONFIGS or ["none"])
def test_every_real_configuration_is_read(name: str):
    model = architecture_of(CONFIGS[name], name)

    assert sum(group.layers for group in model.attention) <= model.layers
    assert precision_of_config(CONFIGS[name], model).expert_bits > 4


@needs_configs
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_parameters_are_the_published_ones(name: str):
    model = architecture_of(CONFIGS[name], name)

    assert model.parameters.total / 10**9 == pytest.approx(PUBLISHED[name], rel=0.02)


@needs_configs
@pytest.mark.parametrize("name", [n for n in CONFIGS if re.search(r"-\d+B", n)] or ["none"])
def test_the_parameters_are_those_in_the_name(name: str):
    said = re.findall(r"-(\d+(?:\.\d+)?)B", name)
    if "17B-1" in name:
        pytest.skip("this name tells the active parameters")
    total = architecture_of(CONFIGS[name], name).parameters.total / 10**9

    assert total == pytest.approx(float(said[0]), rel=0.09)  # names are rounded


@needs_configs
@pytest.mark.parametrize("name", ACTIVE)
def test_the_active_parameters_are_the_published_ones(name: str):
    active = architecture_of(CONFIGS[name], name).active_parameters / 10**9

    assert active == pytest.approx(ACTIVE[name], rel=0.13)  # makers leave tables out


@needs_configs
def test_a_quantised_checkpoint_says_what_it_left_alone():
    config = CONFIGS["moonshotai/Kimi-K2.5"]
    model = architecture_of(config, "Kimi K2.5")
    precision = precision_of_config(config, model)

    assert precision.name == "int4"
    assert (precision.attention_bits, precision.shared_bits) == (16, 16)
    assert 540 < weight_bytes(model, precision) / 10**9 < 600


@needs_configs
def test_the_index_of_glm_5_2_is_kept_by_21_of_78_layers():
    model = architecture_of(CONFIGS["zai-org/GLM-5.2"], "GLM-5.2")

    assert [(group.layers, group.index_bytes) for group in model.attention] == [
        (21, 132),
        (57, 0),
    ]


@needs_configs
def test_qwen_3_5_keeps_keys_in_every_fourth_layer_only():
    model = architecture_of(CONFIGS["Qwen/Qwen3.5-27B"], "Qwen 3.5 27B")

    kinds = {group.kind: group for group in model.attention}
    assert kinds[AttentionKind.FULL].layers == 16
    assert kinds[AttentionKind.STATE].layers == 48
    assert kinds[AttentionKind.STATE].state_elements == 48 * 128 * 128
    assert kinds[AttentionKind.STATE].state_bytes == 4


def test_a_model_type_that_nobody_has_seen_is_read_by_its_fields():
    config = {
        "model_type": "next_llama",
        "num_hidden_layers": 2,
        "hidden_size": 256,
        "num_attention_heads": 4,
        "intermediate_size": 512,
        "vocab_size": 1000,
        "max_position_embeddings": 2048,
    }

    model = architecture_of(config, "tiny")

    assert model.kv_heads == 4
    assert model.parameters.total == 2 * 1000 * 256 + 2 * (4 * 256**2 + 3 * 256 * 512) + (
        5 * 256
    )
