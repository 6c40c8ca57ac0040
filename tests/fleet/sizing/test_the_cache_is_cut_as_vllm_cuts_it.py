"""Blocks and tokens of the KV cache beside figures that vLLM itself logged."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fleet.sizing.cache_plan import CachePlan
from fleet.sizing.catalog import catalog
from fleet.sizing.engine import Engine
from fleet.sizing.kv_cache import cache_plan, stored_dtype
from fleet.sizing.weights import Split
from tests.fleet.sizing.questions import release

GIB = 2**30


def plan(
    slug: str,
    *,
    engine: Engine,
    tensor: int = 1,
    dtype: str = "auto",
    batched: int = 8192,
) -> CachePlan:
    return cache_plan(
        catalog()[slug].architecture,
        split=Split(tensor=tensor),
        kv_cache_dtype=dtype,
        engine=engine,
        max_num_batched_tokens=batched,
    )


@pytest.mark.parametrize(
    ("slug", "bytes_per_token"),
    [
        ("llama-3.1-8b", 131_072),
        ("qwen-2.5-7b", 57_344),
        ("llama-3.1-70b", 327_680),
        ("deepseek-v3", 61 * 576 * 2),
        ("glm-5", 78 * (576 * 2 + 132)),
        ("glm-5.2", 78 * 576 * 2 + 21 * 132),
    ],
)
def test_bytes_per_token_follow_from_the_layers(slug: str, bytes_per_token: int):
    assert plan(slug, engine=Engine()).bytes_per_token == bytes_per_token


@pytest.mark.parametrize(
    ("asked", "capability", "row"),
    [
        ("auto", (9, 0), 576 * 2),
        ("fp8", (9, 0), 656),  # packed: FP8 values, scales, a rotary part in BF16
        ("auto", (10, 0), 576),  # GLM-5 is kept in FP8 on B200 unless told otherwise
        ("bfloat16", (10, 0), 576 * 2),
        ("auto", (12, 0), 656),
    ],
)
def test_a_row_of_sparse_latent_attention_depends_on_the_generation(
    asked: str, capability: tuple[int, int], row: int
):
    stored = stored_dtype(catalog()["glm-5"].architecture, asked, capability)

    found = plan("glm-5", engine=Engine(), dtype=stored)
    assert found.bytes_per_token == 78 * (row + 132)


def test_58_11_gib_hold_476_016_tokens_of_llama_3_1_8b():
    """A log of vLLM 0.19 on an H100; 58.11 is rounded."""
    found = plan("llama-3.1-8b", engine=release(19))

    tokens = found.tokens(int(Decimal("58.11") * GIB), 8192, release(19))
    assert tokens == pytest.approx(476_016, abs=50)


def test_a_state_of_qwen_3_5_27b_needs_blocks_of_784_tokens():
    found = plan("qwen-3.5-27b", engine=release(26), batched=2048)

    assert {group.block_tokens for group in found.groups} == {784}
    assert found.block_bytes == 16 * 784 * 4096


def test_without_cached_prefixes_a_request_keeps_one_state():
    """An L40S said 9.75 GiB and 155,600 tokens: 203 blocks / 171 x 131,072."""
    found = plan("qwen-3.5-27b", engine=release(19), batched=2048)

    blocks = found.blocks_in(int(Decimal("9.75") * GIB))
    assert (blocks, found.blocks(131_072)) == (203, 171)
    assert blocks * 131_072 // found.blocks(131_072) == pytest.approx(155_600, abs=10)


@pytest.mark.parametrize(
    ("slug", "tensor", "gib", "tokens"),
    [
        ("qwen-3.5-35b-a3b", 1, "6.01", 569_878),  # RTX 5090, vLLM 0.24
        ("qwen-3.5-27b", 2, "4.99", 302_921),  # 2 x RTX 3090
    ],
)
def test_cached_prefixes_keep_two_states_a_request(
    slug: str, tensor: int, gib: str, tokens: int
):
    engine = release(24)
    found = plan(slug, engine=engine, tensor=tensor, dtype="fp8")

    told = found.tokens(int(Decimal(gib) * GIB), 131_072, engine)
    assert told == pytest.approx(tokens, rel=0.005)


def test_gemma_3_27b_is_cut_into_seven_groups_of_ten_layers():
    """vLLM 0.11 logged 89,994 blocks, 205,696 tokens and 50.05 requests of 4,096."""
    engine = release(11)
    found = plan("gemma-3-27b", engine=engine)

    assert sum(group.count for group in found.groups) == 7
    assert found.block_bytes == 10 * 16 * 16 * (128 + 128) * 2
    assert found.tokens(89_994 * found.block_bytes, 4096, engine) == 205_696
    assert found.sequences(89_994 * found.block_bytes, 4096) == 50


def test_a_window_is_bounded_by_the_tokens_in_flight():
    found = plan("gpt-oss-120b", engine=Engine())

    window = next(group for group in found.groups if group.spare_blocks)
    assert window.blocks(131_072) == -(-(127 + 2 * 8192) // 16) + 1


def test_before_the_hybrid_manager_a_window_is_kept_whole():
    old, new = plan("gemma-3-27b", engine=release(9)), plan("gemma-3-27b", engine=Engine())

    assert old.bytes_of_request(131_072) > 3 * new.bytes_of_request(131_072)


def test_latent_attention_is_whole_on_every_gpu():
    alone, eight = plan("glm-5", engine=Engine()), plan("glm-5", engine=Engine(), tensor=8)

    assert alone.bytes_per_token == eight.bytes_per_token


def test_kv_heads_fewer_than_gpus_are_kept_twice():
    four, eight = (
        plan("qwen-2.5-7b", engine=Engine(), tensor=n).bytes_per_token for n in (4, 8)
    )

    assert four == eight == 28 * (128 + 128) * 2


@pytest.mark.parametrize(("tokens", "gib"), [(30_000, "6.66"), (13_528, "5.44")])
def test_a_request_of_deepseek_v4_takes_gigabytes_at_once(tokens: int, gib: str):
    """vLLM 0.22 on two GH200: 6.66 GiB for 30,000 tokens, 5.44 would do for 13,528."""
    found = plan("deepseek-v4-flash", engine=release(22), tensor=2)

    needed = Decimal(found.bytes_of_request(tokens)) / GIB
    assert float(needed) == pytest.approx(float(gib), rel=0.06)


def test_the_longest_request_is_the_longest_that_finds_room():
    found = plan("gemma-3-27b", engine=Engine())
    room = 3 * GIB

    longest = found.longest(room, 131_072)
    assert found.bytes_of_request(longest) <= room < found.bytes_of_request(longest + 16)
