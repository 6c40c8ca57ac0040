"""Who hears of a trip: one incident per rule, scope and subject, whatever its level."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from economics.calc.guardrails import RULES, Judgement, Level, Rule
from economics.calc.unknown import Unknown
from economics.models import GuardrailTrip
from fleet.models import Deployment, Pod, Severity
from fleet.services import incidents

SEVERITY = {
    Level.WARN: Severity.NOTICE,
    Level.REFUSE: Severity.WARNING,
    Level.DRAIN: Severity.CRITICAL,
    Level.TERMINATE: Severity.CRITICAL,
}
# At 0 USD the provider ends every pod by itself: of that one hears early and loudly.
SEVERITY_OF_RUNWAY = SEVERITY | {
    Level.WARN: Severity.WARNING,
    Level.REFUSE: Severity.CRITICAL,
}


def incident_key(rule: str, fleet_id: int | None, subject: str) -> str:
    """`guardrail-<rule>:<whose>`."""
    whose = "all" if fleet_id is None else f"fleet-{fleet_id}"
    return f"guardrail-{rule.replace('_', '-')}:{whose}" + (
        f":{subject}" if subject else ""
    )


def severity_of(judgement: Judgement) -> Severity:
    of_runway = judgement.observation.rule is Rule.RUNWAY
    return (SEVERITY_OF_RUNWAY if of_runway else SEVERITY)[judgement.level]


def tell(
    judged: Sequence[Judgement], closed: Sequence[GuardrailTrip], *, now: datetime
) -> None:
    """Open the incidents of what holds, and say of the rest that it is calm.

    A balance that is not known is told by the fleet's rule `balance-unknown`, and by no
    second incident; one that is open already stays, because not seen is not over.
    """
    holding = set()
    for judgement in judged:
        seen = judgement.observation
        key = incident_key(seen.rule, seen.fleet_id, seen.subject)
        holding.add(key)
        if seen.rule is Rule.RUNWAY and isinstance(seen.value, Unknown):
            continue
        incidents.open_incident(
            key=key,
            title=f"Guardrail {RULES[seen.rule].name}: {seen.subject or seen.scope}",
            detail=judgement.sentence,
            severity=severity_of(judgement),
            now=now,
            pod=Pod.objects.filter(pk=seen.pod_id).first() if seen.pod_id else None,
            deployment=(
                Deployment.objects.filter(pk=seen.deployment_id).first()
                if seen.deployment_id
                else None
            ),
        )
    for trip in closed:
        key = incident_key(trip.rule, trip.fleet_id, trip.subject)
        if key not in holding:
            incidents.close_incident(key=key, now=now)
