from decimal import Decimal

import pytest

from economics.calc.money import round_stored
from economics.calc.serving_day import ServingDay, start_seconds
from tests.economics.formula_page import worked_rows


@pytest.mark.parametrize("row", worked_rows("serving-day"))
def test_the_worked_examples_of_the_serving_day_page_hold(row):
    start = start_seconds(
        weight_gb=Decimal(row["weight_gb"]),
        load_gb_per_second=Decimal(row["gb_per_second"]),
        boot_seconds=Decimal(row["boot"]),
    )
    day = ServingDay(
        hours=Decimal(row["hours"]),
        starts=int(row["starts"]),
        start_seconds=start,
        busy_only=row["busy_only"] == "yes",
    )

    cost = day.cost_usd(Decimal(row["usd_per_hour"]), Decimal(row["utilization"]))

    assert round_stored(start) == Decimal(row["start"])
    assert round_stored(day.serving_seconds) == Decimal(row["serving"])
    assert round_stored(cost) == Decimal(row["cost_usd"])


def test_a_pod_pays_its_idle_time_and_serverless_does_not():
    pod, serverless = ServingDay(), ServingDay(busy_only=True)

    assert pod.cost_usd(Decimal(1), Decimal(0)) == 24
    assert serverless.cost_usd(Decimal(1), Decimal(0)) == 0


@pytest.mark.parametrize("hours", ["-1", "24.5"])
def test_a_day_has_24_hours(hours):
    with pytest.raises(ValueError, match="0 to 24"):
        ServingDay(hours=Decimal(hours))


def test_weights_that_come_at_no_speed_never_arrive():
    with pytest.raises(ValueError, match="above 0 GB/s"):
        start_seconds(
            weight_gb=Decimal(1), load_gb_per_second=Decimal(0), boot_seconds=Decimal(0)
        )
