"""The cache of compressed attention, as in DeepSeek V4.

A layer keeps one entry for 4 or for 128 tokens, a window of the last tokens in full, and
the state of the entry that is being made. vLLM packs blocks of 256 tokens of all entries;
windows have blocks of 64 tokens, states of 4 and of 8, and each of these takes a whole
block of the pool (models/deepseek_v4/compressor.py, v1/core/kv_cache_utils.py
`_get_packed_kv_cache_groups`). So a request takes gigabytes before its first entry: a
state of 4-token blocks is held for every token in flight.
"""

from __future__ import annotations

from fleet.sizing.architecture import Architecture, AttentionKind, AttentionLayers
from fleet.sizing.cache_plan import CacheGroup, CachePlan
from fleet.sizing.weights import Split

BLOCK_TOKENS = 256
WINDOW_BLOCK_TOKENS = 64
STATE_BLOCK_TOKENS = {4: 4, 128: 8}  # by tokens per entry
STATE_ENTRIES = {4: 2, 128: 1}  # entries that a state looks back over
STATE_VALUES = 2  # a sum and a score
ALIGNMENT = 576
ROW_BYTES = 584  # 448 values in FP8, 64 in BF16, 8 of scales
SMALL_ROW_BYTES = 388  # the same with values in NVFP4


def compressed_plan(
    model: Architecture, *, split: Split, kv_cache_dtype: str, in_flight: int
) -> CachePlan:
    """How vLLM cuts the cache of `model`; `in_flight` [tokens] are not yet freed."""
    row = SMALL_ROW_BYTES if kv_cache_dtype.startswith("nvfp4") else ROW_BYTES
    groups = [g for g in model.attention if g.kind == AttentionKind.COMPRESSED]
    entry_bytes, widest_state = 0, 0
    states: list[CacheGroup] = []
    for group in groups:
        ratio, layers = group.tokens_per_entry, split.stage(group.layers)
        if not ratio:
            continue
        entries = BLOCK_TOKENS // ratio
        page = _aligned(entries * row) + _aligned(entries * group.index_bytes)
        entry_bytes += layers * page
        held = STATE_ENTRIES.get(ratio, 1) * ratio - 1 + in_flight
        tokens = STATE_BLOCK_TOKENS.get(ratio, 8)
        states.append(CacheGroup(1, tokens, held, spare_blocks=1))
        widest_state = max(widest_state, layers * _state_page(group, tokens))
    layers = split.stage(sum(group.layers for group in groups))
    window_page = _aligned(WINDOW_BLOCK_TOKENS * ROW_BYTES)
    block_bytes = max(entry_bytes, widest_state)
    windows = CacheGroup(
        count=-(-layers * window_page // block_bytes),
        block_tokens=WINDOW_BLOCK_TOKENS,
        most_tokens=max(group.window for group in groups) - 1 + in_flight,
        spare_blocks=1,
    )
    entries_group = CacheGroup(1, BLOCK_TOKENS)
    return CachePlan(
        block_bytes, (entries_group, windows, *states), block_bytes // BLOCK_TOKENS
    )


def _state_page(group: AttentionLayers, tokens: int) -> int:
    """[bytes] of one layer's states in a block: fp32 sums and scores, of the index too."""
    entries = STATE_ENTRIES.get(group.tokens_per_entry, 1)
    own = tokens * entries * STATE_VALUES * 4 * group.latent_dim
    index_dim = max(0, group.index_bytes - 4)
    return _aligned(own) + _aligned(tokens * entries * STATE_VALUES * 4 * index_dim)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
