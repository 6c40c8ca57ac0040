"""Today so far: all, each fleet, each deployment; booked and what has run up since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings

from economics.calc.break_even import break_even_revenue
from economics.calc.hours import SECONDS_PER_DAY, SECONDS_PER_HOUR, day_bounds, day_of
from economics.calc.profit import DayFigures
from economics.calc.unknown import Unknown
from economics.selectors.day_sums import DaySums, open_day_sums
from fleet.models import Deployment, Fleet, Pod
from fleet.services.burn import pod_usd_per_hour

EARLIEST_PROJECTION = Decimal("0.04")  # about an hour: before, a pace says nothing


@dataclass(frozen=True)
class ScopeToday:
    """Today's figures of all, a fleet or a deployment.

    usd_per_hour        [USD/h] what its pods cost now, disks included
    needed_usd          gross revenue that pays the whole day, if the pods stay as they are
    projected_usd       gross revenue at the end of the day at today's pace; None: too early
    """

    sums: DaySums
    figures: DayFigures
    usd_per_hour: Decimal
    needed_usd: Decimal | Unknown
    projected_usd: Decimal | None


@dataclass(frozen=True)
class Today:
    """One kind of money, real or simulated, on the UTC day of `now`."""

    day: date
    now: datetime
    day_share: Decimal
    simulated: bool
    whole: ScopeToday
    fleets: dict[int, ScopeToday]
    deployments: dict[int, ScopeToday]


def kinds_of_money() -> list[bool]:
    """Whether simulated, for each kind of money there is: real first, [False] if none."""
    kinds = set(Fleet.objects.values_list("simulated", flat=True))
    return sorted(kinds) or [False]


def today(now: datetime, *, simulated: bool = False) -> Today:
    """The figures of the UTC day of `now`, by fleet id and deployment id.

    Every fleet and deployment of this kind of money is in, also without any figures.
    """
    day = day_of(now)
    sums = open_day_sums(day, now)
    burn = burn_by_deployment()
    deployments = Deployment.objects.filter(fleet__simulated=simulated)
    fleet_of = dict(deployments.values_list("pk", "fleet_id"))
    fleets = list(Fleet.objects.filter(simulated=simulated).values_list("pk", flat=True))
    share = share_of_day(now)

    def scope(members: list[int]) -> ScopeToday:
        whole = sum((sums.get(pk, DaySums()) for pk in members), DaySums())
        rate = sum((burn.get(pk, Decimal(0)) for pk in members), Decimal(0))
        return scope_today(whole, rate, share)

    return Today(
        day=day,
        now=now,
        day_share=share,
        simulated=simulated,
        whole=scope(list(fleet_of)),
        fleets={
            fleet: scope([pk for pk, owner in fleet_of.items() if owner == fleet])
            for fleet in fleets
        },
        deployments={pk: scope([pk]) for pk in fleet_of},
    )


def scope_today(sums: DaySums, usd_per_hour: Decimal, share: Decimal) -> ScopeToday:
    """The figures of some sums, looking ahead to the end of the day."""
    hours_left = (1 - share) * SECONDS_PER_DAY / SECONDS_PER_HOUR
    cost = max(sums.cost_usd, Decimal(0)) + usd_per_hour * hours_left
    pace_counts = share >= EARLIEST_PROJECTION
    return ScopeToday(
        sums=sums,
        figures=sums.figures(settings.TAKE_RATE),
        usd_per_hour=usd_per_hour,
        needed_usd=break_even_revenue(cost_usd=cost, take_rate=settings.TAKE_RATE),
        projected_usd=sums.revenue_usd / share if pace_counts else None,
    )


def share_of_day(now: datetime) -> Decimal:
    """The part of the UTC day that is over, in [0, 1)."""
    passed = now - day_bounds(day_of(now)).start
    return Decimal(int(passed.total_seconds())) / SECONDS_PER_DAY


def burn_by_deployment() -> dict[int, Decimal]:
    """What the pods of each deployment cost per hour now [USD/h], disks included."""
    burn: dict[int, Decimal] = {}
    for pod in Pod.objects.maybe_billed():
        burn[pod.deployment_id] = burn.get(
            pod.deployment_id, Decimal(0)
        ) + pod_usd_per_hour(pod)
    return burn
