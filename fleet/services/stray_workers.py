"""The workers of stray endpoints: each is billed, at a price that the catalog tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db.models import Q

from fleet.models import (
    MarketOffer,
    OfferKind,
    OfferSource,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.providers.errors import NotFound
from fleet.providers.resources import CloudWorker, FullProvider
from fleet.services.isolation import apart


def watch(*, provider: FullProvider, now: datetime, troubles: list[str]) -> None:
    """Count the workers of the stray endpoints just listed, and learn what they cost.

    One that can not be asked keeps its last count, with its age.
    """
    strays = StrayResource.objects.filter(
        provider=provider.name,
        kind=StrayResource.Kind.ENDPOINT,
        last_seen_at=now,
        gone_at__isnull=True,
    )
    for stray in strays.order_by("pk"):
        ask = partial(workers_of, stray, provider=provider)
        workers = apart(f"workers of stray {stray}", ask, troubles)
        if workers is None:
            continue
        price = price_of(stray, workers)
        StrayResource.objects.filter(pk=stray.pk).update(
            workers_seen=len(workers),
            workers_seen_at=now,
            usd_per_worker_hour=stray.usd_per_worker_hour if price is None else price,
        )


def workers_of(stray: StrayResource, *, provider: FullProvider) -> list[CloudWorker]:
    """Its workers; none of one that went away since it was listed."""
    try:
        return provider.workers(stray.provider_id)
    except NotFound:
        return []


def price_of(stray: StrayResource, workers: Sequence[CloudWorker]) -> Decimal | None:
    """What its dearest worker costs [USD/h]: as a row of ours agreed to, else by the
    catalog; None where neither knows it."""
    row = ServerlessEndpoint.objects.filter(
        Q(provider_id=stray.provider_id) | Q(name=stray.name), provider=stray.provider
    ).first()
    if row is not None:
        return row.usd_per_worker_hour
    placed = [worker for worker in workers if worker.gpu_type_id]
    offers = MarketOffer.objects.filter(
        provider=stray.provider,
        source=OfferSource.CATALOG,
        kind=OfferKind.SERVERLESS,
        gpu_type_id__in={worker.gpu_type_id for worker in placed},
    )
    per_gpu = dict(offers.values_list("gpu_type_id", "usd_per_gpu_hour"))
    if any(worker.gpu_type_id not in per_gpu for worker in placed):
        return None  # the dearest may be the one without a price
    prices = (per_gpu[worker.gpu_type_id] * worker.gpu_count for worker in placed)
    return max(prices, default=None)
