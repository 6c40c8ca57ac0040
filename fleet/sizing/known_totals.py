"""An architecture from the few totals that a served model's row keeps.

For a model that is neither in the catalog nor came with its config.json. The parameters
that the named parts do not explain are taken as feed-forward layers of one width, so that
the weights add up to the published total.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fleet.sizing.architecture import (
    Architecture,
    AttentionKind,
    AttentionLayers,
    DenseLayers,
)

INDEX_BYTES = 132  # per token and layer: 128 fp8 values and one fp32 scale
BILLION = 10**9


@dataclass(frozen=True, slots=True)
class KnownTotals:
    """What is known: totals in 10^9 parameters, `latent_dim` 0 for grouped-query."""

    name: str
    parameters_billion: Decimal
    active_parameters_billion: Decimal
    layers: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    latent_dim: int
    sparse: bool
    vocabulary_size: int
    max_context: int


def architecture_from_totals(known: KnownTotals) -> Architecture:
    """The architecture with these totals. Zero or negative numbers are taken as 1."""
    heads, layers = max(1, known.attention_heads), max(1, known.layers)
    hidden = heads * max(1, known.head_dim)
    kv_heads = max(1, known.kv_heads)
    projections = 2 * hidden * hidden + 2 * hidden * kv_heads * max(1, known.head_dim)
    if known.latent_dim:
        kind = AttentionKind.SPARSE_MLA if known.sparse else AttentionKind.MLA
        attention = AttentionLayers(
            kind=kind,
            layers=layers,
            heads=heads,
            parameters=projections // 2,
            latent_dim=known.latent_dim,
            index_bytes=INDEX_BYTES if known.sparse else 0,
        )
    else:
        attention = AttentionLayers(
            kind=AttentionKind.FULL,
            layers=layers,
            heads=heads,
            parameters=projections,
            kv_heads=kv_heads,
            head_dim=known.head_dim,
            value_dim=known.head_dim,
        )
    total = int(known.parameters_billion * BILLION)
    tables = 2 * max(1, known.vocabulary_size) * hidden
    rest = max(0, total - tables - layers * attention.parameters)
    return Architecture(
        name=known.name,
        model_type="",
        layers=layers,
        hidden_size=hidden,
        vocabulary_size=max(1, known.vocabulary_size),
        max_context=known.max_context,
        tied_embeddings=False,
        attention=(attention,),
        dense=(DenseLayers(layers, _width(rest, layers, hidden)),),
    )


def _width(parameters: int, layers: int, hidden: int) -> int:
    """Width of gated layers of so many parameters, in whole 64: slices stay even."""
    exact = Decimal(parameters) / (3 * layers * hidden)
    return max(64, round(exact / 64) * 64)
