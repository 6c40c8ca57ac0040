"""The migration that fills what a discount took off lines that were booked before.

25 % of what a token costs at list prices: 6,000 at $1.00 a million, of which $0.0045 are
paid and $0.0015 were taken off; 500 at $4.00, of which $0.0015 are paid.
"""

import importlib
from decimal import Decimal

import pytest
from django.db import connection

from economics.calc.hours import HOUR
from economics.models import Funding, RevenueLine, UsageHour
from economics.services.revenue import post_revenue
from tests.clock import NOON
from tests.factories import make_deployment, make_pod, make_price

FILL = importlib.import_module("economics.migrations.0028_fill_discounts").FILL
TRIGGER = "TRIGGER kerne_append_only_rows"
AS_BEFORE = f"""
ALTER TABLE economics_revenueline DISABLE {TRIGGER};
UPDATE economics_revenueline SET discount_usd = 0;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE economics_revenueline ENABLE {TRIGGER};
"""


@pytest.fixture
def booked(db: None, request: pytest.FixtureRequest) -> None:
    """An hour without the discount and one with it, booked."""
    deployment = make_deployment(created_at=NOON - 3 * HOUR)
    pod = make_pod(deployment=deployment, billed_from=NOON - HOUR)
    make_price(
        served_model=deployment.variant.served_model,
        uncached_prompt_usd_per_token=Decimal("0.000001"),
        completion_usd_per_token=Decimal("0.000004"),
        valid_from=NOON - 3 * HOUR,
        discount_fraction=Decimal("0.25"),
        discount_from=NOON,
        discount_funding=request.param,
    )
    for start in (NOON - HOUR, NOON):
        UsageHour.objects.create(
            pod=pod,
            hour_start=start,
            sealed_at=start + 2 * HOUR,
            uncached_prompt_tokens=6_000,
            completion_tokens=500,
        )
    post_revenue(NOON + 3 * HOUR)
    with connection.cursor() as cursor:  # a table with checks to come is not altered
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def discounts() -> list[Decimal]:
    return list(RevenueLine.objects.order_by("pk").values_list("discount_usd", flat=True))


@pytest.mark.parametrize("booked", [Funding.OURS], indirect=True)
def test_the_migration_fills_what_booking_writes(booked: None):
    written = discounts()
    with connection.cursor() as cursor:
        cursor.execute(AS_BEFORE)
        assert discounts() == [0] * 4
        cursor.execute(FILL)

    assert discounts() == written == [0, 0, Decimal("0.0015"), Decimal("0.0005")]


@pytest.mark.parametrize("booked", [Funding.MARKET], indirect=True)
def test_what_the_marketplace_funds_is_not_filled(booked: None):
    with connection.cursor() as cursor:
        cursor.execute(FILL)

    assert discounts() == [0] * 4
