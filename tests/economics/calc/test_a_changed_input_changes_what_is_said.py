"""One input changed by a twentieth changes the figures and the words of the cells that
hang on it, and leaves those that do not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from economics.calc.decide import (
    SHIPPED_GOALS,
    Candidate,
    Criterion,
    DeploymentFacts,
    Input,
    Other,
    Verb,
    advise,
    answer_goal,
    what_would_change,
)
from economics.calc.decide.candidate import turned
from economics.calc.gates import Evidence
from tests.economics.calc.test_a_deployment_is_advised import facts
from tests.economics.candidates import FOUNDING, SAFER, candidate, seen

EARN = SHIPPED_GOALS[0]
MORE = Decimal("1.05")
PAYS = {"rent": "0.34", "price": "0.10", "demand": "200000000", "speed": "500000000"}
LOSES = PAYS | {"demand": "20000000"}
OTHER = Other("1× RTX 3090", Decimal("0.10"), Decimal(145_000_000))


def said(one: Candidate, goal=EARN) -> tuple[str, ...]:
    """The reason, the money and what would change it, of a goal's row."""
    answer = answer_goal(goal, [one], SAFER)
    moves = (each.sentence for each in what_would_change(answer, SAFER))
    return (answer.reason, *(f"{each:.4f}" for each in money(answer.money)), *moves)


def money(day) -> tuple[Decimal, ...]:
    return (day.low, day.mid, day.high)


@pytest.mark.parametrize("name", [Input.PRICE, Input.DEMAND, Input.RENT])
def test_the_reason_of_a_recommendation_follows_its_inputs(name: Input):
    one = candidate(**PAYS)

    before, after = said(one), said(turned(one, name, MORE))

    assert before[0] != after[0] and before[2] != after[2]


@pytest.mark.parametrize("name", [Input.PRICE, Input.DEMAND, Input.RENT])
def test_the_reason_of_a_refusal_follows_its_inputs(name: Input):
    one = candidate(**LOSES)

    before, after = said(one), said(turned(one, name, MORE))

    assert "It would lose" in before[0] and before[0] != after[0]


def test_speed_counts_in_the_reason_where_it_is_what_binds():
    full = candidate(**PAYS | {"demand": "900000000"})
    assert said(full)[0] != said(turned(full, Input.SPEED, MORE))[0]

    waits = candidate(**PAYS)  # 200 M are asked for, and 350 M could be served
    before, after = said(waits), said(turned(waits, Input.SPEED, MORE))
    assert before[:4] == after[:4]
    assert before[4:] != after[4:]  # at which speed it would stop to pay, from the new one


def test_a_smaller_balance_is_told_with_its_days_of_runway():
    # 24 × 0.34 = 8.16 a day; 0.5 and 2 days of it more than the wait of 45 days
    rich, poor, poorer = (candidate(**PAYS, balance=usd) for usd in ("9999", "384", "371"))

    assert said(rich)[0].startswith("Rent ")
    assert "Runway after 45 days" in said(poor)[0]
    assert said(poor)[0] != said(poorer)[0]


def test_another_rent_that_is_paid_already_shortens_the_runway():
    one = candidate(**PAYS, balance="380")
    busy = replace(one, burn_usd_per_hour=Decimal("0.05"))

    assert "Runway" in said(one)[0] and said(one)[0] != said(busy)[0]


@pytest.mark.parametrize("criterion", [Criterion.SIZE, Criterion.PROFIT])
def test_the_scores_in_a_reason_follow_the_weights(criterion: Criterion):
    rows = [
        candidate("earns", **PAYS),
        candidate(
            "large", **PAYS | {"demand": "120000000"}, parameters_billion=Decimal(70)
        ),
    ]
    weights = {Criterion.PROFIT: Decimal("0.6"), Criterion.SIZE: Decimal("0.4")}
    heavier = {**weights, criterion: weights[criterion] * MORE}

    before = answer_goal(replace(EARN, weights=weights), rows, SAFER)
    after = answer_goal(replace(EARN, weights=heavier), rows, SAFER)

    # $11.84 a day with 8.03 B: 0.6 + 0.4 × 8.03 / 70; $3.84 with 70 B: 0.6 × 0.324 + 0.4
    assert "0.59 against 0.65" in before.reason
    assert before.reason != after.reason


def test_another_policy_is_another_reason():
    one = candidate(**PAYS, market_tokens=seen("150000000"))

    assert (
        answer_goal(EARN, [one], SAFER).reason != answer_goal(EARN, [one], FOUNDING).reason
    )


def cells(asked: DeploymentFacts) -> dict[Verb, tuple[str, str]]:
    """(reason, figure) of each verb."""
    return {
        each.verb: (each.reason, f"{each.usd_per_day}")
        for each in advise(asked, SAFER).cells
    }


BASE = {
    "replicas": 2,
    "utilization": seen("0.9"),
    "tokens": seen("400000000"),
    "advised_price": seen("0.12"),
    "advised_share": seen("0.8"),
    "others": (OTHER,),
}


@pytest.mark.parametrize(
    ("name", "verbs"),
    [
        ("tokens", {Verb.SCALE_UP, Verb.MOVE, Verb.RE_PRICE}),
        ("utilization", {Verb.SCALE_UP, Verb.SCALE_DOWN}),
        ("usd_per_hour", {Verb.SCALE_UP, Verb.MOVE}),
        ("hours", {Verb.SCALE_UP, Verb.MOVE}),
        ("net_price", {Verb.SCALE_UP, Verb.RE_PRICE}),
        ("advised_price", {Verb.RE_PRICE}),
        ("advised_share", {Verb.RE_PRICE}),
    ],
)
def test_a_verb_follows_what_it_hangs_on_and_nothing_else(name: str, verbs: set[Verb]):
    before = facts(**BASE)
    was: Evidence = getattr(before, name)
    assert isinstance(was.value, Decimal)
    changed = was.value / MORE if name == "hours" else was.value * MORE
    after = replace(before, **{name: replace(was, value=changed)})

    one, other = cells(before), cells(after)

    assert {verb for verb in Verb if one[verb] != other[verb]} == verbs


def test_every_figure_follows_the_contribution():
    one, other = cells(facts(**BASE)), cells(facts(**BASE, contribution="1.93"))

    assert {verb for verb in Verb if one[verb] == other[verb]} == {
        Verb.SCALE_DOWN,
        Verb.STOP,
    }


@pytest.mark.parametrize("name", ["usd_per_hour", "speed"])
def test_a_move_follows_the_other_machine(name: str):
    cheaper = replace(OTHER, **{name: getattr(OTHER, name) * Decimal(2)})

    one, other = cells(facts(**BASE)), cells(facts(**BASE | {"others": (cheaper,)}))

    assert {verb for verb in Verb if one[verb] != other[verb]} == {Verb.MOVE}
