"""The models of a fleet, each with its own market, demand, price and books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from economics.calc.gates import Evidence, Gate, Policy, trailing_sum
from economics.calc.money import shown_usd
from economics.calc.unknown import Unknown
from economics.selectors.decisions.books import EMPTY, Books, DayBook
from economics.selectors.decisions.markets import ModelMarket
from fleet.models import Deployment

NOBODY = Evidence(Unknown("its market is not known"), "no market")


@dataclass(frozen=True)
class FleetModel:
    """One model of a fleet, or the one that a fleet would begin with.

    name         as people call it
    deployments  ids of those that serve it in the fleet
    """

    slug: str
    name: str
    market: ModelMarket | None
    deployments: tuple[int, ...]
    trend: Evidence
    age_days: Evidence

    @property
    def has_successor(self) -> bool | None:
        return self.market.has_successor if self.market else None

    @property
    def successor_share(self) -> Evidence:
        return self.market.successor_share if self.market else NOBODY

    def book(self, books: Books) -> DayBook:
        """The days of its deployments together."""
        return summed(books.of_deployment(pk) for pk in self.deployments)

    def contribution(self, books: Books, policy: Policy) -> Decimal | Unknown:
        """Of the trailing closed days [USD]."""
        days = int(policy.exit_days)
        return trailing_sum(self.book(books).profit, newest=books.newest, days=days)


@dataclass(frozen=True)
class ModelVerdict:
    """What was found of one model of a fleet. `exit`: its own; None before it is begun."""

    model: FleetModel
    contribution: Evidence
    exit: Gate | None

    @property
    def words(self) -> str:
        """Its contribution and whether to leave it, in words."""
        value = self.contribution.value
        seen = (
            f"unknown: {value.reason}" if isinstance(value, Unknown) else shown_usd(value)
        )
        left = "" if self.exit is None else f", to be left: {self.exit.state.value}"
        return f"{seen}{left}"


def models_of(
    rows: Iterable[Deployment], markets: Mapping[str, ModelMarket], *, now: datetime
) -> tuple[FleetModel, ...]:
    """The models that deployments of one fleet serve, in their order; of those that want
    replicas, or of all where none does."""
    every = list(rows)
    wanted = [each for each in every if each.replicas] or every
    by_slug: dict[str, list[Deployment]] = {}
    for each in wanted:
        by_slug.setdefault(each.variant.served_model.slug, []).append(each)
    return tuple(
        fleet_model(slug, same[0].variant.served_model.name, same, markets, now=now)
        for slug, same in by_slug.items()
    )


def fleet_model(
    slug: str,
    name: str,
    rows: Iterable[Deployment],
    markets: Mapping[str, ModelMarket],
    *,
    now: datetime,
) -> FleetModel:
    """A model with its market as of `now`."""
    market = markets.get(slug)
    return FleetModel(
        slug=slug,
        name=name,
        market=market,
        deployments=tuple(each.pk for each in rows),
        trend=market.trend(now=now) if market else NOBODY,
        age_days=market.age_days(now=now) if market else NOBODY,
    )


def summed(books: Iterable[DayBook]) -> DayBook:
    """Days of several deployments together; their utilization is not added up."""
    found = list(books)
    if len(found) == 1:
        return found[0]
    return DayBook(
        profit=_sum(each.profit for each in found),
        cost=_sum(each.cost for each in found),
        tokens=_sum(each.tokens for each in found),
        utilization=EMPTY.utilization,
        since_start=sum((each.since_start for each in found), Decimal(0)),
    )


def _sum(columns: Iterable[Mapping[date, Decimal]]) -> dict[date, Decimal]:
    total: dict[date, Decimal] = {}
    for column in columns:
        for day, value in column.items():
            total[day] = total.get(day, Decimal(0)) + value
    return total
