from decimal import Decimal

import pytest

from economics.calc.serverless import (
    crossover,
    overhead_hours_per_day,
    serverless_usd_per_day,
)
from tests.economics.formula_page import worked_rows

ROWS = worked_rows("serverless-crossover")


def overhead(row: dict[str, str]) -> Decimal:
    return overhead_hours_per_day(
        wakes_per_day=Decimal(row["wakes_per_day"]),
        cold_start_seconds=Decimal(row["cold_start_seconds"]),
        idle_timeout_seconds=Decimal(row["idle_timeout_seconds"]),
    )


@pytest.mark.parametrize("row", ROWS)
def test_the_worked_examples_of_the_crossover_page_hold(row):
    answer = crossover(
        usd_per_pod_hour=Decimal(row["usd_per_pod_hour"]),
        usd_per_worker_hour=Decimal(row["usd_per_worker_hour"]),
        overhead_hours=overhead(row),
        tokens_per_second=Decimal(row["tokens_per_second"]),
    )

    assert f"{overhead(row):.4f}" == row["overhead_hours"]
    assert f"{answer.busy_hours_per_day:.2f}" == row["busy_hours"]
    assert f"{answer.tokens_per_day / 1_000_000:.2f}" == row["million_tokens"]
    assert answer.serverless_always_cheaper == (Decimal(row["busy_hours"]) > 24)


@pytest.mark.parametrize("row", [row for row in ROWS if row["busy_hours"] != "0.00"])
def test_both_days_cost_the_same_at_the_crossover(row):
    pod, worker = Decimal(row["usd_per_pod_hour"]), Decimal(row["usd_per_worker_hour"])
    answer = crossover(
        usd_per_pod_hour=pod,
        usd_per_worker_hour=worker,
        overhead_hours=overhead(row),
        tokens_per_second=Decimal(1),
    )

    day = serverless_usd_per_day(
        busy_hours_per_day=answer.busy_hours_per_day,
        overhead_hours=overhead(row),
        usd_per_worker_hour=worker,
    )

    assert abs(day - pod * 24) < Decimal("1e-15")


@pytest.mark.parametrize("pod", ["0", "-1"])
def test_a_price_that_is_none_is_refused(pod):
    with pytest.raises(ValueError, match="above 0"):
        crossover(
            usd_per_pod_hour=Decimal(pod),
            usd_per_worker_hour=Decimal(1),
            overhead_hours=Decimal(0),
            tokens_per_second=Decimal(1),
        )


def test_a_negative_quantity_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        overhead_hours_per_day(
            wakes_per_day=Decimal(-1),
            cold_start_seconds=Decimal(1),
            idle_timeout_seconds=Decimal(1),
        )


def test_a_worker_that_is_busy_all_day_at_the_pods_price_is_no_cheaper():
    answer = crossover(
        usd_per_pod_hour=Decimal("0.8"),
        usd_per_worker_hour=Decimal("0.8"),
        overhead_hours=Decimal(0),
        tokens_per_second=Decimal(1),
    )

    assert answer.busy_hours_per_day == 24
    assert not answer.serverless_always_cheaper
