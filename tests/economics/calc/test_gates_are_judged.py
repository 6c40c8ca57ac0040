"""Gates by hand: conditions with three answers, runs of days, and the plan's own case."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from economics.calc.gates import (
    FIELDS,
    DemandFacts,
    DeployFacts,
    Evidence,
    ExitFacts,
    PremiumFacts,
    State,
    change_of_week,
    days_in_a_row,
    demand_verified,
    deployable,
    exit_tier,
    policy_of,
    premium_price,
    share_needed,
    texts_of,
    tier_one_profitable,
    trailing_sum,
)
from economics.calc.gates.condition import (
    Unit,
    above,
    all_of,
    any_of,
    at_least,
    at_most,
    below,
)
from economics.calc.unknown import Unknown
from tests.economics.formula_page import NOT_GIVEN, worked_rows

SAFER = policy_of({each.name: each.example for each in FIELDS})
NOBODY = Unknown("nobody looked")
MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
RELATIONS = {
    "at least": at_least,
    "at most": at_most,
    "more than": above,
    "less than": below,
}


def seen(value: str | None) -> Evidence:
    return Evidence(NOBODY if value is None else Decimal(value), "by hand")


def demand(**facts: object) -> DemandFacts:
    defaults = {
        "market_tokens": seen("7270000000"),
        "share_needed": seen("0.04"),
        "trend": seen("0"),
        "age_days": seen("30"),
        "has_successor": False,
        "successor_share": seen(None),
    }
    return DemandFacts(**(defaults | facts))


@pytest.mark.parametrize("row", worked_rows("gates"))
def test_the_worked_examples_of_the_gates_page_hold(row):
    value = None if row["seen"] == NOT_GIVEN else row["seen"]

    judged = RELATIONS[row["relation"]](
        "a", "A", seen(value), Decimal(row["needed"]), Unit.FACTOR
    )

    assert judged.state == row["state"]


def test_what_is_not_met_decides_before_what_is_unknown():
    assert all_of([State.MET, State.UNKNOWN, State.NOT_MET]) is State.NOT_MET
    assert all_of([State.MET, State.UNKNOWN]) is State.UNKNOWN
    assert all_of([]) is State.UNKNOWN


def test_one_reason_is_enough_to_leave_whatever_else_is_unknown():
    assert any_of([State.UNKNOWN, State.MET]) is State.MET
    assert any_of([State.NOT_MET, State.UNKNOWN]) is State.UNKNOWN
    assert any_of([State.NOT_MET, State.NOT_MET]) is State.NOT_MET


def test_a_run_of_days_ends_at_a_gap_and_at_a_loss():
    earned = {
        MONDAY: Decimal(5),
        MONDAY + 2 * DAY: Decimal(1),
        MONDAY + 3 * DAY: Decimal(2),
    }

    assert days_in_a_row(earned, newest=MONDAY + 3 * DAY, above=Decimal(0)) == 2
    assert days_in_a_row(earned, newest=MONDAY + 3 * DAY, above=Decimal(1)) == 1
    assert days_in_a_row(earned, newest=MONDAY + 4 * DAY, above=Decimal(0)) == 0


def test_without_a_closed_day_a_run_is_unknown():
    assert isinstance(days_in_a_row({}, newest=None, above=Decimal(0)), Unknown)


def test_a_trailing_sum_with_a_day_that_was_not_booked_is_unknown():
    values = {MONDAY: Decimal(-3), MONDAY + DAY: Decimal(1)}

    assert trailing_sum(values, newest=MONDAY + DAY, days=2) == -2
    assert trailing_sum(values, newest=MONDAY + DAY, days=3) == Unknown(
        "nothing is booked for 2026-03-01"
    )


def test_the_trend_compares_the_mean_days_of_two_weeks():
    # 4 known days of 60 against 7 of 80: 60 / 80 - 1
    days = {MONDAY + n * DAY: Decimal(80 if n < 7 else 60) for n in range(11)}

    assert change_of_week(days, last=MONDAY + 13 * DAY) == Decimal("-0.25")


def test_a_week_of_three_known_days_has_no_trend():
    days = {MONDAY + n * DAY: Decimal(80) for n in range(10)}

    assert isinstance(change_of_week(days, last=MONDAY + 13 * DAY), Unknown)


def test_the_share_needed_is_tokens_over_tokens_and_may_pass_one():
    needed = share_needed(needed_tokens=Decimal(612), market_tokens=Decimal(306))

    assert needed == 2


def test_six_of_seven_days_do_not_open_tier_two_and_say_so():
    gate = tier_one_profitable(SAFER, seen("6"))

    assert gate.state is State.NOT_MET
    assert gate.missing[0].sentence == "6 days; needs at least 7 days"


def test_demand_is_verified_by_tokens_share_and_trend():
    assert demand_verified(SAFER, demand()).state is State.MET
    assert demand_verified(SAFER, demand(share_needed=seen("0.051"))).state is State.NOT_MET
    assert demand_verified(SAFER, demand(trend=seen("-0.26"))).state is State.NOT_MET
    assert demand_verified(SAFER, demand(market_tokens=seen(None))).state is State.UNKNOWN


def test_a_successor_closes_the_gate_for_an_old_model_only():
    # GLM-5.1 on the day after GLM-5.2: young, but nearly all tokens went.
    young = demand(has_successor=True, successor_share=seen("0.2"))
    old = demand(has_successor=True, successor_share=seen("0.2"), age_days=seen("60"))
    lost = demand(has_successor=True, successor_share=seen("0.81"))

    assert demand_verified(SAFER, young).state is State.MET
    assert demand_verified(SAFER, old).state is State.NOT_MET
    assert demand_verified(SAFER, lost).state is State.NOT_MET


def test_an_old_model_whose_successors_nobody_looked_for_is_unknown():
    gate = demand_verified(
        SAFER,
        demand(has_successor=None, successor_share=seen("0"), age_days=seen("90")),
    )

    assert gate.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("middle", "quantile", "needed", "state"),
    [
        ("2.00", "1.60", "1.50", State.MET),
        ("2.00", "1.49", "1.50", State.NOT_MET),
        ("1.40", "1.40", "1.00", State.NOT_MET),  # pays, but is no premium
        ("2.00", "1.60", None, State.UNKNOWN),
        ("0.471", "0.344", "1.118", State.NOT_MET),  # GLM-5 on eight H200, 2026-08
    ],
)
def test_a_premium_price_pays_us_at_median_and_quantile(middle, quantile, needed, state):
    gate = premium_price(
        SAFER,
        PremiumFacts(seen(middle), seen(quantile), seen(quantile), seen(needed)),
    )

    assert gate.state is state


def test_a_threshold_that_was_worked_out_says_where():
    needed = Evidence(Decimal("0.25"), "8× H200", None, "/plan/?option=h200#chosen")

    gate = premium_price(SAFER, PremiumFacts(seen("0.5"), seen("0.3"), seen("0.3"), needed))

    by_key = {each.key: each.source for each in gate.conditions}
    assert by_key["median-pays"] == needed
    assert by_key["premium"] is None  # the policy's own number


@pytest.mark.parametrize(
    ("contribution", "loss", "successor", "state"),
    [
        ("1", "0", "0.1", State.NOT_MET),
        ("-0.01", "0", "0.1", State.MET),
        ("1", "100", "0.1", State.MET),
        ("1", "99.99", "0.51", State.MET),
        (None, "0", "0.1", State.UNKNOWN),
        (None, "100", "0.1", State.MET),
    ],
)
def test_to_leave_takes_one_reason(contribution, loss, successor, state):
    facts = ExitFacts(seen(contribution), seen(loss), True, seen(successor))

    assert exit_tier(SAFER, facts).state is state


def test_tier_one_of_the_founding_plan_may_not_be_rented_by_the_safer_policy():
    # $17.76 a day on the secure cloud against at most 366 M tokens at $0.0357/1M: 136 %.
    needed = Decimal("17.76") / (366 * Decimal("0.0357"))
    facts = DeployFacts(
        Evidence(needed, "by hand"),
        seen("0.068"),
        seen("500"),
        False,
        seen(None),
        seen("30"),
    )

    gate = deployable(SAFER, facts)

    assert gate.state is State.NOT_MET
    assert [each.key for each in gate.missing] == ["break-even", "share-needed"]
    assert gate.missing[0].sentence == "135.9 %; needs at most 60.0 %"


def test_a_policy_keeps_its_texts():
    assert texts_of(SAFER)["most_market_share"] == "0.05"
    assert policy_of(texts_of(SAFER)) == SAFER


@pytest.mark.parametrize(
    ("field", "text", "begin"),
    [
        ("profit_days", "", "Profitable days is empty; write a number such as 7."),
        ("profit_days", "1.5", "Profitable days is 1.5; write whole days"),
        ("profit_days", "0", "Profitable days is 0; write 1 to 366"),
        ("most_market_share", "1.1", "Market share needed, at most is 1.1; write 0 to 1"),
        ("most_market_share", "NaN", "Market share needed, at most is 'NaN'; write"),
        ("loss_cap_usd", "1e99", "Loss cap is 1e99; write 0 to"),
        ("loss_cap_usd", "٣", "Loss cap is '٣'; write a number such as 100."),
        ("loss_cap_usd", "0.00001", "Loss cap is 0.00001; it can have 4 decimals."),
    ],
)
def test_a_wrong_threshold_gets_a_sentence(field, text, begin):
    wrong = policy_of(texts_of(SAFER) | {field: text})

    assert isinstance(wrong, dict) and list(wrong) == [field]
    assert wrong[field].startswith(begin)


def test_an_empty_threshold_is_not_asked():
    policy = policy_of(texts_of(SAFER) | {"least_demand_trend": ""})

    gate = demand_verified(policy, demand(trend=seen(None)))

    assert gate.state is State.MET
