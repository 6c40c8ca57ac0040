"""The provider's catalog and balance, read into rows with the moment they were seen."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fleet.models import BalanceReading, GpuOffer, GpuOfferPrice, Stock
from fleet.providers.base import GpuOffer as Offer
from fleet.providers.base import GpuProvider


def refresh(*, provider: GpuProvider, now: datetime) -> str:
    """Store the catalog as it is now; a summary. Raises ProviderError without one.

    A changed price is a new price row; an offer that is listed no longer keeps its
    row with no stock, because pods and plans still name it.
    """
    offers = provider.offers()
    changed = 0
    with transaction.atomic():
        for offer in offers:
            changed += store_offer(offer, provider=provider.name, now=now)
        GpuOffer.objects.filter(provider=provider.name, seen_at__lt=now).update(
            stock=Stock.NONE
        )
    return f"{len(offers)} offers, {changed} prices changed"


def store_offer(offer: Offer, *, provider: str, now: datetime) -> bool:
    """Store one offer; True if its price is new."""
    row, created = GpuOffer.objects.update_or_create(
        provider=provider,
        gpu_type_id=offer.gpu_type_id,
        cloud=offer.cloud,
        defaults={
            "display_name": offer.display_name,
            "memory_gb": offer.memory_gb,
            "usd_per_gpu_hour": offer.usd_per_gpu_hour,
            "max_count": offer.max_count,
            "stock": offer.stock,
            "seen_at": now,
        },
    )
    last = None if created else row.prices.order_by("-valid_from").first()
    if last is not None and last.usd_per_gpu_hour == offer.usd_per_gpu_hour:
        return False
    GpuOfferPrice.objects.update_or_create(
        offer=row, valid_from=now, defaults={"usd_per_gpu_hour": offer.usd_per_gpu_hour}
    )
    return True


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
