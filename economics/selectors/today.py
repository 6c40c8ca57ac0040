"""Today so far: all, each fleet, each deployment; booked and what has run up since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, QuerySet

from economics.calc.break_even import break_even_revenue
from economics.calc.hours import day_of
from economics.calc.profit import DayFigures
from economics.calc.unknown import Unknown
from economics.selectors.ahead import Ahead, ahead_of
from economics.selectors.booked_day import DaySums, booked_day, shared_sums
from economics.selectors.day_sums import open_day_sums
from economics.selectors.pod_cost import is_unaccrued, live_and_unaccrued_pods
from fleet.models import ENDED, MAYBE_BILLED, Deployment, Fleet, Pod
from fleet.selectors.burn import pod_usd_per_hour
from fleet.selectors.standing import Standing, standing

EARLIEST_PROJECTION = Decimal("0.04")  # about an hour: before, a pace says nothing
NOTHING = Decimal(0)
TOO_EARLY = Unknown("too early in the day for a pace")
HOURS_TO_COME = Unknown("scheduled hours are still to begin today, so they have no pace")


@dataclass(frozen=True)
class ScopeToday:
    """Today's figures of all, a fleet or a deployment.

    usd_per_hour        [USD/h] what its pods cost now, disks included
    needed_usd          gross revenue that pays the whole day, as it is wanted now
    projected_usd       gross revenue at the end of the day at today's pace
    """

    sums: DaySums
    figures: DayFigures
    usd_per_hour: Decimal
    needed_usd: Decimal | Unknown
    projected_usd: Decimal | Unknown


@dataclass(frozen=True)
class Part:
    """One deployment today: what it did, costs now, and has before it."""

    sums: DaySums
    usd_per_hour: Decimal
    ahead: Ahead


@dataclass(frozen=True)
class Today:
    """One kind of money, real or simulated, on the UTC day of `now`."""

    day: date
    now: datetime
    simulated: bool
    whole: ScopeToday
    fleets: dict[int, ScopeToday]
    deployments: dict[int, ScopeToday]
    listed: tuple[Deployment, ...]


@dataclass(frozen=True)
class Now:
    """What there is now, of both kinds of money: read once for all that a page says.

    pods    those that have not ended, or have billed time without a line
    beside  volumes, endpoints, strays and balances
    """

    deployments: tuple[Deployment, ...]
    pods: tuple[Pod, ...]
    beside: Standing

    @property
    def kinds(self) -> list[bool]:
        """Whether simulated, for each kind of money there is: real first."""
        return kinds_beside(self.deployments)

    def billed(self) -> list[Pod]:
        """Every pod that may be billed."""
        return [pod for pod in self.pods if pod.status in MAYBE_BILLED]

    def live(self, *, simulated: bool) -> list[Pod]:
        """The pods of one kind of money that have not ended."""
        return [
            pod
            for pod in self.pods
            if pod.status not in ENDED and pod.deployment.fleet.simulated == simulated
        ]

    def unaccrued(self, now: datetime) -> list[Pod]:
        """The pods with billed time that no line covers yet."""
        return [pod for pod in self.pods if is_unaccrued(pod, now)]


def read_now(now: datetime) -> Now:
    """Three queries."""
    deployments = deployments_with_kinds().order_by("fleet__tier", "fleet__name", "slug")
    return Now(tuple(deployments), tuple(live_and_unaccrued_pods(now)), standing())


def deployments_with_kinds() -> QuerySet[Any]:
    """Deployments with their fleets, each told which kinds of money there are fleets of:
    pages ask for both, and one question answers both."""
    return Deployment.objects.select_related("fleet").annotate(
        has_real=Exists(Fleet.objects.filter(simulated=False)),
        has_simulated=Exists(Fleet.objects.filter(simulated=True)),
    )


def kinds_beside(deployments: Sequence[Any]) -> list[bool]:
    """The kinds of money as told by `deployments_with_kinds`; without one, a query."""
    if not deployments:
        return kinds_of_money()
    there_are = {False: deployments[0].has_real, True: deployments[0].has_simulated}
    return [simulated for simulated, is_there in there_are.items() if is_there]


def kinds_of_money() -> list[bool]:
    """Whether simulated, for each kind of money there is: real first, [False] if none."""
    kinds = set(Fleet.objects.values_list("simulated", flat=True))
    return sorted(kinds) or [False]


def today(now: datetime, *, simulated: bool = False, there_is: Now | None = None) -> Today:
    """The figures of the UTC day of `now`, by fleet id and deployment id.

    there_is  what there is now; read when not given

    Every deployment of this kind of money is in, also without any figures, and its fleet.
    """
    day = day_of(now)
    facts = read_now(now) if there_is is None else there_is
    booked = booked_day(day)
    sums = open_day_sums(day, now, booked, unaccrued=facts.unaccrued(now))
    expenses, take_rate = booked.expenses, booked.takes.on(day)
    burn = burn_by_deployment(facts)
    deployments = [each for each in facts.deployments if each.fleet.simulated == simulated]
    parts = {
        each.pk: Part(
            sums=sums.get(each.pk, DaySums()),
            usd_per_hour=burn.get(each.pk, Decimal(0)),
            ahead=ahead_of(each, usd_per_hour=burn.get(each.pk, Decimal(0)), now=now),
        )
        for each in deployments
    }

    def scope(members: Iterable[Deployment], shared: Decimal = NOTHING) -> ScopeToday:
        return scope_today([parts[each.pk] for each in members], shared, take_rate)

    return Today(
        day=day,
        now=now,
        simulated=simulated,
        whole=scope(deployments, expenses.shared_by(simulated=simulated)),
        fleets={
            fleet: scope(
                (each for each in deployments if each.fleet_id == fleet),
                expenses.shared_by(simulated=simulated, fleet_id=fleet),
            )
            for fleet in {each.fleet_id for each in deployments}
        },
        deployments={each.pk: scope([each]) for each in deployments},
        listed=tuple(deployments),
    )


def scope_today(
    parts: Sequence[Part], shared_usd: Decimal, take_rate: Decimal
) -> ScopeToday:
    """The figures of some deployments and of the expenses that they share [USD],
    looking ahead to the end of the day."""
    sums = sum((part.sums for part in parts), shared_sums(shared_usd))
    ahead = sum((part.ahead.cost_usd for part in parts), Decimal(0))
    cost = max(sums.cost_usd, Decimal(0)) + ahead
    return ScopeToday(
        sums=sums,
        figures=sums.figures(take_rate),
        usd_per_hour=sum((part.usd_per_hour for part in parts), Decimal(0)),
        needed_usd=break_even_revenue(cost_usd=cost, take_rate=take_rate),
        projected_usd=projection(parts),
    )


def projection(parts: Sequence[Part]) -> Decimal | Unknown:
    """Revenue at the end of the day if each deployment keeps its pace, or why not."""
    total = Decimal(0)
    for part in parts:
        if part.ahead.open_share is None:
            total += part.sums.revenue_usd
        elif part.ahead.open_share == 0:
            return HOURS_TO_COME
        elif part.ahead.open_share < EARLIEST_PROJECTION:
            return TOO_EARLY
        else:
            total += part.sums.revenue_usd / part.ahead.open_share
    return total


def burn_by_deployment(facts: Now) -> dict[int, Decimal]:
    """What each deployment costs now [USD/h]: pods with disks, volumes, workers."""
    burn = facts.beside.by_deployment()
    for pod in facts.billed():
        known = burn.get(pod.deployment_id, Decimal(0))
        burn[pod.deployment_id] = known + pod_usd_per_hour(pod)
    return burn
