"""What the provider bills and nobody here ordered: pods, volumes and endpoints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, IntegerField, Value

from fleet.models import Orphan, StrayResource
from fleet.selectors.resources import STRAY_RENT, USD, volume_usd_per_hour

POD = "pod"


@dataclass(frozen=True, slots=True)
class Strays:
    """How many of each there are, and what they cost as far as it is known [USD/h].

    unknown  how many of them cost something that nobody knows
    """

    pods: int
    volumes: int
    endpoints: int
    usd_per_hour: Decimal
    unknown: int

    def __bool__(self) -> bool:
        return bool(self.pods or self.volumes or self.endpoints)


def strays() -> Strays:
    """All of them, in one query."""
    orphans = Orphan.objects.filter(gone_at__isnull=True).order_by()
    others = StrayResource.objects.filter(gone_at__isnull=True).order_by()
    price = F("usd_per_pod_hour") + Value(Decimal(0), output_field=USD)
    rows = orphans.values_list(
        Value(POD), Value(0, output_field=IntegerField()), price
    ).union(others.values_list("kind", "size_gb", STRAY_RENT), all=True)
    counts: Counter[str] = Counter()
    known, unknown = Decimal(0), 0
    for kind, size_gb, usd in rows:
        counts[kind] += 1
        unknown += usd is None
        known += volume_usd_per_hour(size_gb) + (usd or 0)
    return Strays(
        pods=counts[POD],
        volumes=counts[StrayResource.Kind.VOLUME],
        endpoints=counts[StrayResource.Kind.ENDPOINT],
        usd_per_hour=known,
        unknown=unknown,
    )
