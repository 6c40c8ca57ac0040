import random
from decimal import Decimal

import pytest

from economics.calc.spot import (
    break_even_interruptions_per_hour,
    reload_usd_per_useful_hour,
    usd_per_useful_hour,
)
from economics.calc.unknown import Unknown
from tests.economics.formula_page import worked_rows

ROWS = worked_rows("spot-reload")


def useful_hour(row: dict[str, str]) -> Decimal | Unknown:
    return usd_per_useful_hour(
        usd_per_spot_hour=Decimal(row["spot"]),
        interruptions_per_hour=Decimal(row["rate"]),
        load_hours=Decimal(row["load_hours"]),
        lost_hours=Decimal(row["lost_hours"]),
    )


def shown(figure: Decimal | Unknown) -> str:
    return "unknown" if isinstance(figure, Unknown) else f"{figure:.4f}"


@pytest.mark.parametrize("row", ROWS)
def test_the_worked_examples_of_the_spot_page_hold(row):
    answer = useful_hour(row)

    assert shown(answer) == row["useful_hour"]
    cheaper = isinstance(answer, Decimal) and answer < Decimal(row["on_demand"])
    assert row["cheaper"] == ("spot" if cheaper else "on-demand")


@pytest.mark.parametrize("row", ROWS)
def test_the_break_even_rates_of_the_page_hold(row):
    rate = break_even_interruptions_per_hour(
        usd_per_spot_hour=Decimal(row["spot"]),
        usd_per_on_demand_hour=Decimal(row["on_demand"]),
        load_hours=Decimal(row["load_hours"]),
    )

    assert shown(rate) == row["break_even_rate"]


def test_at_the_break_even_rate_both_cost_the_same():
    prices = {"usd_per_spot_hour": Decimal("0.30"), "load_hours": Decimal("0.5")}
    rate = break_even_interruptions_per_hour(
        usd_per_on_demand_hour=Decimal("0.74"), **prices
    )
    assert isinstance(rate, Decimal)

    answer = usd_per_useful_hour(interruptions_per_hour=rate, **prices)

    assert isinstance(answer, Decimal)
    assert abs(answer - Decimal("0.74")) < Decimal("1e-20")


def test_many_drawn_lives_agree_with_the_formula():
    drawn = random.Random(7)
    rate, load, lives = 0.5, 0.6833, 200_000
    billed = served = 0.0
    for _ in range(lives):
        life = drawn.expovariate(rate)
        billed += life
        served += max(life - load, 0.0)

    answer = usd_per_useful_hour(
        usd_per_spot_hour=Decimal("16.52"),
        interruptions_per_hour=Decimal("0.5"),
        load_hours=Decimal("0.6833"),
    )

    assert float(answer) == pytest.approx(16.52 * billed / served, rel=0.01)


def test_what_reloading_costs_is_told_apart():
    cost = reload_usd_per_useful_hour(
        usd_per_spot_hour=Decimal("0.30"),
        interruptions_per_hour=Decimal(1),
        load_hours=Decimal("0.1667"),
    )

    assert f"{cost:.4f}" == "0.0544"


@pytest.mark.parametrize(("spot", "on_demand"), [("0", "1"), ("1", "0"), ("-1", "1")])
def test_a_price_that_is_none_is_refused(spot, on_demand):
    with pytest.raises(ValueError, match="above 0"):
        break_even_interruptions_per_hour(
            usd_per_spot_hour=Decimal(spot),
            usd_per_on_demand_hour=Decimal(on_demand),
            load_hours=Decimal(1),
        )
