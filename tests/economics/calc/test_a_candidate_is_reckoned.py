"""What a machine would earn, by hand: the founding plan's tiers among the cases."""

from decimal import Decimal

import pytest

from economics.calc.decide import (
    Figure,
    Input,
    changes_of,
    day_money,
    nearest_change,
    refusal_of,
    turned,
)
from economics.calc.unknown import Unknown
from tests.economics.candidates import FOUNDING, SAFER, candidate, figure
from tests.economics.formula_page import NOT_GIVEN, worked_rows

PLAN_SPEED = "200000000"  # "100M tokens a day at 50 % utilization"


@pytest.mark.parametrize("row", worked_rows("decision"))
def test_the_worked_examples_of_the_decision_page_hold(row):
    one = candidate(
        rent=row["rent"],
        price=row["price"],
        demand=f"{row['demand']}e6",
        speed=f"{row['speed']}e6",
    )

    changes = {each.name: each.needed for each in changes_of(one, SAFER)}

    money = day_money(one, SAFER)
    assert f"{money.mid:.2f}" == row["profit"]
    assert f"{changes[Input.PRICE]:.4g}" == row["price*"]
    assert f"{changes[Input.RENT]:.4g}" == row["rent*"]
    demand = changes.get(Input.DEMAND)
    assert (NOT_GIVEN if demand is None else f"{demand / 10**6:.4g}") == row["demand*"]


def test_tier_one_at_market_prices_cannot_break_even_by_the_plans_own_speed():
    # 200 M tokens a day, full, at $0.0357/1M earn $7.14; the card costs $17.76, and $8.16
    # in the cloud that the plan counted with.
    secure = candidate(rent="0.74", price="0.0357", speed=PLAN_SPEED)
    community = candidate(rent="0.34", price="0.0357", speed=PLAN_SPEED)

    for policy in (FOUNDING, SAFER):
        assert refusal_of(secure, policy).sentence == (
            "It cannot break even: filled all day it would lose $10.62 a day at today's "
            "price and rent."
        )
        assert "lose $1.02 a day" in refusal_of(community, policy).sentence


def test_tier_one_at_the_plans_own_price_and_tokens_does_not_earn_its_profit():
    # 0.15 USD/1M × 100 M − 8.16 = 6.84: the plan says 40 to 70.
    plan = candidate(rent="0.34", price="0.15", demand="100000000", speed=PLAN_SPEED)

    assert day_money(plan, FOUNDING).mid == Decimal("6.84")


def test_what_does_not_start_is_refused_before_its_money_is_looked_at():
    one = candidate(cannot_run=("It needs 893 GiB and has 640.",), price="1000")

    refusal = refusal_of(one, FOUNDING)

    assert (refusal.kind, refusal.sentence) == (
        "run",
        "It cannot run: It needs 893 GiB and has 640.",
    )


def test_the_low_end_takes_every_input_at_its_bad_end():
    # low: 50 M × 0.05 − 24 × 0.50 = 2.5 − 12; high: 140 M × 0.20 − 24 × 0.25 = 28 − 6
    one = candidate(
        rent=figure("0.25", "0.34", "0.50"),
        price=figure("0.05", "0.10", "0.20"),
        demand=figure("50000000", "100000000", "150000000"),
        speed=figure("100000000", "150000000", "200000000"),
    )

    money = day_money(one, SAFER)

    assert (money.low, money.mid, money.high) == (
        Decimal("-9.5"),
        Decimal("1.84"),
        Decimal("22"),
    )


def test_an_unknown_input_leaves_the_money_unknown_and_the_candidate_refused():
    one = candidate(demand=Figure.unknown("the market was not read"))

    assert day_money(one, SAFER) == Unknown("the market was not read")
    assert refusal_of(one, SAFER).sentence == (
        "What it would earn is unknown: the market was not read."
    )


def test_a_reason_changes_with_its_input():
    before = candidate(rent="0.74", price="0.0357", speed=PLAN_SPEED)
    after = turned(before, Input.RENT, Decimal("0.5"))

    assert "lose $10.62 a day" in refusal_of(before, SAFER).sentence
    assert "lose $1.74 a day" in refusal_of(after, SAFER).sentence


def test_the_input_that_must_move_least_decides():
    # price and rent both have to move 8.16 / 5 times; demand 163.2 of 100 M.
    one = candidate(rent="0.34", price="0.05", demand="100000000", speed="1000000000")

    change = nearest_change(one, SAFER)

    assert change.factor == Decimal("1.632")
    assert change.sentence == "net price rises from $0.0500/1M to $0.0816/1M (63 %)"


def test_a_policy_condition_refuses_what_would_earn():
    one = candidate(rent="0.34", price="0.10", demand="200000000", balance="100")

    refusal = refusal_of(one, SAFER)

    # 100 / 8.16 − 45 days
    assert refusal.kind == "policy"
    assert refusal.sentence == (
        "Runway after 45 days without a payment: −32.7 days; needs at least 14 days."
    )


def test_without_a_balance_nothing_is_promised():
    one = candidate(rent="0.34", price="0.10", demand="200000000", balance=None)

    assert "unknown: the balance was not read" in refusal_of(one, SAFER).sentence
