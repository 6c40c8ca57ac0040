"""What a token of a model costs, read from the architecture that sizing knows.

Parameters by part, bits per weight and cache rows are `fleet.sizing`'s own; what is added
here is how much of them a step reads and computes. docs/formulas/throughput-roofline.md
has the formulas.
"""

from __future__ import annotations

from functools import lru_cache

from fleet.sizing.architecture import (
    LATENT_KINDS,
    Architecture,
    AttentionKind,
    AttentionLayers,
)
from fleet.sizing.catalog import model_named
from fleet.sizing.compressed_cache import ROW_BYTES as COMPRESSED_ROW_BYTES
from fleet.sizing.kv_cache import row_bytes, state_bytes
from fleet.sizing.precision import PRECISIONS, Precision, variant_of
from fleet.sizing.weights import BITS_PER_BYTE, weight_bytes
from fleet.throughput.names import architecture_key
from fleet.throughput.shape import AttentionWork, ModelWork

CACHE_DTYPE = "auto"  # 16 bits: what vLLM keeps when nobody asks for less
STATE_PASSES = 2  # a state is read and written back at every step
SPARSE_KINDS = (AttentionKind.SPARSE_MLA, AttentionKind.COMPRESSED)


@lru_cache(maxsize=1024)
def work_of(architecture: Architecture, precision: Precision) -> ModelWork:
    """What a token of a model costs whose weights are stored in `precision`.

    The work's `model` is the key by which measured points of the same architecture are
    found, whatever the weights are called.
    """
    whole, experts = architecture.parameters, architecture.experts
    expert_bytes = float(whole.experts * precision.expert_bits / BITS_PER_BYTE)
    bf16 = PRECISIONS["bf16"].dense_bits
    # The table of embeddings is looked up, not read, unless it is the output head too.
    looked_up = whole.embeddings if whole.output_head else architecture.extra_embedding
    unread = (looked_up + whole.vision) * bf16 / BITS_PER_BYTE
    stored_bytes = float(weight_bytes(architecture, precision))
    copied = whole.attention_replicated * precision.attention_bits
    copied += (whole.routers + whole.norms) * bf16
    return ModelWork(
        model=architecture_key(architecture),
        architecture=architecture,
        precision=precision,
        layers=architecture.layers,
        hidden_size=architecture.hidden_size,
        stored_bytes=stored_bytes,
        step_bytes=stored_bytes - expert_bytes - float(unread),
        copied_bytes=float(copied / BITS_PER_BYTE),
        expert_bytes=expert_bytes,
        active_parameters=float(architecture.active_parameters - looked_up),
        expert_parameters=float(whole.experts),
        experts=experts.experts if experts else 0,
        experts_per_token=experts.per_token if experts else 0,
        expert_layers=experts.layers if experts else 0,
        latent_layers=sum(_latent_layers(group) for group in architecture.attention),
        attention=tuple(
            part for group in architecture.caching for part in attention_work(group)
        ),
        state_bytes=float(
            sum(g.layers * state_bytes(g, 1) for g in architecture.stateful) * STATE_PASSES
        ),
        state_operations=4.0
        * sum(g.layers * g.state_elements for g in architecture.stateful),
    )


def known_work(model: str, precision: str) -> ModelWork | None:
    """The work of a model of the catalog; None for an unknown model or precision."""
    found, stored = model_named(model), PRECISIONS.get(precision)
    if found is None or stored is None:
        return None
    return work_of(found.architecture, variant_of(stored, found.architecture))


def at_precision(work: ModelWork, precision: str) -> ModelWork:
    """The same model stored in another precision, for a neighbour's point."""
    stored = variant_of(PRECISIONS[precision], work.architecture)
    return work_of(work.architecture, stored)


def attention_work(group: AttentionLayers) -> tuple[AttentionWork, ...]:
    """What the layers of a group read and compute per token that they attend to.

    A sparse or compressed group has several parts: what it attends to, the index that
    chooses it, and a window.
    """
    if group.kind == AttentionKind.COMPRESSED:
        return _compressed(group)
    row = float(row_bytes(group, CACHE_DTYPE, 1))
    if group.kind not in LATENT_KINDS:
        each = 2.0 * group.heads * (group.head_dim + group.value_dim)
        return (_part(group, row, each, each, group.window, splits=group.kv_heads),)
    absorbed = 4.0 * group.heads * group.latent_dim
    if group.kind == AttentionKind.MLA:
        # A prefill unpacks keys and values; only decoding works on the latent vector.
        plain = 2.0 * group.heads * (group.head_dim + group.value_dim)
        return (_part(group, row, absorbed, plain or absorbed, 0),)
    latent = row - group.index_bytes
    attended = _part(group, latent, absorbed, absorbed, group.attended, keeps_all=True)
    return (attended, *_index(group, 1))


def _compressed(group: AttentionLayers) -> tuple[AttentionWork, ...]:
    """DeepSeek V4: a window of single tokens, and one entry for several beyond it."""
    row = float(COMPRESSED_ROW_BYTES)
    each = 4.0 * group.heads * group.latent_dim
    window = _part(group, row, each, each, group.window)
    ratio = group.tokens_per_entry
    if not ratio:
        return (window,)
    most = group.attended * ratio  # entries, in tokens
    entries = _part(group, row / ratio, each / ratio, each / ratio, most, keeps_all=True)
    return (window, entries, *_index(group, ratio))


def _index(group: AttentionLayers, ratio: int) -> tuple[AttentionWork, ...]:
    """The sparse index, which looks at every token (or entry) of the context."""
    if not group.index_bytes:
        return ()
    each = 2.0 * group.index_width / ratio
    return (_part(group, group.index_bytes / ratio, each, each, 0),)


def _part(
    group: AttentionLayers,
    row: float,
    decoding: float,
    prefilling: float,
    most_tokens: int,
    *,
    splits: int = 1,
    keeps_all: bool = False,
) -> AttentionWork:
    return AttentionWork(
        bytes_per_token=group.layers * row,
        splits=splits,
        decode_operations=group.layers * decoding,
        prefill_operations=group.layers * prefilling,
        most_tokens=most_tokens,
        keeps_all=keeps_all,
    )


def _latent_layers(group: AttentionLayers) -> int:
    """Layers of latent attention; the index of a sparse one counts as another."""
    if group.kind in SPARSE_KINDS:
        return 2 * group.layers
    return group.layers if group.kind == AttentionKind.MLA else 0
