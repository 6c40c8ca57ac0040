"""What the books can not place: tokens without a price, bills without a row of ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Sum

from economics.models import BillingObservation, LogHour, ResourceObservation, UsageHour
from economics.selectors.hour_revenue import (
    Prices,
    counts_of,
    deployment_of,
    unbooked_hours,
    unbooked_log_hours,
)


@dataclass(frozen=True)
class UnpricedModel:
    """Tokens of a model that no price was set for: not in any revenue figure."""

    served_model_id: int
    name: str
    tokens: int
    hours: int
    since: datetime


@dataclass(frozen=True)
class UnattributedPod:
    """What the provider billed for a pod that no row of ours explains."""

    provider: str
    provider_pod_id: str
    usd: Decimal
    buckets: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class UnattributedResource:
    """What the provider billed for a volume or endpoint that no row of ours explains."""

    provider: str
    kind: str
    provider_id: str
    usd: Decimal
    buckets: int
    first_at: datetime
    last_at: datetime

    @property
    def what(self) -> str:
        """The kind in words."""
        return str(ResourceObservation.Kind(self.kind).label)


def unpriced_models() -> list[UnpricedModel]:
    """Models with tokens in hours without a price, the most tokens first."""
    prices = Prices()
    found: dict[int, UnpricedModel] = {}
    hours = unbooked_hours().select_related("pod__deployment__variant__served_model")
    found_hours: list[UsageHour | LogHour] = [*hours, *unbooked_log_hours()]
    for hour in found_hours:
        if prices.of(hour) is not None:
            continue
        model = deployment_of(hour).variant.served_model
        known = found.get(model.pk)
        found[model.pk] = UnpricedModel(
            served_model_id=model.pk,
            name=model.name,
            tokens=counts_of(hour).total + (known.tokens if known else 0),
            hours=1 + (known.hours if known else 0),
            since=min(known.since, hour.hour_start) if known else hour.hour_start,
        )
    return sorted(found.values(), key=lambda each: -each.tokens)


def unattributed_pods() -> list[UnattributedPod]:
    """Billed pods without a row of ours, by their newest figures, the dearest first."""
    newer = BillingObservation.objects.filter(
        provider=OuterRef("provider"),
        provider_pod_id=OuterRef("provider_pod_id"),
        bucket_start=OuterRef("bucket_start"),
        revision__gt=OuterRef("revision"),
    )
    rows = (
        BillingObservation.objects.filter(~Exists(newer), pod__isnull=True, total_usd__gt=0)
        .order_by()
        .values("provider", "provider_pod_id")
        .annotate(
            usd=Sum("total_usd"),
            buckets=Count("pk"),
            first_at=Min("bucket_start"),
            last_at=Max("bucket_end"),
        )
        .order_by(F("usd").desc())
    )
    return [UnattributedPod(**row) for row in rows]


def unattributed_resources() -> list[UnattributedResource]:
    """Billed volumes and endpoints without a row of ours, by their newest figures, the
    dearest first."""
    newer = ResourceObservation.objects.filter(
        provider=OuterRef("provider"),
        kind=OuterRef("kind"),
        provider_id=OuterRef("provider_id"),
        bucket_start=OuterRef("bucket_start"),
        revision__gt=OuterRef("revision"),
    )
    rows = (
        ResourceObservation.objects.filter(~Exists(newer), explained=False, total_usd__gt=0)
        .order_by()
        .values("provider", "kind", "provider_id")
        .annotate(
            usd=Sum("total_usd"),
            buckets=Count("pk"),
            first_at=Min("bucket_start"),
            last_at=Max("bucket_end"),
        )
        .order_by(F("usd").desc())
    )
    return [UnattributedResource(**row) for row in rows]
