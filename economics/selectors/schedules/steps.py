"""The hours of a kept answer, for charts, tables and CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from economics.charts.schedule_steps import HourStep


@dataclass(frozen=True, slots=True)
class Hours:
    """Every hour, and the candidates that are used in any."""

    steps: tuple[HourStep, ...]
    names: tuple[str, ...]


def hours_of(answer: Mapping[str, Any]) -> Hours:
    """The hours of an answer; none where it is not solved."""
    rows = answer.get("hours", [])
    candidates = answer.get("candidates", [])
    used = [
        i for i in range(len(candidates)) if any(row["replicas"][i] > 0 for row in rows)
    ]
    return Hours(
        steps=tuple(
            HourStep(
                at=datetime.fromisoformat(row["at"]),
                demand=row["ours_tokens"],
                capacity=row["capacity_tokens"],
                served=int(Decimal(row["served"][0]) * row["tokens"]),
                replicas=tuple(row["replicas"][i] for i in used),
            )
            for row in rows
        ),
        names=tuple(candidates[i]["words"] for i in used),
    )
