"""Keep what the gates answer: a row for each fleet, every day and whenever asked."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from economics.calc.hours import day_bounds, day_of
from economics.models import GateEvaluation
from economics.selectors.decisions.answer import Decision
from economics.selectors.decisions.as_json import gate_json

LONGEST_MODELS = 80  # characters of the column; a longer list is cut
BY_SCHEDULE = "rule:daily-gates"


def is_judged_today(*, now: datetime) -> bool:
    """Whether the schedule kept an answer on this UTC day."""
    return GateEvaluation.objects.filter(
        evaluated_by=BY_SCHEDULE,
        simulated=settings.KERNE_SANDBOX,
        evaluated_at__gte=day_bounds(day_of(now)).start,
        evaluated_at__lte=now,
    ).exists()


def keep_gates(found: Decision, *, acting_user: str, now: datetime) -> list[GateEvaluation]:
    """Append a row for each fleet of a decision. Twice keeps two rows; both are true."""
    rows = [
        GateEvaluation(
            fleet=each.fleet,
            simulated=settings.KERNE_SANDBOX,
            policy=each.policy.row,
            model=each.model[:LONGEST_MODELS],
            gates=[gate_json(gate) for gate in each.gates],
            evaluated_at=now,
            evaluated_by=acting_user,
        )
        for each in found.gates
    ]
    return GateEvaluation.objects.bulk_create(rows)
