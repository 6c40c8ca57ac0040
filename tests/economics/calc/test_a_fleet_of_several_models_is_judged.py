"""Gates of several models taken together, by hand."""

from decimal import Decimal

import pytest

from economics.calc.gates import (
    ExitFacts,
    Gate,
    State,
    all_followed,
    exit_tier,
    least_taken,
    together,
)
from tests.economics.candidates import SAFER, seen

HALF = Decimal("0.5")


def leave(contribution: str) -> Gate:
    return exit_tier(SAFER, ExitFacts(seen(contribution), seen("0"), False, seen(None)))


def test_one_model_leaves_its_gate_as_it_is():
    gate = leave("-1")

    assert together([("Llama", gate)]) == gate


def test_several_have_all_conditions_each_named():
    gate = together([("Llama", leave("3")), ("GLM-5", leave("-12"))])

    assert [(each.title, each.state) for each in gate.conditions] == [
        ("Llama: Contribution of the last 3 closed days", State.NOT_MET),
        ("Llama: Loss since it was begun", State.NOT_MET),
        ("GLM-5: Contribution of the last 3 closed days", State.MET),
        ("GLM-5: Loss since it was begun", State.NOT_MET),
    ]


def test_no_model_is_an_error():
    with pytest.raises(ValueError, match="no gate"):
        together([])


@pytest.mark.parametrize(
    ("successors", "answer"),
    [
        ([True], True),
        ([True, True], True),
        ([True, False], False),
        ([None, False], False),
        ([True, None], None),
        ([], None),
    ],
)
def test_one_model_without_a_successor_keeps_the_fleet(successors, answer):
    assert all_followed(successors) is answer


@pytest.mark.parametrize(
    ("shares", "answer"),
    [
        (["0.7", "0.6"], Decimal("0.6")),
        (["0.7", "0.1"], Decimal("0.1")),
        (["0.1", None], Decimal("0.1")),  # not above one half, whatever the other is
        (["0.7", None], None),
    ],
)
def test_the_model_that_lost_least_decides(shares, answer):
    found = least_taken([seen(each) for each in shares], allowed=HALF).value

    assert found == answer if answer is not None else not isinstance(found, Decimal)
