"""What costs money beside our pods now, ours and strays, and what each account holds.

Every figure of what is spent per hour is made of these rows; a page reads them once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    DateTimeField,
    ExpressionWrapper,
    F,
    IntegerField,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from fleet.models import (
    RESOURCE_MAYBE_BILLED,
    BalanceReading,
    NetworkVolume,
    Orphan,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.selectors.providers import provider_names
from fleet.selectors.resources import (
    BILLED_GB,
    NOTHING,
    STRAY_RENT,
    USD,
    WORKERS_RENT,
    Spend,
    volume_usd_per_hour,
)

POD, VOLUME, ENDPOINT = "pod", "volume", "endpoint"
NO_DEPLOYMENT = Cast(Value(None), BigIntegerField())
NO_GB = Value(0, output_field=IntegerField())
NO_TIME = Cast(Value(None), DateTimeField())


@dataclass(frozen=True, slots=True)
class Strays:
    """What the provider bills and nobody here ordered: how many of each there are, and
    what they cost as far as it is known [USD/h].

    unknown  how many of them cost something that nobody knows
    """

    pods: int
    volumes: int
    endpoints: int
    usd_per_hour: Decimal
    unknown: int

    def __bool__(self) -> bool:
        return bool(self.pods or self.volumes or self.endpoints)


@dataclass(frozen=True, slots=True)
class Charge:
    """One volume or endpoint, or a stray [USD/h]; a stray is no deployment's, and None
    where nobody knows its price."""

    kind: str
    provider: str
    deployment_id: int | None
    usd_per_hour: Decimal | None


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it, and the newest balance of each connected account that was read."""

    charges: tuple[Charge, ...]
    balances: dict[str, BalanceReading]

    def by_deployment(self) -> dict[int, Decimal]:
        """What the volumes and endpoints of each deployment cost [USD/h]."""
        costs: dict[int, Decimal] = {}
        for each in self.charges:
            if each.deployment_id is not None:
                known = costs.get(each.deployment_id, Decimal(0))
                costs[each.deployment_id] = known + (each.usd_per_hour or 0)
        return costs

    def spend(self, *providers: str) -> Spend:
        """All volumes and endpoints at `providers`, strays included, pods without."""
        own = [each for each in self.charges if each.provider in providers]
        return sum_of(each for each in own if each.kind != POD)

    def orphans(self, provider: str) -> Decimal:
        """What pods that nobody here ordered cost at a provider [USD/h]."""
        own = (each for each in self.charges if each.provider == provider)
        return sum_of(each for each in own if each.kind == POD).usd_per_hour

    def strays(self) -> Strays:
        found = [each for each in self.charges if each.deployment_id is None]
        counts = Counter(each.kind for each in found)
        spend = sum_of(iter(found))
        return Strays(
            pods=counts[POD],
            volumes=counts[VOLUME],
            endpoints=counts[ENDPOINT],
            usd_per_hour=spend.usd_per_hour,
            unknown=spend.unknown,
        )


def sum_of(charges: Iterator[Charge]) -> Spend:
    """What is known of them, and how many are not."""
    prices = [each.usd_per_hour for each in charges]
    known = sum((usd for usd in prices if usd is not None), Decimal(0))
    return Spend(known, prices.count(None))


def standing() -> Standing:
    """What stands now. One query."""
    first, *others = (*charges(), *map(newest_balance, provider_names()))
    found: list[Charge] = []
    known: dict[str, BalanceReading] = {}
    for kind, provider, deployment, size_gb, usd, at in first.union(*others, all=True):
        if kind == "balance":
            known[provider] = BalanceReading(provider=provider, balance_usd=usd, read_at=at)
            continue
        price = None if usd is None else volume_usd_per_hour(size_gb) + usd
        found.append(Charge(kind, provider, deployment, price))
    return Standing(tuple(found), known)


def charges() -> Iterator[QuerySet[Any, Any]]:
    """(kind, provider, deployment, GB, rent beside that [USD/h], no time) of each."""
    maybe = {"status__in": RESOURCE_MAYBE_BILLED}
    gone = {"gone_at__isnull": True}
    yield (
        NetworkVolume.objects.filter(**maybe)
        .order_by()
        .values_list(Value(VOLUME), "provider", "deployment", BILLED_GB, NOTHING, NO_TIME)
    )
    yield (
        ServerlessEndpoint.objects.filter(**maybe)
        .order_by()
        .values_list(
            Value(ENDPOINT), "provider", "deployment", NO_GB, WORKERS_RENT, NO_TIME
        )
    )
    yield (
        StrayResource.objects.filter(**gone)
        .order_by()
        .values_list("kind", "provider", NO_DEPLOYMENT, "size_gb", STRAY_RENT, NO_TIME)
    )
    yield (
        Orphan.objects.filter(**gone)
        .order_by()
        .values_list(
            *(Value(POD), "provider", NO_DEPLOYMENT, NO_GB, as_usd("usd_per_pod_hour")),
            NO_TIME,
        )
    )


def newest_balance(provider: str) -> QuerySet[Any, Any]:
    """A row of the same columns: the balance [USD], and when it was read."""
    readings = BalanceReading.objects.filter(provider=provider).order_by("-read_at")
    amount = as_usd("balance_usd")
    return readings.values_list(
        Value("balance"), "provider", NO_DEPLOYMENT, NO_GB, amount, "read_at"
    )[:1]


def as_usd(column: str) -> ExpressionWrapper:
    """A column of dollars, as every branch of the union has it."""
    return ExpressionWrapper(F(column), output_field=USD)
