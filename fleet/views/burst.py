"""The burst of a deployment on its page: limits, the policy's word now, its decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fleet.models import Deployment, ScalingDecision
from fleet.scaling import Decision, Limits
from fleet.selectors.scaling import decision_for, limits_of

DECISIONS_SHOWN = 20


@dataclass(frozen=True)
class DecisionRow:
    """A decision with the numbers that it saw; None where they were not told."""

    at: datetime
    from_replicas: int
    to_replicas: int
    reason: str
    queue: int | None
    kv_usage: float | None
    aborted: int | None

    @classmethod
    def of(cls, row: ScalingDecision) -> DecisionRow:
        numbers = [row.numbers.get(name) for name in ("queue", "kv_usage", "aborted")]
        return cls(row.at, row.from_replicas, row.to_replicas, row.reason, *numbers)


@dataclass(frozen=True)
class BurstShown:
    limits: Limits
    wanted: int
    now: Decision
    decisions: list[DecisionRow]


def burst_shown(deployment: Deployment, *, now: datetime) -> BurstShown | None:
    """What the page says of the burst; None for other rentals, or when stopped."""
    decision = decision_for(deployment, now=now)
    if decision is None:
        return None
    rows = deployment.scaling_decisions.all()[:DECISIONS_SHOWN]
    return BurstShown(
        limits=limits_of(deployment),
        wanted=deployment.replicas_wanted(now=now),
        now=decision,
        decisions=[DecisionRow.of(row) for row in rows],
    )
