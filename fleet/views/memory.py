"""The stacked bar of one GPU's memory, for order form and plan alike."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

# The colour of each term: by its name, so that one legend is true of every bar.
COLOURS = {
    "weights": 1,
    "activations": 2,
    "CUDA graphs": 3,
    "outside PyTorch": 4,
    "KV cache": 5,
}
OTHER = 6


def memory_bar(
    terms: Sequence[tuple[str, Decimal]], *, budget_gib: Decimal, capacity_gib: Decimal
) -> dict[str, Any]:
    """Positions in per cent of the bar, and its words.

    terms         (name, GiB) of one GPU, in their order
    budget_gib    [GiB] that the engine may take; a mark, not an end
    capacity_gib  [GiB] of the GPU; the bar is longer where more is needed

    >>> bar = memory_bar([("weights", Decimal(5))], budget_gib=Decimal(9),
    ...     capacity_gib=Decimal(10))
    >>> bar["parts"][0]["width"], bar["budget"]
    ('50.00', '90.00')
    """
    used = sum((gib for _, gib in terms), Decimal(0))
    whole = max(used, budget_gib, capacity_gib)
    parts: list[dict[str, Any]] = []
    left = Decimal(0)
    for name, gib in terms:
        width = 100 * gib / whole
        parts.append(
            {
                "colour": COLOURS.get(name, OTHER),
                "left": f"{left:.2f}",
                "width": f"{width:.2f}",
                "words": f"{name} {gib:.1f} GiB",
            }
        )
        left += width
    budget = f"budget {budget_gib:.1f} GiB per GPU"
    return {
        "parts": parts,
        "budget": f"{100 * budget_gib / whole:.2f}",
        "budget_words": budget,
        "words": ", ".join([*(part["words"] for part in parts), budget]),
    }
