"""Policies and goals as they count now, and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from economics.calc.decide import Criterion, Goal, GoalKind
from economics.calc.gates import Policy, policy_of
from economics.models import FleetPolicy, GoalVersion, PolicyVersion
from fleet.models import Fleet

DEFAULT = "safer"  # of a fleet for which none was chosen: the one that risks less


@dataclass(frozen=True)
class Counting:
    """A policy with the version that counts."""

    row: PolicyVersion
    policy: Policy


def policy_in(row: PolicyVersion) -> Policy:
    """The thresholds of a stored version. Raises ValueError for one that no service
    could have written."""
    read = policy_of(row.thresholds)
    if isinstance(read, dict):
        raise ValueError(f"{row}: {' '.join(read.values())}")
    return read


def policies() -> dict[str, Counting]:
    """The newest version of every policy by its name. One query."""
    rows = PolicyVersion.objects.order_by("name", "-version").distinct("name")
    return {row.name: Counting(row, policy_in(row)) for row in rows}


def fleet_policies(known: Mapping[str, Counting]) -> dict[int, Counting]:
    """The policy of each fleet by the fleet's id. One query."""
    chosen = dict(
        FleetPolicy.objects.order_by("fleet_id", "-chosen_at", "-pk")
        .distinct("fleet_id")
        .values_list("fleet_id", "policy")
    )
    return {fleet: known.get(name, known[DEFAULT]) for fleet, name in chosen.items()}


def fleets_with_policies(
    known: Mapping[str, Counting], *, simulated: bool
) -> tuple[list[Fleet], dict[int, Counting]]:
    """The fleets of one kind of money, and the policy of each that has one. One query."""
    chosen = FleetPolicy.objects.filter(fleet=OuterRef("pk")).order_by("-chosen_at", "-pk")
    rows = Fleet.objects.filter(simulated=simulated).annotate(
        chosen_policy=Subquery(chosen.values("policy")[:1])
    )
    fleets: list[Fleet] = [*rows]
    names = {fleet.pk: vars(fleet)["chosen_policy"] for fleet in fleets}
    by_fleet = {pk: known.get(name, known[DEFAULT]) for pk, name in names.items() if name}
    return fleets, by_fleet


def policy_of_fleet(
    fleet: Fleet | None, known: Mapping[str, Counting], chosen: Mapping[int, Counting]
) -> Counting:
    """What a fleet is run by; the safer policy where nothing was chosen."""
    found = None if fleet is None else chosen.get(fleet.pk)
    return known[DEFAULT] if found is None else found


def versions_of(name: str) -> list[PolicyVersion]:
    """Every version of a policy, newest first."""
    return list(PolicyVersion.objects.filter(name=name).order_by("-version"))


def goal_rows() -> list[GoalVersion]:
    """The newest version of each goal that is shown, in order. One query."""
    rows = GoalVersion.objects.order_by("key", "-version").distinct("key")
    shown = [row for row in rows if row.is_shown]
    return sorted(shown, key=lambda row: (row.position, row.key))


def goal_of(row: GoalVersion) -> Goal:
    """A stored goal as the matrix takes it."""
    return Goal(
        key=row.key,
        title=row.title,
        weights={Criterion(name): Decimal(text) for name, text in row.weights.items()},
        kind=GoalKind(row.kind),
        target_usd_per_day=row.target_usd_per_day,
    )
