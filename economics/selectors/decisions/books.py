"""The closed days of deployments and fleets, as decisions look at them. Three queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Subquery, Sum
from django.urls import reverse

from economics.calc.gates import Evidence, days_in_a_row, trailing_sum
from economics.calc.unknown import Unknown
from economics.models import DailyProfit, DayClose, Scope
from economics.selectors.days import newest_closed_day
from economics.selectors.decisions.markets import midnight
from fleet.models import Deployment, Fleet, Pod
from fleet.selectors.burn import pod_usd_per_hour

LOOK_BACK_DAYS = 60
WEEK = 7
SOURCE = "closed days"
DAY_COLUMNS = (
    "day",
    "scope",
    "fleet_id",
    "deployment_id",
    "profit_usd",
    "cost_usd",
    "uncached_prompt_tokens",
    "cached_prompt_tokens",
    "completion_tokens",
    "utilization",
)


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
    """The books of these fleets and deployments. Three queries."""
    tiers = {fleet.pk: fleet.tier for fleet in fleets}
    members = [each.pk for each in deployments]
    last = Subquery(DayClose.objects.order_by("-day").values("day")[:1])
    rows = list(
        DailyProfit.objects.filter(
            day__gt=last - timedelta(days=LOOK_BACK_DAYS),
            scope__in=(Scope.DEPLOYMENT, Scope.FLEET),
        )
        .annotate(newest_closed=last)
        .only(*DAY_COLUMNS)
    )
    newest = vars(rows[0])["newest_closed"] if rows else newest_closed_day()
    sums = {} if newest is None else profit_sums(members)
    by_deployment: dict[int, list[DailyProfit]] = defaultdict(list)
    by_fleet: dict[int, list[DailyProfit]] = defaultdict(list)
    for row in rows:
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
        rents=replica_rents(members),
    )


def profit_sums(deployments: Iterable[int]) -> dict[int, Decimal]:
    """Profit of all closed days there ever were, by deployment [USD]. One query."""
    return dict(
        DailyProfit.objects.filter(scope=Scope.DEPLOYMENT, deployment__in=deployments)
        .order_by()
        .values_list("deployment")
        .annotate(Sum("profit_usd"))
    )


def _book(rows: Iterable[DailyProfit], since_start: Decimal) -> DayBook:
    found = list(rows)
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


def replica_rents(deployments: Iterable[int]) -> dict[int, Decimal]:
    """What a replica of each costs [USD/h], by its newest rented pod. One query."""
    pods = Pod.objects.filter(
        deployment__in=list(deployments), billed_from__isnull=False
    ).order_by("deployment_id", "-billed_from")
    return {
        pod.deployment_id: pod_usd_per_hour(pod) for pod in pods.distinct("deployment_id")
    }


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
