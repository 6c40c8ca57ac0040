"""Prices of the whole market into rows: read by schedule, from a file, or as shipped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import IntegrityError, transaction

from fleet.csv_files import Fault, FileRefused, counted, refuse_too_large
from fleet.market.csv_file import ParsedOffers, parse_offers
from fleet.market.reading import OfferReading
from fleet.models import MarketOffer, OfferImport, OfferSource
from fleet.providers.gpuhunt_catalog import MarketReading
from fleet.services import audit
from fleet.services.offers import Stored, known_rows, mark_unlisted, store

PUBLIC_PRICES = Path(__file__).resolve().parent.parent / "data" / "public_prices.csv"
LONGEST_NAME = 120
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What a file would bring: its rows, oldest first, and which GPUs are unknown."""

    name: str
    sha256: str
    rows: tuple[OfferReading, ...]
    new_count: int

    @property
    def unknown_gpus(self) -> list[str]:
        return sorted({row.gpu_name for row in self.rows if not row.gpu_type_id})


def refresh(*, read: Callable[[], MarketReading]) -> str:
    """Store what the other providers say now; a summary. Raises ProviderError.

    Offers that a provider which answered lists no more have no stock from now on; of a
    provider that did not answer nothing is changed.
    """
    reading = read()
    begin = min((offer.observed_at for offer in reading.offers), default=None)
    with transaction.atomic():
        stored = store(reading.offers, source=OfferSource.GPUHUNT)
        if begin is not None:
            mark_unlisted(
                providers=reading.answered,
                source=OfferSource.GPUHUNT,
                seen_before=begin,
            )
    words = f"{stored} of {len(reading.answered)} providers"
    if reading.failures:
        words += f"; no answer: {', '.join(sorted(reading.failures))}"
    return words


def preview_import(content: bytes, *, name: str, now: datetime) -> ImportPreview:
    """What the file would do. Raises FileRefused; changes nothing.

    content  the file, at most MOST_BYTES
    """
    refuse_too_large(len(content))
    sha256 = hashlib.sha256(content).hexdigest()
    before = OfferImport.objects.filter(sha256=sha256).first()
    if before is not None:
        raise FileRefused(
            f"This file was imported on {before.imported_at:%Y-%m-%d %H:%M} UTC as "
            f"{before.name!r}, {before.row_count} rows; nothing was changed."
        )
    parsed = parse_offers(content, now=now)
    rows, faults = parsed.rows, parsed.faults
    known = known_rows({row.provider for row in rows}, source=OfferSource.CSV)
    if not faults:
        faults = _older_than_known(parsed, known)
    if faults:
        raise counted(faults)
    new = {row.key for row in rows if row.key not in known}
    return ImportPreview(name[:LONGEST_NAME], sha256, rows, len(new))


def import_offers(content: bytes, *, name: str, acting_user: str, now: datetime) -> Stored:
    """Take a file in, all of it or nothing. Raises FileRefused."""
    preview = preview_import(content, name=name, now=now)
    try:
        with transaction.atomic():
            _note_import(preview, source=OfferSource.CSV, acting_user=acting_user, now=now)
            stored = store(preview.rows, source=OfferSource.CSV)
            audit.record(
                "offers.imported",
                f"file:{preview.sha256[:12]}",
                acting_user=acting_user,
                now=now,
                rows=len(preview.rows),
                new=stored.created,
                changed=stored.changed,
            )
    except IntegrityError as error:  # the same file at the same time
        raise FileRefused("This file is being imported already.") from error
    return stored


def load_public_prices(*, now: datetime, path: Path = PUBLIC_PRICES) -> bool:
    """Take in the public prices that ship with us; False when that was done before.

    A newer list replaces the older one. They are marked as what they are: prices of a
    day that is past, not live.
    """
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    if OfferImport.objects.filter(sha256=sha256).exists():
        return False
    # A clock that is behind must not make the shipped days a fault.
    parsed = parse_offers(content, now=END_OF_TIME)
    if parsed.faults:
        raise ValueError(f"{path.name}: {parsed.faults[0]}")
    preview = ImportPreview(path.name, sha256, parsed.rows, len(parsed.rows))
    try:
        with transaction.atomic():
            _note_import(
                preview, source=OfferSource.FIXTURE, acting_user="rule:shipped", now=now
            )
            MarketOffer.objects.filter(source=OfferSource.FIXTURE).delete()
            store(preview.rows, source=OfferSource.FIXTURE)
    except IntegrityError:  # another worker does the same now
        return False
    return True


def _note_import(
    preview: ImportPreview, *, source: str, acting_user: str, now: datetime
) -> None:
    OfferImport.objects.create(
        sha256=preview.sha256,
        name=preview.name,
        source=source,
        row_count=len(preview.rows),
        acting_user=acting_user,
        imported_at=now,
    )


def _older_than_known(
    parsed: ParsedOffers, known: dict[tuple[str, ...], MarketOffer]
) -> tuple[Fault, ...]:
    """Rows of a day before the one that we know: the step line goes forward only."""
    faults = []
    for row, line in zip(parsed.rows, parsed.lines, strict=True):
        offer = known.get(row.key)
        if offer is not None and row.observed_at <= offer.seen_at:
            faults.append(
                Fault(
                    line,
                    "observed_on",
                    f"{row.observed_at:%Y-%m-%d}",
                    f"{row.provider} {row.product or row.gpu_name} is known as of "
                    f"{offer.seen_at:%Y-%m-%d} already; leave the row out.",
                )
            )
    return tuple(faults)
