"""Each kind of reason, before and after one of its inputs was changed."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from economics.calc.decide import (
    SHIPPED_GOALS,
    Figure,
    Input,
    Other,
    Serving,
    Verb,
    Way,
    advise,
    answer_goal,
    refusal_of,
)
from economics.calc.gates import Evidence, ExitFacts, exit_tier
from economics.calc.unknown import Unknown
from tests.economics.calc.test_a_deployment_is_advised import cell, facts
from tests.economics.candidates import FOUNDING, SAFER, candidate, flat, seen

EARN, TEST, REACH, DIFFERENT = SHIPPED_GOALS
PAYS: dict[str, Any] = {"rent": "0.34", "price": "0.20", "demand": "200e6"}
WINDOW = Serving(Way.HOURS, hours=Decimal(8), words="13:00 to 21:00 UTC")
MORNING = replace(WINDOW, words="05:00 to 13:00 UTC")


@pytest.mark.parametrize(
    ("before", "after", "was", "becomes"),
    [
        (
            {"cannot_run": ("It needs 88.4 GiB.",)},
            {"cannot_run": ("It needs 44.2 GiB.",)},
            "It cannot run: It needs 88.4 GiB.",
            "It cannot run: It needs 44.2 GiB.",
        ),
        (
            {"cannot_rent": "it is out of stock at sandbox"},
            {"cannot_rent": "it is out of stock at runpod"},
            "It cannot be rented now: it is out of stock at sandbox.",
            "It cannot be rented now: it is out of stock at runpod.",
        ),
        (
            {"demand": Figure.unknown("the market was not read")},
            {"demand": Figure.unknown("no rival of it is known")},
            "What it would earn is unknown: the market was not read.",
            "What it would earn is unknown: no rival of it is known.",
        ),
        (  # 500 M × 0.01 − 24 × 0.34 = 5.00 − 8.16
            {"price": "0.01"},
            {"price": "0.012"},
            "It cannot break even: filled all day it would lose $3.16 a day",
            "It cannot break even: filled all day it would lose $2.16 a day",
        ),
        (
            {"price": "0.01", "serving": WINDOW},
            {"price": "0.01", "serving": MORNING},
            "It cannot break even: filled 13:00 to 21:00 UTC",
            "It cannot break even: filled 05:00 to 13:00 UTC",
        ),
        (  # 50 M × 0.10 − 8.16, then 60 M
            {"price": "0.10", "demand": "50e6"},
            {"price": "0.10", "demand": "60e6"},
            "It would lose $3.16 a day at the tokens that may come to us.",
            "It would lose $2.16 a day at the tokens that may come to us.",
        ),
        (  # 24 × 0.34 × 1.33 / (500 M × 0.026) = 83.5 %, at 0.030 72.4 %
            PAYS | {"at_policy": "0.026"},
            PAYS | {"at_policy": "0.030"},
            "83.5 %",
            "72.4 %",
        ),
        (  # 100 / 8.16 − the days of the wait
            PAYS | {"balance": None},
            PAYS | {"balance": "100"},
            "unknown: the balance was not read",
            "days",
        ),
    ],
)
def test_a_refusal_follows_its_input(before, after, was, becomes):
    first, second = (refusal_of(candidate(**each), SAFER) for each in (before, after))

    assert first is not None and was in first.sentence
    assert second is not None and becomes in second.sentence
    assert first.sentence != second.sentence


@pytest.mark.parametrize(
    ("goal", "before", "after", "was", "becomes"),
    [
        # 200 M × 0.20 − 8.16, then at 0.44/h 10.56
        (EARN, PAYS, PAYS | {"rent": "0.44"}, "$31.84 a day", "$29.44 a day"),
        (EARN, PAYS, PAYS | {"rent": "9"}, "Rent llama-4090", "Do nothing: nothing pays"),
        (DIFFERENT, PAYS, PAYS | {"price": "0.30"}, "$31.84 a day", "$51.84 a day"),
        (
            TEST,
            PAYS | {"parameters_billion": Decimal(744)},
            PAYS | {"parameters_billion": Decimal(744), "rent": "0.40"},
            "the test costs $2.04",
            "the test costs $2.40",
        ),
        (
            TEST,
            PAYS | {"parameters_billion": Decimal(744)},
            PAYS,
            "the test costs $2.04",
            "no large model is on offer",
        ),
        (
            REACH,
            PAYS | {"demand": "5000e6"},
            PAYS | {"demand": "100e6"},
            "reaches $200.00",
            "All that could be rented anew and pays earns $11.84 a day together.",
        ),
    ],
)
def test_a_goals_reason_follows_its_input(goal, before, after, was, becomes):
    first, second = (
        answer_goal(goal, [candidate(**each)], FOUNDING).reason for each in (before, after)
    )

    assert was in first and becomes in second


def stopped(usd: str):
    return exit_tier(SAFER, ExitFacts(seen(usd), seen("0"), False, seen(None)))


@pytest.mark.parametrize(
    ("verb", "before", "after", "was", "becomes"),
    [
        (Verb.KEEP, {}, {"contribution": "2.84"}, "earns $1.84", "earns $2.84"),
        (Verb.KEEP, {}, {"contribution": "-2"}, "earns $1.84", "loses $2.00"),
        (Verb.SCALE_UP, {}, {"utilization": seen("0.5")}, "is 40 %", "is 50 %"),
        (
            Verb.SCALE_UP,
            {"utilization": seen("0.98"), "tokens": seen("400000000")},
            {"utilization": seen("0.98"), "tokens": seen("200000000")},
            "would pay $16.00",
            "would pay $8.00",
        ),
        (
            Verb.SCALE_DOWN,
            {"replicas": 2, "utilization": seen("0.3")},
            {"replicas": 2, "utilization": seen("0.36")},
            "One less saves $8.16",
            "filled to 72 %, above 70 %",
        ),
        (Verb.SCALE_DOWN, {}, {"replicas": 2}, "It has one replica.", "filled to 80 %"),
        (
            Verb.MOVE,
            {"others": (Other("a 3090", Decimal("0.10"), Decimal(200_000_000)),)},
            {"others": (Other("a 3090", Decimal("0.20"), Decimal(200_000_000)),)},
            "would cost $2.40",
            "would cost $4.80",
        ),
        (Verb.MOVE, {}, {"tokens": seen(None)}, "No other machine", "Unknown: nobody"),
        (
            Verb.RE_PRICE,
            {"advised_price": seen("0.14"), "advised_share": seen("0.8")},
            {"advised_price": seen("0.16"), "advised_share": seen("0.8")},
            "$0.1400/1M instead of $0.1000/1M",
            "$0.1600/1M instead of $0.1000/1M",
        ),
        (
            Verb.RE_PRICE,
            {},
            {"advised_price": Evidence(Unknown("our price is the advised one"), "")},
            "the market was not read",
            "our price is the advised one",
        ),
        (
            Verb.STOP,
            {"contribution": "-3", "exit": stopped("-3")},
            {"contribution": "-3", "exit": stopped("-6")},
            "−$3.00",
            "−$6.00",
        ),
        (Verb.STOP, {}, {"no_price_pays": True}, "Nothing asks for it", "No price both"),
    ],
)
def test_a_verbs_reason_follows_its_input(verb, before, after, was, becomes):
    first, second = (
        cell(advise(facts(**each), SAFER), verb).reason for each in (before, after)
    )

    assert was in first and becomes in second


@pytest.mark.parametrize("name", list(Input))
def test_every_input_of_a_day_is_in_its_reason(name: Input):
    # 40 M are wanted of 105 M; of the speed 70 M of 200 M, so that it binds
    given = {"price": "0.10", "demand": "40e6", "speed": "150e6", "rent": "0.34"}
    if name is Input.SPEED:
        given |= {"demand": "200e6", "speed": "100e6"}
    one = candidate(**given)
    mid = one.figures[name].mid
    assert isinstance(mid, Decimal)
    figures = {**one.figures, name: flat(str(mid * Decimal("1.05")))}

    first, second = refusal_of(one, SAFER), refusal_of(replace(one, figures=figures), SAFER)

    assert first is not None and second is not None
    assert "would lose" in first.sentence and first.sentence != second.sentence
