"""What a token costs, by kind of attention and by what a precision leaves in 16 bits."""

from dataclasses import replace

import pytest

from fleet.sizing.catalog import catalog
from fleet.sizing.precision import PRECISIONS
from fleet.sizing.weights import weight_bytes
from fleet.throughput.model_work import at_precision, known_work, work_of
from fleet.throughput.names import architecture_key, gpu_key, model_key


def test_every_model_of_the_catalog_has_a_work_in_every_precision_it_comes_in():
    for model in catalog().values():
        for told in model.repositories:
            stored = model.precision(told.precision)
            work = work_of(model.architecture, stored)

            assert work.stored_bytes == float(weight_bytes(model.architecture, stored))
            assert 0 < work.copied_bytes < work.step_bytes <= work.stored_bytes
            assert 0 < work.active_parameters <= model.architecture.active_parameters


def test_grouped_queries_keep_keys_and_values_of_every_kv_head():
    (part,) = known_work("meta-llama/Llama-3.1-8B-Instruct", "bf16").attention

    assert part.bytes_per_token == 32 * 8 * 2 * 128 * 2
    assert part.decode_operations == part.prefill_operations == 32 * 32 * 4 * 128
    assert (part.splits, part.most_tokens) == (8, 0)


@pytest.mark.parametrize(
    ("model", "heads"), [("deepseek-ai/DeepSeek-V3", 128), ("moonshotai/Kimi-K2.5", 64)]
)
def test_a_latent_cache_is_one_vector_that_no_gpu_shares(model: str, heads: int):
    (part,) = known_work(model, "nvfp4").attention

    assert part.bytes_per_token == 61 * 576 * 2
    assert part.splits == 1
    # Decoding works on the latent vector, a prefill on keys of 192 and values of 128.
    assert part.decode_operations == 61 * heads * 4 * 576
    assert part.prefill_operations == 61 * heads * 2 * (192 + 128)


def test_nvfp4_leaves_latent_attention_in_16_bits():
    work = known_work("deepseek-ai/DeepSeek-V3", "nvfp4")
    dense = known_work("meta-llama/Llama-3.1-70B", "nvfp4")

    assert work.expert_bytes == work.expert_parameters * 4.5 / 8
    assert work.copied_bytes > 61 * 7168 * (1536 + 576) * 2
    assert dense.step_bytes < 70.6e9 * 0.65


def test_a_sparse_choice_is_read_and_its_index_looks_at_everything():
    chosen, index = known_work("zai-org/GLM-5", "fp8").attention

    assert chosen.bytes_per_token == 78 * 576 * 2
    assert chosen.attended(100_000) == 2048
    assert chosen.kept(100_000) == index.attended(100_000) == 100_000
    assert index.bytes_per_token == 78 * (128 + 4)
    assert index.decode_operations == 78 * 2 * 32 * 128


def test_layers_that_borrow_an_index_read_none():
    parts = known_work("zai-org/GLM-5.2", "fp8").attention
    layers = catalog()["glm-5.2"].architecture.attention

    assert len(layers) == 2  # with an index of their own, and without
    assert sum(part.most_tokens == 0 for part in parts) == 1


def test_compressed_layers_read_a_window_and_one_entry_for_several_tokens():
    parts = known_work("deepseek-ai/DeepSeek-V4-Flash", "mxfp4").attention

    def read(context: int) -> float:
        return sum(part.bytes_per_token * part.attended(context) for part in parts)

    assert read(128) < 128 * 43 * 584 * 1.4
    assert read(100_000) < 100_000 * 43 * 576 * 2 / 20


def test_a_window_is_kept_no_longer_than_it_is_read():
    full, window = known_work("openai/gpt-oss-120b", "mxfp4").attention

    assert full.kept(4096) == 4096
    assert window.kept(4096) == window.attended(4096) == 128


def test_states_cost_the_same_at_any_length():
    work = known_work("Qwen/Qwen3.5-35B-A3B", "bf16")

    (part,) = work.attention
    assert part.bytes_per_token == 10 * 2 * 2 * 256 * 2
    state = 32 * 128 * 128
    assert work.state_operations == 30 * 4 * state
    assert work.state_bytes > 2 * 30 * 4 * state  # in fp32, read and written


def test_embeddings_are_looked_up_unless_they_are_the_head_too():
    tied = known_work("Qwen/Qwen2.5-1.5B-Instruct", "bf16")
    apart = known_work("Qwen/Qwen2.5-7B-Instruct", "bf16")

    assert tied.step_bytes == tied.stored_bytes
    assert apart.stored_bytes - apart.step_bytes == 152_064 * 3584 * 2


def test_another_precision_is_the_same_model_stored_anew():
    bf16 = known_work("openai/gpt-oss-20b", "bf16")

    assert at_precision(bf16, "mxfp4") == known_work("openai/gpt-oss-20b", "mxfp4")


def test_an_unknown_model_or_precision_has_no_work():
    assert known_work("acme/unheard-of", "bf16") is None
    assert known_work("Qwen/Qwen3-32B", "fp3") is None


def test_repositories_with_the_same_layers_share_a_key():
    assert model_key("nvidia/DeepSeek-V3.1-NVFP4") == model_key("deepseek-ai/DeepSeek-R1")
    assert model_key("zai-org/GLM-5.1-FP8") == model_key("zai-org/GLM-5")
    assert model_key("Qwen/Qwen3-32B") != model_key("Qwen/Qwen3-14B")


def test_an_architecture_that_only_borrows_a_name_gets_a_key_of_its_own():
    llama = catalog()["llama-3.1-8b"].architecture
    renamed = replace(llama, name="our tune of something")
    other = replace(llama, layers=33)

    assert architecture_key(renamed) == model_key("meta-llama/Llama-3.1-8B")
    assert architecture_key(other) not in catalog()
    assert model_key(architecture_key(other)) == architecture_key(other)


def test_a_gpu_has_one_key_and_one_that_is_not_ours_keeps_its_name():
    assert gpu_key("h200_sxm") == gpu_key("H200-SXM-141GB") == "NVIDIA H200"
    assert gpu_key("b300_sxm") == gpu_key("NVIDIA B300 SXM6 AC")
    assert gpu_key("MI300X") != gpu_key("MI325X")


def test_bits_of_a_checkpoint_that_left_attention_alone_count():
    model = catalog()["llama-3.1-8b"].architecture
    fp8 = PRECISIONS["fp8"]
    careful = replace(fp8, attention_bits=PRECISIONS["bf16"].attention_bits)

    assert work_of(model, careful).step_bytes > work_of(model, fp8).step_bytes
