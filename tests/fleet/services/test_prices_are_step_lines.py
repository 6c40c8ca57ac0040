from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fleet.market.reading import OfferReading
from fleet.models import GpuOfferPrice, MarketOffer, OfferSource, Stock
from fleet.services.offers import mark_unlisted, store
from tests.clock import NOON

MINUTES = timedelta(minutes=1)


def reading(price: str, at: datetime, **changes: object) -> OfferReading:
    plain = OfferReading(
        provider="runpod",
        product="NVIDIA H200",
        gpu_name="H200 SXM",
        gpu_type_id="NVIDIA H200",
        memory_gb=141,
        gpu_count=1,
        max_count=8,
        kind="on_demand",
        usd_per_gpu_hour=Decimal(price),
        usd_per_instance_hour=None,
        observed_at=at,
        cloud="SECURE",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def read(*readings: OfferReading, source: str = OfferSource.CATALOG):
    return store(readings, source=source)


def steps() -> list[tuple[str, int, int]]:
    """(price, minutes from noon to the first look, to the last look)."""
    return [
        (
            f"{row.usd_per_gpu_hour:.2f}",
            (row.valid_from - NOON) // MINUTES,
            (row.last_observed_at - NOON) // MINUTES,
        )
        for row in GpuOfferPrice.objects.order_by("valid_from")
    ]


def test_the_same_price_goes_on(db: None):
    for minutes in (0, 10, 20):
        read(reading("3.99", NOON + minutes * MINUTES))

    assert steps() == [("3.99", 0, 20)]


def test_another_price_begins_a_step(db: None):
    read(reading("3.99", NOON))
    stored = read(reading("4.59", NOON + 10 * MINUTES))

    assert steps() == [("3.99", 0, 0), ("4.59", 10, 10)]
    assert (stored.created, stored.changed) == (0, 1)


def test_a_price_that_was_not_looked_at_for_two_intervals_begins_a_step_of_its_own(
    db: None,
):
    read(reading("3.99", NOON))
    read(reading("3.99", NOON + 20 * MINUTES))
    stored = read(reading("3.99", NOON + 41 * MINUTES))

    assert steps() == [("3.99", 0, 20), ("3.99", 41, 41)]
    assert stored.changed == 0


def test_reading_the_same_moment_twice_adds_nothing(db: None):
    read(reading("3.99", NOON))
    read(reading("3.99", NOON))

    assert steps() == [("3.99", 0, 0)]
    assert MarketOffer.objects.count() == 1


def test_an_older_word_does_not_undo_a_newer_one(db: None):
    read(reading("4.59", NOON))
    read(reading("3.99", NOON - 10 * MINUTES))

    assert steps() == [("4.59", 0, 0)]


def test_days_of_one_file_are_taken_in_their_order(db: None):
    read(
        reading("4.59", NOON + 10 * MINUTES),
        reading("3.99", NOON),
    )

    assert steps() == [("3.99", 0, 0), ("4.59", 10, 10)]
    assert MarketOffer.objects.get().usd_per_gpu_hour == Decimal("4.59")


def test_an_instance_is_kept_with_both_prices(db: None):
    read(
        reading("6.88", NOON, gpu_count=8, usd_per_instance_hour=Decimal("55.04")),
        source=OfferSource.CSV,
    )

    row = MarketOffer.objects.get()
    assert (row.usd_per_gpu_hour, row.usd_per_instance_hour, row.usd_per_unit_hour) == (
        Decimal("6.88"),
        Decimal("55.04"),
        Decimal("55.04"),
    )


def test_the_database_refuses_an_instance_price_taken_for_a_gpus(db: None):
    with pytest.raises(IntegrityError, match="prices_agree"), transaction.atomic():
        MarketOffer.objects.create(
            provider="aws",
            product="p5.48xlarge",
            display_name="H100",
            memory_gb=80,
            gpu_count=8,
            max_count=8,
            usd_per_gpu_hour=Decimal("55.04"),
            usd_per_instance_hour=Decimal("55.04"),
            source=OfferSource.CSV,
            seen_at=NOON,
        )


def test_what_is_listed_no_more_has_no_stock_and_keeps_its_price(db: None):
    read(reading("3.99", NOON, stock="HIGH"))

    mark_unlisted(
        providers=["runpod"], source=OfferSource.CATALOG, seen_before=NOON + MINUTES
    )

    row = MarketOffer.objects.get()
    assert (row.stock, row.usd_per_gpu_hour) == (Stock.NONE, Decimal("3.99"))


def test_many_offers_cost_as_many_queries_as_one(db: None):
    def queries(count: int, at: datetime) -> int:
        many = [reading("3.99", at, product=f"type {n}") for n in range(count)]
        with CaptureQueriesContext(connection) as asked:
            read(*many, source=OfferSource.GPUHUNT)
        return len(asked)

    queries(40, NOON)

    assert queries(40, NOON + MINUTES) == queries(1, NOON + 2 * MINUTES)
