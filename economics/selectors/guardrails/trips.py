"""Trips that are open."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from economics.calc.guardrails import LEVELS, Level, Rule
from economics.calc.guardrails.evaluate import Key
from economics.models import GuardrailTrip


def open_trips() -> QuerySet[GuardrailTrip]:
    """Trips that go on, the oldest first."""
    return (
        GuardrailTrip.objects.filter(closed_at__isnull=True)
        .select_related("fleet")
        .order_by("opened_at", "pk")
    )


def key_of(trip: GuardrailTrip) -> Key:
    return Rule(trip.rule), trip.fleet_id, trip.subject, Level(trip.level)


def open_keys(trips: Iterable[GuardrailTrip]) -> set[tuple[Key, int | None]]:
    """Open trips as the evaluation takes them, with the version they opened at."""
    return {(key_of(trip), trip.limit_id) for trip in trips}


def hardest(trips: Iterable[GuardrailTrip]) -> list[GuardrailTrip]:
    """Of each rule, scope and subject the trip with the hardest level, in their order."""
    found: dict[tuple[str, int | None, str], GuardrailTrip] = {}
    for trip in trips:
        key = (trip.rule, trip.fleet_id, trip.subject)
        known = found.get(key)
        if known is None or rank(trip) > rank(known):
            found[key] = trip
    return list(found.values())


def rank(trip: GuardrailTrip) -> int:
    return LEVELS.index(Level(trip.level))
