"""What a GPU costs where, now: one price a product, the live one before the shipped one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from fleet.models import MarketOffer, OfferKind, OfferSource, Stock
from fleet.selectors.providers import provider_names

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Offer:
    """One product of one provider with the price to reckon with now.

    gpu_type_id            our canonical GPU; "" where it is not one that we know
    gpu_name               the GPU as the source calls it
    gpu_count              GPUs of the smallest unit that can be rented
    max_count              most GPUs in one pod or instance
    usd_per_gpu_hour       [USD / GPU-hour]; of an instance derived, four decimals
    usd_per_instance_hour  [USD / instance-hour] as quoted; None for single GPUs
    usd_per_gpu_second     [USD / GPU-second]; serverless only
    billing_unit           second, minute, hour; "" where it is not stated
    stock                  a word of `Stock`; UNKNOWN where the source does not say
    data_centers           {"id", "name", "stock"} each, where the source says it
    observed_at            when the price was true
    is_stale               older than two intervals of its source
    is_live                read from the provider or by gpuhunt, not shipped or typed in
    rentable_here          the console can order it
    superseded             shipped prices of the same product that this one replaces
    """

    pk: int
    provider: str
    product: str
    gpu_type_id: str
    gpu_name: str
    memory_gb: int
    gpu_count: int
    max_count: int
    kind: str
    cloud: str
    region: str
    usd_per_gpu_hour: Decimal
    usd_per_instance_hour: Decimal | None
    usd_per_gpu_second: Decimal | None
    billing_unit: str
    stock: str
    data_centers: tuple[dict[str, str], ...]
    source: str
    source_url: str
    note: str
    observed_at: datetime
    is_stale: bool
    is_live: bool
    rentable_here: bool
    superseded: int = 0

    def holds(self, gpu_count: int) -> bool:
        """Whether one pod or instance can give `gpu_count` GPUs."""
        return 1 <= gpu_count <= self.max_count

    def usd_per_replica_hour(self, gpu_count: int) -> Decimal | None:
        """[USD / hour] of a replica on `gpu_count` GPUs of one machine.

        An instance is paid as a whole, also where a replica needs fewer GPUs. None
        where no single pod or instance has so many.
        """
        if not self.holds(gpu_count):
            return None
        if self.usd_per_instance_hour is not None:
            units = -(-gpu_count // self.gpu_count)
            return self.usd_per_instance_hour * units
        return self.usd_per_gpu_hour * gpu_count

    @property
    def is_spot(self) -> bool:
        return self.kind == OfferKind.INTERRUPTIBLE


def best_offers(
    now: datetime,
    *,
    gpu_type_ids: Collection[str] | None = None,
    counts: Collection[int] | None = None,
    kinds: Collection[str] | None = None,
) -> list[Offer]:
    """The price of each product now, cheapest per GPU-hour first. One query.

    gpu_type_ids  canonical GPUs, None for all; "" stands for the unknown ones
    counts        GPUs of a replica: offers that hold at least one of them
    kinds         words of `OfferKind`, None for all

    A live price supersedes the shipped one of the same provider, GPU, unit, kind and
    cloud; of several live ones the newest counts. What a source lists no more is left
    out, except what the console orders from: there "none" is the news.
    """
    rows = offers_of_this_money()
    if gpu_type_ids is not None:
        rows = rows.filter(gpu_type_id__in=gpu_type_ids)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    found = [offer_of(row, others, now=now) for row, others in current(rows)]
    if counts is not None:
        found = [each for each in found if any(each.holds(count) for count in counts)]
    return sorted(found, key=lambda each: (each.usd_per_gpu_hour, each.provider, each.pk))


def offers_of_this_money() -> QuerySet[MarketOffer]:
    """All offers but the catalog of another money: play prices never stand beside real."""
    other_catalogs = Q(source=OfferSource.CATALOG) & ~Q(provider__in=provider_names())
    gone = Q(stock=Stock.NONE) & ~Q(source=OfferSource.CATALOG)
    return MarketOffer.objects.exclude(other_catalogs).exclude(gone)


def current(rows: Iterable[MarketOffer]) -> list[tuple[MarketOffer, int]]:
    """The row to reckon with of each product, and how many it supersedes."""
    groups: dict[tuple[object, ...], list[MarketOffer]] = {}
    for row in rows:
        groups.setdefault(_product(row), []).append(row)
    kept: list[tuple[MarketOffer, int]] = []
    for same in groups.values():
        by_product = _newest_of_each_source(same)
        live = [row for row in by_product if row.source != OfferSource.FIXTURE]
        if not live:
            kept += [(row, 0) for row in by_product]
            continue
        newest = max(live, key=lambda row: row.seen_at)
        # One source may have several products of one kind (two instance types): they
        # stand side by side; another source's word on them is superseded.
        winners = [row for row in live if row.source == newest.source]
        others = len(by_product) - len(winners)
        kept += [(row, others if row is newest else 0) for row in winners]
    return kept


def _product(row: MarketOffer) -> tuple[object, ...]:
    name = row.gpu_type_id or f"?{row.display_name}/{row.memory_gb}"
    return (row.provider, name, row.gpu_count, row.kind, row.cloud)


def _newest_of_each_source(rows: list[MarketOffer]) -> list[MarketOffer]:
    newest: dict[tuple[str, str, str], MarketOffer] = {}
    for row in rows:
        key = (row.source, row.product, row.region)
        if key not in newest or newest[key].seen_at < row.seen_at:
            newest[key] = row
    return list(newest.values())


def offer_of(row: MarketOffer, superseded: int, *, now: datetime) -> Offer:
    """A row as a plain value, with what depends on `now`."""
    return Offer(
        pk=row.pk,
        provider=row.provider,
        product=row.product or row.gpu_type_id,
        gpu_type_id=row.gpu_type_id,
        gpu_name=row.display_name,
        memory_gb=row.memory_gb,
        gpu_count=row.gpu_count,
        max_count=row.max_count,
        kind=row.kind,
        cloud=row.cloud,
        region=row.region,
        usd_per_gpu_hour=row.usd_per_gpu_hour,
        usd_per_instance_hour=row.usd_per_instance_hour,
        usd_per_gpu_second=row.usd_per_gpu_second,
        billing_unit=row.billing_unit,
        stock=row.stock,
        data_centers=tuple(row.data_centers),
        source=row.source,
        source_url=row.source_url,
        note=row.note,
        observed_at=row.seen_at,
        is_stale=row.is_stale(now),
        is_live=row.source in (OfferSource.CATALOG, OfferSource.GPUHUNT),
        rentable_here=row.source == OfferSource.CATALOG and row.kind == OfferKind.ON_DEMAND,
        superseded=superseded,
    )
