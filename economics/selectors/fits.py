"""Whether weights fit on a shape, in the terms that a plan shows."""

from __future__ import annotations

from decimal import Decimal

from economics.planner.option import Fitting, MemoryTerm
from economics.selectors.planned_models import PlannedModel, Weights
from fleet.sizing.advice import smallest_change
from fleet.sizing.fit import SizingResult, Verdict
from fleet.sizing.gpus import gpu_named
from fleet.sizing.request import Sizing

MOST_CHANGES = 2  # told of what would make it fit


def sizing_of(
    model: PlannedModel,
    weights: Weights,
    *,
    gpu: str,
    gpu_count: int,
    max_model_len: int,
    gpu_memory_utilization: Decimal | None,
    tensor_parallel: int | None = None,
) -> Sizing:
    """The question to the calculator."""
    return Sizing(
        architecture=model.architecture,
        precision=weights.precision,
        gpu=gpu,
        gpu_count=gpu_count,
        tensor_parallel=tensor_parallel,
        max_model_len=max_model_len,
        gpu_memory_utilization=gpu_memory_utilization,
        weight_gb=None if weights.counted else weights.weight_gb,
    )


def fitting_of(
    asked: Sizing, result: SizingResult, *, mean_tokens: int, with_changes: bool
) -> Fitting:
    """A result as the plan shows it; `with_changes`: with what would make it fit.

    mean_tokens  [tokens] that a request keeps in the cache in the middle of its life
    """
    spec = gpu_named(asked.gpu)
    changes: tuple[str, ...] = ()
    if with_changes and not result.ok:
        found = smallest_change(asked)[:MOST_CHANGES]
        changes = tuple(change.sentence.rstrip(".") for change in found)
    return Fitting(
        ok=result.ok,
        reasons=result.reasons,
        notes=result.notes,
        changes=changes,
        short_gib=result.short_by_gib if result.verdict == Verdict.SHORT else None,
        memory=tuple(MemoryTerm(term.name, term.gib) for term in result.bar),
        budget_gib=result.budget_gib,
        capacity_gib=spec.memory_gib if spec else None,
        kv_tokens=result.kv_tokens,
        max_sequences=result.max_sequences(mean_tokens) if result.ok else None,
    )
