"""The limits that count now, and their versions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from economics.calc.guardrails import Limit, Rule
from economics.models import GuardrailLimit


def current_limits(*, now: datetime) -> list[GuardrailLimit]:
    """Of each rule and scope the version that counts now, also one that is switched off."""
    rows = GuardrailLimit.objects.filter(effective_from__lte=now).select_related("fleet")
    newest: dict[tuple[str, int | None], GuardrailLimit] = {}
    for row in rows.order_by("effective_from", "version"):
        newest[row.rule, row.fleet_id] = row
    order = list(Rule)
    return sorted(
        newest.values(),
        key=lambda row: (
            order.index(Rule(row.rule)),
            row.fleet_id is not None,
            row.fleet_id or 0,
        ),
    )


def limits_of(rows: Iterable[GuardrailLimit]) -> list[Limit]:
    """Rows as what the evaluation takes."""
    return [
        Limit(
            rule=Rule(row.rule),
            fleet_id=row.fleet_id,
            thresholds=row.thresholds,
            pk=row.pk,
        )
        for row in rows
    ]
