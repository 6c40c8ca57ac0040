"""The watch: every rule looks at the rows; what it finds opens and closes incidents."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from fleet.models import Incident
from fleet.services.alerts.definitions import Finding
from fleet.services.alerts.rules import Rule, rules
from fleet.services.incidents import begin, close_calm, close_incident, note_sighting
from fleet.services.isolation import apart


def watch(*, now: datetime, troubles: list[str]) -> str:
    """Look once; a summary. A rule that breaks is in `troubles` and stops no other.

    A rule that could not look closes nothing: not seen is not gone.
    """
    for rule in rules():
        if rule.definition.check is not None:
            apart(f"rule {rule.slug}", partial(look, rule, now=now), troubles)
    closed = close_calm(now=now)
    still = Incident.objects.open().count()
    return f"{still} incidents open, {closed} closed now"


def look(rule: Rule, *, now: datetime) -> None:
    """One rule against the rows. What a rule that is off had open ends in calm."""
    assert rule.definition.check is not None
    found = rule.definition.check(now, rule.limit or Decimal(0)) if rule.enabled else []
    keys = {key_of(rule, finding) for finding in found}
    for finding in found:
        sight(rule, finding, now=now)
    unclosed = Incident.objects.unclosed().filter(key__startswith=f"{rule.slug}:")
    for key in unclosed.values_list("key", flat=True):
        if key not in keys:
            close_incident(key=key, now=now, calm=timedelta(minutes=rule.calm_minutes))


def sight(rule: Rule, finding: Finding, *, now: datetime) -> None:
    """Note what was found; it counts when it has lasted for the rule's minutes."""
    incident = note_sighting(
        key=key_of(rule, finding),
        title=finding.title,
        detail=finding.detail,
        severity=rule.severity,
        now=now,
        since=finding.since,
        pod=finding.pod,
        deployment=finding.deployment,
    )
    if now - incident.first_seen_at >= timedelta(minutes=rule.minutes):
        begin(incident, now=now)


def key_of(rule: Rule, finding: Finding) -> str:
    return f"{rule.slug}:{finding.subject}"[:200]
