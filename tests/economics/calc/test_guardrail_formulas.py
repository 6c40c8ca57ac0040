from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from economics.calc.guardrails import (
    Level,
    Limit,
    Observation,
    Rule,
    Thresholds,
    cold_start_spend,
    days_of_rent,
    evaluate,
    horizon_hours,
    loss,
    spend_with_horizon,
    surest_spend,
)
from tests.economics.formula_page import NOT_GIVEN, worked_rows

MIDNIGHT = datetime(2026, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize("row", worked_rows("guardrail-levels"))
def test_the_worked_examples_of_the_levels_page_hold(row):
    rule = {"up": Rule.DAILY_LOSS, "down": Rule.RUNWAY}[row["worse"]]
    limit = Limit(rule, None, Thresholds(drain=Decimal(row["limit"])), pk=7)
    seen = Observation(rule, None, "all fleets", Decimal(row["observed"]))
    opened = [((rule, None, "", Level.DRAIN), 7)] if row["was_open"] == "yes" else []

    judged = evaluate([seen], [limit], opened)

    assert len(judged) == (1 if row["holds"] == "yes" else 0)


@pytest.mark.parametrize("row", worked_rows("guardrail-day-spend"))
def test_the_worked_examples_of_the_day_spend_page_hold(row):
    billed = None if row["billed_usd"] == NOT_GIVEN else Decimal(row["billed_usd"])
    now = MIDNIGHT - timedelta(minutes=int(row["minutes_left"]))

    value = spend_with_horizon(
        spent_usd=surest_spend(billed_usd=billed, accrued_usd=Decimal(row["accrued_usd"])),
        committed_usd_per_hour=Decimal(row["committed_usd_per_hour"]),
        hours=horizon_hours(now, within_day=True),
    )

    assert f"{value:.2f}" == row["day_spend_usd"]


@pytest.mark.parametrize("row", worked_rows("guardrail-loss"))
def test_the_worked_examples_of_the_loss_page_hold(row):
    net = Decimal(row["revenue_usd"]) * (1 - Decimal(row["take_rate"]))
    value = loss(spent_usd=Decimal(row["spent_usd"]), net_revenue_usd=net)
    days = days_of_rent(exposure_usd=value, usd_per_hour=Decimal(row["usd_per_hour"]))

    assert f"{value:.2f}" == row["loss_usd"]
    assert (NOT_GIVEN if days is None else f"{days:.2f}") == row["days_of_rent"]


@pytest.mark.parametrize("row", worked_rows("guardrail-cold-start"))
def test_the_worked_examples_of_the_cold_start_page_hold(row):
    price = Decimal(row["usd_per_pod_hour"])
    rent = price * int(row["seconds"]) / 3600
    value = cold_start_spend(
        rent_usd=rent,
        loading_usd_per_hour=price if row["loading"] == "yes" else Decimal(0),
        hours=horizon_hours(MIDNIGHT, within_day=False),
    )

    assert (f"{rent:.2f}", f"{value:.2f}") == (row["pod_usd"], row["deployment_usd"])
