"""A seed is a thousand worlds, the same ones whenever and for whatever they are asked."""

from decimal import Decimal

import numpy as np
import pytest

from economics.planner.schedule.risk.draws import draws_of
from economics.planner.schedule.risk.inputs import (
    Input,
    Kind,
    RiskInvalid,
    Spread,
    spread_of,
    usual_inputs,
)
from tests.economics.planner.schedule.problems import candidate, demand, problem
from tests.economics.planner.schedule.risk.worlds import WIDE, every_input, every_rental

PRICE, LEVEL = Input(Kind.PRICE, ("qwen",), WIDE), Input(Kind.DEMAND, ("qwen",), WIDE)
ONE_HOUR = problem(demand(3600), candidate())


def test_the_same_seed_draws_the_same_worlds_and_another_others():
    asked, inputs = every_rental(), every_input()

    first = draws_of(asked, inputs, seed=7)
    again, other = draws_of(asked, inputs, seed=7), draws_of(asked, inputs, seed=8)

    for each in inputs:
        assert np.array_equal(first.factors[each.name], again.factors[each.name])
        assert not np.array_equal(first.factors[each.name], other.factors[each.name])


def test_an_input_is_drawn_alike_whatever_else_is_uncertain():
    alone = draws_of(ONE_HOUR, [PRICE], seed=7)
    beside = draws_of(ONE_HOUR, [LEVEL, PRICE], seed=7)

    assert np.array_equal(alone.factors[PRICE.name], beside.factors[PRICE.name])
    assert not np.array_equal(beside.factors[LEVEL.name], beside.factors[PRICE.name])


def test_a_tenth_of_the_worlds_lies_below_the_low_and_a_tenth_above_the_high():
    drawn = draws_of(ONE_HOUR, [PRICE], seed=1, count=10_000).factors[PRICE.name]

    # of 10,000 draws the share is known to 0.3 percentage points, twice in three times
    assert np.mean(drawn < float(WIDE.low)) == pytest.approx(0.1, abs=0.01)
    assert np.mean(drawn < 1) == pytest.approx(0.5, abs=0.02)
    assert np.mean(drawn > float(WIDE.high)) == pytest.approx(0.1, abs=0.01)


def test_measured_factors_become_a_spread_from_five_values_on():
    four = [Decimal(n) for n in ("0.5", "0.9", "1", "1.2")]

    assert spread_of(four, "own days") is None
    assert spread_of([*four, Decimal(2)], "own days") == Spread(
        Decimal("0.5"), Decimal(2), "own days, 5 values"
    )


def test_measured_factors_beyond_all_measure_are_cut():
    """A day of nothing expected, or of nothing asked, must not stop the answer."""
    wild = [Decimal(n) for n in ("0", "0.00001", "1", "5000", "90000")]

    told = spread_of(wild, "own days")

    assert told is not None
    assert (told.low, told.middle, told.high) == (Decimal("0.001"), 1, 1000)


def test_every_usual_input_names_its_source():
    inputs = usual_inputs(every_rental())

    assert {each.kind for each in inputs} >= {Kind.DEMAND, Kind.SPEED, Kind.INTERRUPTIONS}
    assert all(each.spread.source for each in inputs)


@pytest.mark.parametrize(
    ("inputs", "count", "sentence"),
    [
        ([PRICE, PRICE], 100, "token price of qwen is given twice"),
        ([Input(Kind.RENT, ("b200",), WIDE)], 100, "GPU price: the question has no b200"),
        ([PRICE], 99, "draws must be 100 to 10000, got 99"),
        ([PRICE], 10_001, "draws must be 100 to 10000, got 10001"),
    ],
)
def test_what_can_not_be_drawn_is_refused_in_a_sentence(inputs, count, sentence):
    with pytest.raises(RiskInvalid, match=sentence):
        draws_of(ONE_HOUR, inputs, seed=1, count=count)


def test_a_spread_rises_from_low_to_high():
    with pytest.raises(RiskInvalid, match="low, middle and high must rise"):
        Spread(Decimal("1.2"), Decimal(2), "a test")
    with pytest.raises(RiskInvalid, match="needs a source"):
        Spread(Decimal("0.9"), Decimal(2), " ")
