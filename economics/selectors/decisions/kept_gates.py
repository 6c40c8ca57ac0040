"""Evaluations that were kept, and when a gate changed its answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from economics.models import GateEvaluation

LOOK_BACK = timedelta(days=7)
MOST_ROWS = 400


@dataclass(frozen=True)
class GateChange:
    """A gate that answered differently than the time before."""

    subject: str  # fleet and gate
    fleet: str
    gate: str
    title: str
    was: str
    becomes: str
    at: datetime
    sentences: tuple[str, ...]


def newest_evaluations() -> list[GateEvaluation]:
    """The newest kept row of each fleet. One query."""
    rows = (
        GateEvaluation.objects.filter(simulated=settings.KERNE_SANDBOX)
        .select_related("fleet", "policy")
        .order_by("fleet_id", "-evaluated_at", "-pk")
        .distinct("fleet_id")
    )
    return list(rows)


def kept_until(*, now: datetime) -> list[GateEvaluation]:
    """The newest kept rows up to `now`, the newest first. One query."""
    rows = GateEvaluation.objects.filter(
        simulated=settings.KERNE_SANDBOX, evaluated_at__lte=now
    )
    newest = rows.select_related("fleet").order_by("-evaluated_at", "-pk")
    return list(newest[:MOST_ROWS])


def gate_changes(*, since: datetime, now: datetime) -> list[GateChange]:
    """Every change of an answer in [since, now], oldest first. One query."""
    return changes_since(kept_until(now=now), since=since)


def changes_since(kept: Iterable[GateEvaluation], *, since: datetime) -> list[GateChange]:
    """The same, of rows that were read, the newest first."""
    rows = [each for each in kept if each.evaluated_at >= since - LOOK_BACK]
    by_fleet: dict[int | None, list[GateEvaluation]] = defaultdict(list)
    for row in reversed(rows):
        by_fleet[row.fleet_id].append(row)
    found = [each for rows in by_fleet.values() for each in changes_in(rows)]
    return sorted((each for each in found if each.at >= since), key=lambda each: each.at)


def changes_in(rows: Iterable[GateEvaluation]) -> Iterable[GateChange]:
    """Changes from each row to the next, of one fleet in the order of time."""
    states: dict[str, str] = {}
    for row in rows:
        fleet = row.fleet.slug if row.fleet else "tier-2"
        for gate in row.gates:
            key, state = gate["gate"], gate["state"]
            was = states.get(key)
            states[key] = state
            if was is not None and was != state:
                yield GateChange(
                    subject=f"{fleet}-{key}",
                    fleet=str(row.fleet) if row.fleet else "Tier 2",
                    gate=key,
                    title=gate["title"],
                    was=was,
                    becomes=state,
                    at=row.evaluated_at,
                    sentences=tuple(
                        f"{each['title']}: {each['sentence']}"
                        for each in gate["conditions"]
                    ),
                )
