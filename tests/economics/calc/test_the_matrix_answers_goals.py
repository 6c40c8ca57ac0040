"""Goals answered by hand: what wins, that nothing is an answer, and what would flip it."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from economics.calc.decide import (
    SHIPPED_GOALS,
    Criterion,
    Goal,
    GoalKind,
    Serving,
    Way,
    answer_goal,
    confidence,
    flips,
    what_would_change,
)
from tests.economics.candidates import FOUNDING, SAFER, candidate, seen

EARN, TEST, REACH, DIFFER = SHIPPED_GOALS
# $8.16 a day; 200 M tokens × $0.10/1M = $20: it earns 11.84 a day.
PAYS = {"rent": "0.34", "price": "0.10", "demand": "200000000", "speed": "500000000"}
GLM = {
    "model": "glm-5",
    "parameters_billion": Decimal(744),
    "rivals": seen("12"),
    "market_tokens": seen("26440000000"),
}
GLM_LOSES = GLM | {
    "rent": "36.72",
    "price": "0.471",
    "demand": "1322000000",
    "speed": "1313000000",
}
# 54.32 × 24 = $1,303.68 a day; 1,500 M × 1.50 = $2,250
GLM_PAYS = GLM | {
    "rent": "54.32",
    "price": "1.50",
    "demand": "1500000000",
    "speed": "3628000000",
    "balance": "100000",
}


def test_the_founding_plans_tiers_leave_nothing_to_do_today():
    tier_1 = candidate("llama", rent="0.74", price="0.0357", speed="200000000")
    tier_2 = candidate("glm-5 on 8× H100", cannot_run=("It needs more memory.",), **GLM)

    for goal in SHIPPED_GOALS:
        for policy in (FOUNDING, SAFER):
            answer = answer_goal(goal, [tier_1, tier_2], policy)
            assert answer.is_nothing, goal.title

    today = answer_goal(EARN, [tier_1, tier_2], SAFER)
    assert today.reason == (
        "Do nothing: nothing pays. The nearest is llama: It cannot break even: filled all "
        "day it would lose $10.62 a day at today's price and rent."
    )
    assert [refusal.kind for _, refusal in today.refused] == ["pays", "run"]
    test = answer_goal(TEST, [tier_1, tier_2], SAFER)
    assert test.reason == (
        "Do nothing: nothing that is asked for can run. The nearest is glm-5 on 8× H100: "
        "It cannot run: It needs more memory."
    )


def test_what_pays_is_rented_and_its_range_is_said():
    answer = answer_goal(EARN, [candidate("llama", **PAYS)], SAFER)

    assert [each.candidate.key for each in answer.steps] == ["llama"]
    assert answer.money.mid == Decimal("11.84")
    assert answer.reason.startswith("Rent llama: $11.84 a day expected")
    assert "Next is doing nothing" in answer.reason


def test_a_certain_loss_at_the_low_end_can_make_nothing_win():
    # middle 11.84, low end 10 M × 0.10 − 8.16 = −7.16; all weight on safety
    cautious = Goal("cautious", "Cautious", {Criterion.SAFETY: Decimal(1)})
    one = candidate("llama", **PAYS)
    figures = dict(one.figures)
    for name, figure in figures.items():
        if figure.mid == 200_000_000:
            figures[name] = replace(figure, low=Decimal(10_000_000))

    answer = answer_goal(cautious, [replace(one, figures=figures)], SAFER)

    assert answer.is_nothing
    assert answer.reason.startswith("Do nothing:")


def test_a_test_is_paid_for_within_the_loss_cap():
    # 6 h × 54.32 = 325.92 above the cap of 100
    dear = candidate("glm on 8× B200", **GLM_PAYS)
    cheap = candidate("glm on 4× B200", **(GLM_PAYS | {"rent": "15"}))

    refused = answer_goal(TEST, [dear], SAFER)
    allowed = answer_goal(TEST, [dear, cheap], SAFER)

    assert "A test of 6 h costs $325.92, above the loss cap of $100.00." in refused.reason
    assert [each.candidate.key for each in allowed.steps] == ["glm on 4× B200"]
    assert allowed.money.mid == Decimal(-90)


def test_a_small_model_is_no_test_of_a_large_one():
    answer = answer_goal(TEST, [candidate("llama", **PAYS)], SAFER)

    assert answer.is_nothing and not answer.refused


def test_a_target_is_reached_by_as_many_replicas_as_it_takes():
    # Demand of 2,000 M at most; each replica carries 350 M × 0.10 − 8.16 = 26.84 a day.
    one = candidate(
        "llama", **(PAYS | {"demand": "2000000000", "market_tokens": seen("4e10")})
    )
    fifty = replace(REACH, target_usd_per_day=Decimal(50))

    answer = answer_goal(fifty, [one], SAFER)

    assert [(each.replicas, each.money.mid) for each in answer.steps] == [
        (2, Decimal("53.68"))
    ]


def test_a_target_beyond_the_demand_is_said_to_be_out_of_reach():
    # 1 replica: 11.84; a second one only costs, since 200 M tokens is all that comes.
    answer = answer_goal(REACH, [candidate("llama", **PAYS)], SAFER)

    assert answer.is_nothing
    assert answer.reason == (
        "Do nothing for it: $200.00 a day cannot be reached. All that could be rented "
        "anew and pays earns $11.84 a day together."
    )


def test_two_models_reach_together_what_one_does_not():
    one = candidate("llama", **PAYS)
    two = candidate("glm", **GLM_PAYS)
    goal = replace(REACH, target_usd_per_day=Decimal(950))

    answer = answer_goal(goal, [one, two], SAFER)

    assert answer.key == "1xglm+1xllama"
    assert answer.money.mid == Decimal("958.16")  # 946.32 + 11.84


def test_weights_decide_between_profit_and_few_rivals():
    crowded = candidate("crowded", **PAYS, rivals=seen("20"))
    alone = candidate(
        "alone", **(PAYS | {"price": "0.08"}), rivals=seen("1")
    )  # 16 − 8.16 = 7.84
    profit = Goal("p", "Profit", {Criterion.PROFIT: Decimal(1)})
    difference = Goal("d", "Alone", {Criterion.DIFFERENCE: Decimal(1)})

    assert answer_goal(profit, [crowded, alone], SAFER).key == "1xcrowded"
    assert answer_goal(difference, [crowded, alone], SAFER).key == "1xalone"


def test_a_near_tie_is_said_to_flip_within_ten_per_cent():
    # profit normalised: alone 7.84/11.84 = 0.662, difference: crowded 2/21 = 0.0952…
    crowded = candidate("crowded", **PAYS, rivals=seen("20"))
    alone = candidate("alone", **(PAYS | {"price": "0.08"}), rivals=seen("1"))
    goal = Goal(
        "tie",
        "Tie",
        {Criterion.PROFIT: Decimal("0.72"), Criterion.DIFFERENCE: Decimal("0.28")},
    )

    answer = answer_goal(goal, [crowded, alone], SAFER)
    found = flips(answer, [crowded, alone], SAFER)

    assert answer.key == "1xalone"
    assert "With 10 % more weight on expected profit a day the answer is crowded." in [
        each.sentence for each in found
    ]


def test_a_narrow_margin_flips_with_the_price_and_with_the_rent():
    # 85 M × 0.10 = 8.50 against 8.16: 10 % less price or more rent loses.
    thin = candidate("thin", **(PAYS | {"demand": "85000000"}))

    answer = answer_goal(EARN, [thin], SAFER)

    assert {each.what for each in flips(answer, [thin], SAFER)} == {
        "10 % less net price",
        "10 % less demand",
        "10 % more rent",
    }


@pytest.mark.parametrize(
    ("soft", "word"), [((), "high"), (("a",), "medium"), (("a", "b"), "low")]
)
def test_confidence_falls_with_what_is_not_measured(soft, word):
    assert confidence(candidate(soft=soft))[0] == word


def test_a_goal_of_no_weight_answers_by_profit():
    answer = answer_goal(
        Goal("none", "None", {}, GoalKind.EARN), [candidate("llama", **PAYS)], SAFER
    )

    assert answer.key == "1xllama"


def test_what_the_policy_refuses_says_which_price_it_would_take():
    # u* = 8.16 × 1.33 / (500 M × 0.02/1M) = 108.5 % against 60 %: 1.8088 times the price
    one = candidate("llama", **PAYS, at_policy="0.02")

    answer = answer_goal(EARN, [one], SAFER)

    assert answer.is_nothing and answer.refused[0][1].kind == "policy"
    assert [each.sentence for each in what_would_change(answer, SAFER)] == [
        "net price at the policy's quantile rises from $0.0200/1M to $0.0362/1M (81 %)",
        "rent falls from $0.34/h to $0.19/h (45 %)",
        "speed rises from 500.0 M tokens a day to 904.4 M tokens a day (81 %)",
    ]


def test_what_pays_says_where_it_would_stop_to_pay():
    answer = answer_goal(EARN, [candidate("llama", **PAYS)], SAFER)

    sentences = [each.sentence for each in what_would_change(answer, SAFER)]
    assert "net price falls from $0.1000/1M to $0.0408/1M (59 %)" in sentences


def test_a_target_is_reached_for_the_least_rent():
    # both reach $10; the second for $4.80 a day, though the first earns more
    dear = candidate("dear", **PAYS)
    cheap = candidate("cheap", **(PAYS | {"rent": "0.20", "demand": "160000000"}))
    goal = replace(REACH, target_usd_per_day=Decimal(10))

    assert answer_goal(goal, [dear, cheap], SAFER).key == "1xcheap"


def test_a_day_with_full_serverless_workers_is_called_at_best():
    serverless = Serving(Way.SERVERLESS, starting=Decimal(1), busy_only=True)
    answer = answer_goal(EARN, [candidate(serving=serverless, **PAYS)], SAFER)

    assert answer.is_at_best
    assert re.match(
        r"Rent llama-4090: \$[\d.]+ a day at best, with workers that are full while they "
        "work, ",
        answer.reason,
    )


def test_a_day_on_demand_is_called_expected():
    answer = answer_goal(EARN, [candidate(**PAYS)], SAFER)

    assert not answer.is_at_best and " a day expected, " in answer.reason
