"""Answers about speed as workers keep them, read as the books' arithmetic takes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from economics.calc.unknown import Unknown
from fleet.models import SpeedEstimate

MOST_SEQUENCES = 256  # --max-num-seqs of most releases and GPUs
BEING_WORKED_OUT = Unknown("being worked out; it is there in a moment")


def is_answered(row: SpeedEstimate | None) -> bool:
    """Whether a question was asked before and a worker has answered it."""
    return row is not None and row.computed_at is not None


def told(row: SpeedEstimate | None) -> dict[str, Any] | Unknown:
    """What a row answers; why there is nothing yet, or nothing at all."""
    if row is None or row.computed_at is None:
        return BEING_WORKED_OUT
    answer: dict[str, Any] = row.answer
    return Unknown(str(answer["unknown"])) if "unknown" in answer else answer


def planned_sequences(held: int | None) -> int:
    """Sequences at once of an engine whose cache holds `held` of them; 1 at least."""
    return max(1, min(held or 1, MOST_SEQUENCES))


def figure(value: float | str) -> Decimal:
    """A measured figure as a Decimal: its shortest digits, not its binary ones."""
    return Decimal(repr(float(value)))
