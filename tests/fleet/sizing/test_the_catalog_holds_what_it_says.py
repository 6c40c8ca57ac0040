"""The catalog beside the configuration files, and the names it answers to."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from fleet.sizing.catalog import catalog, model_named
from fleet.sizing.config_json import architecture_of
from fleet.sizing.gpus import GPUS, gpu_named
from fleet.sizing.precision import PRECISIONS
from tests.fleet.sizing.questions import installed_configs

CONFIGS = installed_configs()


@pytest.mark.skipif(not CONFIGS, reason="install aiconfigurator-core to compare")
def test_the_numbers_are_those_of_the_configuration_files():
    compared = 0
    for model in catalog().values():
        for told in model.repositories:
            config = CONFIGS.get(told.repository)
            if config is None:
                continue
            real = architecture_of(config, model.architecture.name)
            compared += 1
            if not real.vision:  # some files leave the picture encoder out
                real = replace(real, vision=model.architecture.vision)
            # Derivatives name their context and model type anew; memory is the same.
            assert real.parameters == model.architecture.parameters, told.repository
            assert real.attention == model.architecture.attention, told.repository

    assert compared > 40


@pytest.mark.parametrize("slug", catalog())
def test_parameters_are_those_in_the_name(slug: str):
    model = catalog()[slug].architecture
    said = re.search(r"(?:^| )(?:(\d+)x)?(\d+(?:\.\d+)?)B\b", model.name)
    if said is None or said.group(1):
        pytest.skip("this name tells no size")

    # Names are rounded, and those of small models leave vocabulary or vision out.
    told = float(said.group(2))
    near = 0.31 if told < 10 else 0.09
    assert model.parameters.total / 10**9 == pytest.approx(told, rel=near)


@pytest.mark.parametrize("slug", catalog())
def test_every_entry_has_a_source_and_a_precision_that_is_known(slug: str):
    model = catalog()[slug]

    assert re.search(
        r"(?:config\.json|published figures) of [\w.-]+/[\w.-]+, read 20\d\d-\d\d",
        model.source,
    )
    assert model.repositories
    assert all(told.precision in PRECISIONS for told in model.repositories)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("neuralmagic/Meta-Llama-3.1-8B-FP8", "llama-3.1-8b"),
        ("hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "llama-3.1-8b"),
        ("qwen3.6-27b-autoround-int4", "qwen-3.5-27b"),
        ("/models/Qwen3.8-27B-FP8", "qwen-3.5-27b"),
        ("Qwen/Qwen2.5-Coder-7B-Instruct", "qwen-2.5-7b"),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen-2.5-vl-7b"),
        ("deepseek-ai/DeepSeek-R1-0528", "deepseek-v3"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "llama-3.1-70b"),
        ("nvidia/GLM-5.2-NVFP4", "glm-5.2"),
        ("unsloth/gemma-3-27b-it-bnb-4bit", "gemma-3-27b"),
    ],
)
def test_a_model_is_found_under_the_names_of_its_weights(name: str, slug: str):
    found = model_named(name)

    assert found is not None
    assert found.slug == slug


@pytest.mark.parametrize(
    "name",
    [
        "GLM-5.3-Flash",
        "mistralai/Mistral-Large-3-675B-Instruct-2512",
        "microsoft/Phi-4-multimodal-instruct",
        "deepseek-ai/DeepSeek-R1-Distill-Something-9B",
        "Qwen/Qwen3-ASR-1.7B",
        "llama-3.1-80b",
        "",
    ],
)
def test_another_model_of_a_known_family_is_not_taken_for_it(name: str):
    assert model_named(name) is None


@pytest.mark.parametrize("gpu", GPUS.values(), ids=lambda gpu: gpu.gpu_type_id)
def test_every_gpu_has_plausible_figures(gpu):
    assert 10 < gpu.memory_gib < 300
    assert 200 < gpu.bandwidth_gb_s <= 8000
    assert gpu.bf16_tflops > 40
    assert (gpu.fp8_tflops > 0) == (gpu.compute_capability >= (8, 9))
    assert (gpu.fp4_tflops > 0) == (gpu.compute_capability >= (10, 0))
    assert all(gpu_named(alias) is gpu for alias in gpu.aliases)
