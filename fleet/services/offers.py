"""Prices into rows: the offer as it is now, and its step line. One way for every source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from fleet.market.reading import OfferReading, rounded
from fleet.models import GpuOfferPrice, MarketOffer, Stock
from fleet.models.offer import stale_after

COLUMNS = (
    *("display_name", "memory_gb", "max_count", "usd_per_gpu_hour"),
    *("usd_per_instance_hour", "billing_unit", "stock", "data_centers"),
    *("source_url", "note", "seen_at"),
)
PER_STATEMENT = 500


@dataclass(slots=True)
class Stored:
    """What a reading of a source did: offers new to us, and prices that moved."""

    offers: int = 0
    created: int = 0
    changed: int = 0

    def __str__(self) -> str:
        offers = "1 offer" if self.offers == 1 else f"{self.offers} offers"
        prices = "1 price" if self.changed == 1 else f"{self.changed} prices"
        return f"{offers}, {self.created} new, {prices} changed"


@dataclass(slots=True)
class _Steps:
    """History rows to write: new ones, and known ones that were seen again."""

    new: list[GpuOfferPrice] = field(default_factory=list)
    again: dict[int, GpuOfferPrice] = field(default_factory=dict)


@transaction.atomic
def store(readings: Iterable[OfferReading], *, source: str) -> Stored:
    """Store what `source` told, in the order of its days. A fixed number of queries.

    A price that is the same as at the last look goes on; another price, or the same one
    after a silence of more than two intervals, begins a new step.
    """
    told = sorted(readings, key=lambda each: each.observed_at)
    rows = known_rows({each.provider for each in told}, source=source)
    last = last_steps(rows.values())
    steps, stored = _Steps(), Stored()
    touched: dict[tuple[str, ...], MarketOffer] = {}
    for reading in told:
        row = rows.get(reading.key)
        if row is None:
            row = rows[reading.key] = _new_row(reading, source=source)
            stored.created += 1
        elif row.seen_at > reading.observed_at:
            continue  # an older file does not undo what is known since
        _fill(row, reading)
        touched[reading.key] = row
        stored.changed += _observe(reading, row, last, steps, source=source)
    stored.offers = len(touched)
    _write(list(touched.values()), steps)
    return stored


def known_rows(providers: set[str], *, source: str) -> dict[tuple[str, ...], MarketOffer]:
    """The rows of a source by the key of their readings."""
    return {
        row_key(row): row
        for row in MarketOffer.objects.filter(source=source, provider__in=providers)
    }


def row_key(row: MarketOffer) -> tuple[str, ...]:
    """The same as `OfferReading.key`."""
    return (
        *(row.provider, row.kind, row.gpu_type_id, row.product),
        *(str(row.gpu_count), row.cloud, row.region),
    )


def last_steps(rows: Iterable[MarketOffer]) -> dict[tuple[str, ...], GpuOfferPrice]:
    """The newest history row of each offer."""
    by_pk = {row.pk: row for row in rows if row.pk}
    newest = (
        GpuOfferPrice.objects.filter(offer__in=by_pk)
        .order_by("offer_id", "-valid_from")
        .distinct("offer_id")
    )
    return {row_key(by_pk[step.offer_id]): step for step in newest}


def mark_unlisted(*, providers: Sequence[str], source: str, seen_before: datetime) -> int:
    """Offers that a source lists no more have no stock; they keep their row and price."""
    gone = MarketOffer.objects.filter(
        provider__in=providers, source=source, seen_at__lt=seen_before
    ).exclude(stock=Stock.NONE)
    return gone.update(stock=Stock.NONE)


def _new_row(reading: OfferReading, *, source: str) -> MarketOffer:
    return MarketOffer(
        provider=reading.provider,
        source=source,
        kind=reading.kind,
        gpu_type_id=reading.gpu_type_id,
        product=reading.product,
        gpu_count=reading.gpu_count,
        cloud=reading.cloud,
        region=reading.region,
        seen_at=reading.observed_at,
    )


def _fill(row: MarketOffer, reading: OfferReading) -> None:
    row.display_name = reading.gpu_name
    row.memory_gb = reading.memory_gb
    row.max_count = reading.max_count
    row.usd_per_gpu_hour = rounded(reading.usd_per_gpu_hour)
    row.usd_per_instance_hour = _instance_price(reading)
    row.billing_unit = reading.billing_unit
    row.stock = reading.stock
    row.data_centers = [
        {"id": each.data_center_id, "name": each.name, "stock": each.stock}
        for each in reading.data_centers
    ]
    row.source_url = reading.source_url
    row.note = reading.note
    row.seen_at = reading.observed_at


def _instance_price(reading: OfferReading) -> Decimal | None:
    """[USD / instance-hour]; None where the unit is a single GPU."""
    if reading.gpu_count == 1:
        return None
    quoted = reading.usd_per_instance_hour
    return rounded(quoted or reading.usd_per_gpu_hour * reading.gpu_count)


def _observe(
    reading: OfferReading,
    row: MarketOffer,
    last: dict[tuple[str, ...], GpuOfferPrice],
    steps: _Steps,
    *,
    source: str,
) -> bool:
    """Extend the last step or begin a new one; True if the price moved."""
    step, at = last.get(reading.key), reading.observed_at
    moved = step is not None and step.usd_per_gpu_hour != row.usd_per_gpu_hour
    if step is not None and step.valid_from == at:
        # Two readings of one instant: the later word counts.
        step.usd_per_gpu_hour = row.usd_per_gpu_hour
        _seen_again(step, steps)
        return moved
    if step is not None and not moved and at - step.last_observed_at <= stale_after(source):
        step.last_observed_at = max(at, step.last_observed_at)
        _seen_again(step, steps)
        return False
    new = GpuOfferPrice(
        offer=row,
        usd_per_gpu_hour=row.usd_per_gpu_hour,
        valid_from=at,
        last_observed_at=at,
    )
    steps.new.append(new)
    last[reading.key] = new
    return moved


def _seen_again(step: GpuOfferPrice, steps: _Steps) -> None:
    if step.pk:
        steps.again[step.pk] = step


def _write(rows: list[MarketOffer], steps: _Steps) -> None:
    MarketOffer.objects.bulk_create(
        [row for row in rows if not row.pk], batch_size=PER_STATEMENT
    )
    MarketOffer.objects.bulk_update(
        [row for row in rows if row.pk], COLUMNS, batch_size=PER_STATEMENT
    )
    GpuOfferPrice.objects.bulk_create(steps.new, batch_size=PER_STATEMENT)
    GpuOfferPrice.objects.bulk_update(
        list(steps.again.values()),
        ["usd_per_gpu_hour", "last_observed_at"],
        batch_size=PER_STATEMENT,
    )
