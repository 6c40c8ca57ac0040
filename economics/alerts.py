"""Rules about money for the fleet's watch, which knows none; named in `ALERT_RULES`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from economics.calc.guardrails import RULES as GUARDRAILS
from economics.models import DailyProfit, Scope
from fleet.models import Severity
from fleet.services.alerts.definitions import Finding, RuleDefinition

SHOWN_DAYS = 1


def lost_day(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Yesterday, closed with a loss above the limit [USD]; per kind of money."""
    days = DailyProfit.objects.filter(
        scope=Scope.ALL,
        day__gte=(now - timedelta(days=SHOWN_DAYS)).date(),
        profit_usd__lt=-limit,
    )
    return [
        Finding(
            f"{day.day:%Y-%m-%d}{'-simulated' if day.simulated else ''}",
            f"{day.day:%Y-%m-%d} closed with a loss of {-day.profit_usd:.2f} USD"
            + (" (play money)" if day.simulated else ""),
            f"Revenue {day.revenue_usd:.2f} USD, cost {day.cost_usd:.2f} USD, "
            f"{day.provenance}; closed {day.closed_at:%Y-%m-%d %H:%M} UTC.",
            since=day.closed_at,
        )
        for day in days
    ]


RULES = (
    RuleDefinition(
        "loss-day",
        "Day closed with a loss",
        "The profit of the last closed UTC day, all fleets together.",
        Severity.WARNING,
        lost_day,
        limit=Decimal(0),
        unit="USD of loss",
    ),
    # Opened by the guardrails themselves; here they get their channels.
    *(
        RuleDefinition(
            f"guardrail-{rule.value.replace('_', '-')}",
            f"Guardrail: {facts.name}",
            f"{facts.what} Its limits are the guardrails' own.",
            Severity.WARNING,
            check=None,
        )
        for rule, facts in GUARDRAILS.items()
    ),
)
