"""What tokens take in vLLM's KV cache, block by block.

vLLM hands out blocks. Layers of one kind form groups of equal size, every group draws
its blocks from one pool, and a block is as large as the widest group (v1/core/
kv_cache_utils.py: `_get_kv_cache_groups_uniform_page_size`, `get_max_concurrency_for_
kv_cache_config`; platforms/interface.py: `_align_hybrid_block_size`). A sliding window
holds a bounded number of blocks, a state one or two. So the cache of a hybrid model has
no bytes per token of its own: the engine reports concurrency x length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fleet.sizing.architecture import (
    LATENT_KINDS,
    WINDOW_KINDS,
    Architecture,
    AttentionKind,
    AttentionLayers,
)
from fleet.sizing.cache_plan import CacheGroup, CachePlan
from fleet.sizing.compressed_cache import compressed_plan
from fleet.sizing.engine import Engine
from fleet.sizing.weights import Split

BLOCK_TOKENS = 16
LATENT_BLOCK_TOKENS = 64
LATENT_ALIGNMENT = 128  # tokens, of a hybrid with latent attention
KV_ELEMENT_BYTES: Mapping[str, Decimal] = {
    "auto": Decimal(2),
    "bfloat16": Decimal(2),
    "float16": Decimal(2),
    "fp8": Decimal(1),
    "fp8_e4m3": Decimal(1),
    "fp8_e5m2": Decimal(1),
    "fp8_ds_mla": Decimal(1),
    "nvfp4": Decimal("0.5625"),  # 4 bits and an fp8 scale per 16 values
    "nvfp4_4over6": Decimal("0.5625"),
    "nvfp4_ds_mla": Decimal("0.5625"),
    # With a norm, scale or zero per head, spread over 128 values of key and value.
    "fp8_per_token_head": Decimal("1.03"),
    "int8_per_token_head": Decimal("1.03"),
    "int4_per_token_head": Decimal("0.53"),
    "turboquant_k8v4": Decimal("0.77"),
    "turboquant_4bit_nc": Decimal("0.52"),
    "turboquant_k3v4_nc": Decimal("0.46"),
    "turboquant_3bit_nc": Decimal("0.40"),
}
# One row of a sparse latent cache in vLLM's packed formats (mla_attention.py); plain fp8
# takes its elements alone.
SPARSE_ROW_BYTES = {"fp8_ds_mla": 656, "nvfp4_ds_mla": 352}
PLAIN_FP8 = ("fp8", "fp8_e4m3", "fp8_e5m2")


def row_bytes(group: AttentionLayers, kv_cache_dtype: str, tensor: int) -> Decimal:
    """[bytes] that one token takes in one layer on one GPU. KeyError: unknown dtype."""
    element = KV_ELEMENT_BYTES[kv_cache_dtype]
    if group.kind == AttentionKind.SPARSE_MLA:
        whole = SPARSE_ROW_BYTES.get(kv_cache_dtype)
        latent = group.latent_dim * element if whole is None else Decimal(whole)
        return latent + group.index_bytes
    if group.kind == AttentionKind.MLA:
        return group.latent_dim * element
    if group.kind == AttentionKind.STATE:
        return Decimal(0)
    heads = max(1, group.kv_heads // tensor)
    return heads * (group.head_dim + group.value_dim) * element + group.index_bytes


def stored_dtype(
    model: Architecture, kv_cache_dtype: str, capability: tuple[int, int]
) -> str:
    """The format that vLLM keeps for what was asked, where attention is sparse.

    Hopper's kernel packs an FP8 cache, and so does RTX Blackwell's, which takes no other;
    GLM-5 on a data-centre Blackwell is kept in plain FP8 (models/config.py).
    """
    if not model.is_sparse:
        return kv_cache_dtype
    automatic = kv_cache_dtype == "auto"
    if capability[0] == 10:
        glm = model.model_type == "glm_moe_dsa"
        return "fp8" if automatic and glm else kv_cache_dtype
    if kv_cache_dtype in PLAIN_FP8 or (automatic and capability[0] == 12):
        return "fp8_ds_mla"
    return kv_cache_dtype


def cache_plan(
    model: Architecture,
    *,
    split: Split,
    kv_cache_dtype: str,
    engine: Engine,
    max_num_batched_tokens: int,
) -> CachePlan:
    """How vLLM would cut the cache of `model`. KeyError for an unknown dtype."""
    if any(group.kind == AttentionKind.COMPRESSED for group in model.attention):
        return compressed_plan(
            model,
            split=split,
            kv_cache_dtype=kv_cache_dtype,
            in_flight=engine.concurrent_batches(split.pipeline) * max_num_batched_tokens,
        )
    windows = [g for g in model.attention if g.kind in WINDOW_KINDS]
    if model.stateful or (windows and engine.frees_windows):
        return _hybrid(model, split, kv_cache_dtype, engine, max_num_batched_tokens)
    latent = any(group.kind in LATENT_KINDS for group in model.attention)
    block = LATENT_BLOCK_TOKENS if latent else BLOCK_TOKENS
    per_token = sum(
        split.stage(group.layers) * row_bytes(group, kv_cache_dtype, split.tensor)
        for group in model.caching
    )
    block_bytes = max(1, int(per_token * block))
    return CachePlan(block_bytes, (CacheGroup(1, block),), int(per_token))


@dataclass(frozen=True, slots=True)
class _Bucket:
    """Layers of one kind on one GPU, with the bytes of one block of one layer."""

    layers: int
    group: AttentionLayers
    row: Decimal


def _hybrid(
    model: Architecture,
    split: Split,
    kv_cache_dtype: str,
    engine: Engine,
    max_num_batched_tokens: int,
) -> CachePlan:
    """Groups of equal size over pages of equal size."""
    buckets = [
        _Bucket(split.stage(g.layers), g, row_bytes(g, kv_cache_dtype, split.tensor))
        for g in model.attention
    ]
    widest = max(bucket.row for bucket in buckets)
    block = _block_tokens(model, widest, split.tensor)
    page = widest * block
    counts = [bucket.layers for bucket in buckets]
    size = min(counts)
    if max(counts) < Decimal("1.5") * size:
        size = max(counts)
    in_flight = engine.concurrent_batches(split.pipeline) * max_num_batched_tokens
    groups = tuple(
        _group(bucket, page, block, size, in_flight, engine) for bucket in buckets
    )
    growing = sum(
        bucket.layers * bucket.row
        for bucket in buckets
        if bucket.group.kind not in (*WINDOW_KINDS, AttentionKind.STATE)
    )
    return CachePlan(int(page * size), groups, int(growing), bool(model.stateful))


def _block_tokens(model: Architecture, widest_row: Decimal, tensor: int) -> int:
    """Tokens of a block of the widest layers: enough that a state fits in its page."""
    if not model.stateful:
        return BLOCK_TOKENS
    latent = any(group.kind in LATENT_KINDS for group in model.attention)
    step = LATENT_ALIGNMENT if latent else BLOCK_TOKENS
    state = max(state_bytes(group, tensor) for group in model.stateful)
    return step * max(1, -(-state // int(step * widest_row)))


def state_bytes(group: AttentionLayers, tensor: int) -> int:
    """[bytes] of the state of one request in one layer on one GPU."""
    whole = 2 * group.conv_elements + group.state_bytes * group.state_elements
    return -(-whole // tensor)


def _group(
    bucket: _Bucket,
    page: Decimal,
    block: int,
    size: int,
    in_flight: int,
    engine: Engine,
) -> CacheGroup:
    count = -(-bucket.layers // size)
    kind, window = bucket.group.kind, bucket.group.window
    if kind == AttentionKind.STATE:
        return CacheGroup(count, block, fixed_blocks=engine.state_blocks)
    tokens = block
    if bucket.row and page % (bucket.row * block) == 0:
        tokens = int(page / bucket.row)
    if kind == AttentionKind.SLIDING:
        return CacheGroup(count, tokens, window - 1 + in_flight, spare_blocks=1)
    if kind == AttentionKind.CHUNKED:
        return CacheGroup(count, tokens, window + in_flight)
    return CacheGroup(count, tokens)
