"""Does a model run on a shape? One function, so that a better calculator fits in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from fleet.models import ModelVariant
from fleet.selectors.serving import fit_of

COMPARED_CONTEXT = 8192  # [tokens] of one request; the order form's default
MEMORY_SHARE = Decimal("0.90")


@dataclass(frozen=True, slots=True)
class ShapeFit:
    """Whether a model runs on a shape, and why: sentences for the page."""

    ok: bool
    reasons: tuple[str, ...]


FitOfShape = Callable[[ModelVariant, str, int], ShapeFit]


def shape_fit(variant: ModelVariant, gpu_type_id: str, gpu_count: int) -> ShapeFit:
    """Whether vLLM runs `variant` on `gpu_count` GPUs of one machine; never raises."""
    context = min(COMPARED_CONTEXT, variant.served_model.max_context)
    fit = fit_of(
        variant,
        gpu_type_id=gpu_type_id,
        gpu_count=gpu_count,
        max_model_len=context,
        gpu_memory_utilization=MEMORY_SHARE,
    )
    if not fit.ok:
        return ShapeFit(ok=False, reasons=fit.reasons)
    return ShapeFit(
        ok=True,
        reasons=(
            f"Its weights fit, and the KV cache holds {fit.kv_tokens or 0:,} tokens "
            "(estimated).",
            *fit.notes,
        ),
    )
