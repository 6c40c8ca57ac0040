"""The closed days of deployments and fleets, as decisions look at them. Two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from economics.calc.gates import Evidence, days_in_a_row, trailing_sum
from economics.calc.unknown import Unknown
from economics.models import DailyProfit, DayClose, Scope
from economics.selectors.days import newest_closed_day
from economics.selectors.decisions.markets import midnight
from fleet.models import Deployment, Fleet, Pod
from fleet.selectors.burn import rent_with_disks

LOOK_BACK_DAYS = 60
WEEK = 7
SOURCE = "closed days"


class _Row(NamedTuple):
    """Columns of a closed day, in the order in which they are read."""

    day: date
    scope: str
    fleet_id: int | None
    deployment_id: int | None
    profit_usd: Decimal
    cost_usd: Decimal
    uncached_prompt_tokens: int
    cached_prompt_tokens: int
    completion_tokens: int
    utilization: Decimal | None
    newest_closed: date


@dataclass(frozen=True)
class DayBook:
    """Days of one deployment or of one fleet, by day.

    profit       [USD] net revenue minus its own costs; cost [USD]
    tokens       served
    utilization  [1] where it is known
    since_start  [USD] sum of all closed days there ever were; 0 without any
    """

    profit: Mapping[date, Decimal]
    cost: Mapping[date, Decimal]
    tokens: Mapping[date, Decimal]
    utilization: Mapping[date, Decimal]
    since_start: Decimal


EMPTY = DayBook({}, {}, {}, {}, Decimal(0))


@dataclass(frozen=True)
class Books:
    """The books of one kind of money.

    newest  the last closed day; None before the first close
    """

    newest: date | None
    deployments: Mapping[int, DayBook]
    fleets: Mapping[int, DayBook]
    fleet_tier: Mapping[int, int]
    rents: Mapping[int, Decimal]

    @property
    def as_of(self) -> datetime | None:
        """The end of the last closed day."""
        return None if self.newest is None else midnight(self.newest + timedelta(days=1))

    def of_deployment(self, pk: int) -> DayBook:
        return self.deployments.get(pk, EMPTY)

    def of_fleet(self, pk: int) -> DayBook:
        return self.fleets.get(pk, EMPTY)

    def seen(self, value: Decimal | Unknown, **query: object) -> Evidence:
        """A figure of closed days with where it came from."""
        link = reverse("economics:days")
        if query:
            link = f"{link}?{urlencode(query)}"
        return self.at(value, link)

    def at(self, value: Decimal | Unknown, link: str) -> Evidence:
        """A figure of closed days with the page, and the line of it, that shows it."""
        return Evidence(value, SOURCE, self.as_of, link)

    def tier_profit(self, tier: int) -> dict[date, Decimal]:
        """Profit of all fleets of a tier by day [USD]."""
        found: defaultdict[date, Decimal] = defaultdict(Decimal)
        for pk, book in self.fleets.items():
            if self.fleet_tier.get(pk) == tier:
                for day, usd in book.profit.items():
                    found[day] += usd
        return dict(found)


def books(fleets: Iterable[Fleet], deployments: Iterable[Deployment]) -> Books:
    """The books of these fleets and deployments. Two queries."""
    tiers = {fleet.pk: fleet.tier for fleet in fleets}
    members = [each.pk for each in deployments]
    last = Subquery(DayClose.objects.order_by("-day").values("day")[:1])
    rows = (
        DailyProfit.objects.filter(
            day__gt=last - timedelta(days=LOOK_BACK_DAYS),
            scope__in=(Scope.DEPLOYMENT, Scope.FLEET),
        )
        .annotate(newest_closed=last)
        .values_list(*_Row._fields)
    )
    found = [_Row(*row) for row in rows]
    newest = found[0].newest_closed if found else newest_closed_day()
    past = pasts(members)
    sums = {} if newest is None else {pk: each.profit_usd for pk, each in past.items()}
    by_deployment: dict[int, list[_Row]] = defaultdict(list)
    by_fleet: dict[int, list[_Row]] = defaultdict(list)
    for row in found:
        if row.scope == Scope.FLEET and row.fleet_id in tiers:
            by_fleet[row.fleet_id].append(row)
        elif row.scope == Scope.DEPLOYMENT and row.deployment_id is not None:
            by_deployment[row.deployment_id].append(row)
    fleet_sums: defaultdict[int, Decimal] = defaultdict(Decimal)
    for each in deployments:
        fleet_sums[each.fleet_id] += sums.get(each.pk, Decimal(0))
    return Books(
        newest=newest,
        deployments={
            pk: _book(by_deployment[pk], sums.get(pk, Decimal(0))) for pk in members
        },
        fleets={pk: _book(by_fleet[pk], fleet_sums[pk]) for pk in tiers},
        fleet_tier=tiers,
        rents={
            pk: each.usd_per_hour
            for pk, each in past.items()
            if each.usd_per_hour is not None
        },
    )


@dataclass(frozen=True, slots=True)
class Past:
    """A deployment's profit of all closed days there ever were [USD], and what a replica
    costs by its newest rented pod [USD/h]; None before one was rented."""

    profit_usd: Decimal
    usd_per_hour: Decimal | None


def pasts(deployments: Iterable[int]) -> dict[int, Past]:
    """The past of each deployment. One query."""
    days = DailyProfit.objects.filter(scope=Scope.DEPLOYMENT, deployment=OuterRef("pk"))
    total = days.order_by().values("deployment").annotate(usd=Sum("profit_usd"))
    rented = Pod.objects.filter(deployment=OuterRef("pk"), billed_from__isnull=False)
    newest = rented.order_by("-billed_from")
    asked = Coalesce("usd_per_pod_hour", "quoted_usd_per_pod_hour")
    rows = Deployment.objects.filter(pk__in=list(deployments)).values_list(
        "pk",
        Subquery(total.values("usd")),
        Subquery(newest.values_list(asked)[:1]),
        Subquery(newest.values("container_disk_gb")[:1]),
        Subquery(newest.values("volume_disk_gb")[:1]),
    )
    found = {}
    for pk, profit, price, container, volume in rows:
        rent = None
        if price is not None:
            rent = rent_with_disks(price, container_gb=container, volume_gb=volume)
        found[pk] = Past(profit or Decimal(0), rent)
    return found


def _book(found: Sequence[_Row], since_start: Decimal) -> DayBook:
    return DayBook(
        profit={row.day: row.profit_usd for row in found},
        cost={row.day: row.cost_usd for row in found},
        tokens={
            row.day: Decimal(
                row.uncached_prompt_tokens
                + row.cached_prompt_tokens
                + row.completion_tokens
            )
            for row in found
        },
        utilization={
            row.day: row.utilization for row in found if row.utilization is not None
        },
        since_start=since_start,
    )


def mean_of_week(values: Mapping[date, Decimal], newest: date | None) -> Decimal | Unknown:
    """Mean of the last seven closed days that have a value."""
    if newest is None:
        return Unknown("no day is closed yet")
    week = [newest - timedelta(days=n) for n in range(WEEK)]
    known = [values[day] for day in week if day in values]
    if not known:
        return Unknown("none of the last seven closed days has a value")
    return sum(known, Decimal(0)) / len(known)


def trailing_mean(book: DayBook, newest: date | None, days: int) -> Decimal | Unknown:
    """Mean profit a day of the trailing closed days [USD]."""
    whole = trailing_sum(book.profit, newest=newest, days=days)
    return whole if isinstance(whole, Unknown) else whole / days


def paid_hours(
    book: DayBook, newest: date | None, rent: Decimal | Unknown, replicas: int
) -> Decimal | Unknown:
    """Hours a day for which a replica was paid in the last week: its cost by its rent."""
    cost = mean_of_week(book.cost, newest)
    if isinstance(cost, Unknown):
        return cost
    if isinstance(rent, Unknown):
        return rent
    if not rent or not replicas:
        return Unknown("it has no rent to tell hours by")
    return min(max(cost / rent / replicas, Decimal(0)), Decimal(24))


def loss_of(book: DayBook) -> Decimal:
    """Loss since it was begun [USD]; 0 where it earned."""
    return max(-book.since_start, Decimal(0))


def run_above(
    values: Mapping[date, Decimal], newest: date | None, above: Decimal
) -> Decimal | Unknown:
    """Closed days in a row above a value."""
    return days_in_a_row(values, newest=newest, above=above)
