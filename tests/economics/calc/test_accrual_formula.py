from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.accrual import (
    compute_cost,
    disk_cost,
    disk_usd_per_hour,
    split_seconds_by_hour,
)
from economics.calc.money import round_stored, stored_difference
from tests.economics.formula_page import worked_rows

BEGAN = datetime(2026, 3, 1, 12, 17, 5, 640_000, tzinfo=UTC)
PRICES = st.decimals(min_value=0, max_value=200, places=4)


@pytest.mark.parametrize("row", worked_rows("accrual"))
def test_the_worked_examples_of_the_accrual_page_hold(row):
    seconds = int(row["seconds"])
    rent = compute_cost(seconds=seconds, usd_per_hour=Decimal(row["usd_per_hour"]))
    disk = disk_cost(
        seconds=seconds,
        disk_gb=int(row["disk_gb"]),
        usd_per_gb_month=Decimal(row["usd_per_gb_month"]),
    )
    assert str(round_stored(rent)) == row["rent_usd"]
    assert str(round_stored(disk)) == row["disk_usd"]


def test_an_hour_of_disk_costs_the_hourly_rate_of_the_disk():
    rate = disk_usd_per_hour(disk_gb=73, usd_per_gb_month=Decimal("0.10"))
    assert rate == disk_cost(seconds=3600, disk_gb=73, usd_per_gb_month=Decimal("0.10"))


def test_a_full_hour_in_the_middle_has_3600_seconds_although_the_pod_began_in_between():
    parts = split_seconds_by_hour(BEGAN, BEGAN, BEGAN + timedelta(hours=3))
    assert [part.seconds for part in parts] == [2574, 3600, 3600, 1026]
    assert sum(part.seconds for part in parts) == 3 * 3600


@given(st.lists(st.integers(0, 10**11), min_size=1, max_size=8), PRICES)
def test_cutting_time_anywhere_changes_neither_the_seconds_nor_the_stored_sum(cuts, price):
    stops = [BEGAN + timedelta(microseconds=cut) for cut in sorted(cuts)]
    parts = []
    for start, end in zip([BEGAN, *stops], stops, strict=False):
        parts += split_seconds_by_hour(BEGAN, start, end)
    whole = (stops[-1] - BEGAN) // timedelta(seconds=1)
    stored = [
        stored_difference(
            sum_until=compute_cost(seconds=part.until_second, usd_per_hour=price),
            sum_from=compute_cost(seconds=part.from_second, usd_per_hour=price),
        )
        for part in parts
    ]
    assert sum(part.seconds for part in parts) == whole
    assert sum(stored) == round_stored(compute_cost(seconds=whole, usd_per_hour=price))


@given(st.integers(0, 10**7), st.integers(0, 10**7), PRICES)
def test_rent_is_proportional_to_seconds(first, second, price):
    apart = compute_cost(seconds=first, usd_per_hour=price) + compute_cost(
        seconds=second, usd_per_hour=price
    )
    together = compute_cost(seconds=first + second, usd_per_hour=price)
    assert abs(apart - together) < Decimal("1E-15")


def test_time_before_billing_began_is_refused():
    with pytest.raises(ValueError, match="billing began"):
        split_seconds_by_hour(BEGAN, BEGAN - timedelta(seconds=1), BEGAN)


@pytest.mark.parametrize(("seconds", "price"), [(-1, "0.69"), (1, "-0.69")])
def test_negative_time_and_negative_prices_are_refused(seconds, price):
    with pytest.raises(ValueError, match="0 or more"):
        compute_cost(seconds=seconds, usd_per_hour=Decimal(price))
