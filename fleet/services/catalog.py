"""The provider's catalog and balance, read into rows with the moment they were seen."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fleet.market.reading import OfferReading
from fleet.market.rental_facts import billing_unit
from fleet.models import BalanceReading, OfferSource
from fleet.providers.base import GpuOffer, GpuProvider
from fleet.services.offers import mark_unlisted, store

SOURCE_URL = "https://www.runpod.io/pricing"


def refresh(*, provider: GpuProvider, now: datetime) -> str:
    """Store the catalog as it is now; a summary. Raises ProviderError without one.

    A changed price is a new step of its history; an offer that is listed no longer
    keeps its row with no stock, because pods and plans still name it.
    """
    offers = provider.offers()
    readings = [reading_of(offer, provider=provider.name, now=now) for offer in offers]
    with transaction.atomic():
        stored = store(readings, source=OfferSource.CATALOG)
        mark_unlisted(
            providers=[provider.name], source=OfferSource.CATALOG, seen_before=now
        )
    return str(stored)


def reading_of(offer: GpuOffer, *, provider: str, now: datetime) -> OfferReading:
    """An offer of the catalog; its product is the GPU type, rented one by one."""
    return OfferReading(
        provider=provider,
        product=offer.gpu_type_id,
        gpu_name=offer.display_name,
        gpu_type_id=offer.gpu_type_id,
        memory_gb=offer.memory_gb,
        gpu_count=1,
        max_count=offer.max_count,
        kind=offer.kind.value,
        cloud=offer.cloud,
        billing_unit=billing_unit("runpod"),
        usd_per_gpu_hour=offer.usd_per_gpu_hour,
        usd_per_instance_hour=None,
        stock=offer.stock,
        data_centers=offer.data_centers,
        source_url=SOURCE_URL,
        observed_at=now,
    )


def read_balance(*, provider: GpuProvider, now: datetime) -> BalanceReading | None:
    """Store what the provider says of our balance; None when it does not say."""
    balance = provider.balance()
    if balance is None:
        return None
    return BalanceReading.objects.create(
        provider=provider.name,
        balance_usd=balance.balance_usd,
        usd_per_hour=balance.usd_per_hour,
        read_at=now,
    )
