"""What a schedule earned in many worlds, told by quantiles and chances."""

from decimal import Decimal
from statistics import NormalDist

import pytest

from economics.planner.schedule.money import Schedule
from economics.planner.schedule.risk.draws import draws_of
from economics.planner.schedule.risk.inputs import Input, Kind, RiskInvalid, Spread
from economics.planner.schedule.risk.outcome import (
    Chance,
    Outcome,
    difference,
    outcome_of,
    standard_error,
)
from tests.economics.planner.schedule.problems import candidate, demand, problem

USD = 1_000_000
TEN = Outcome(1, tuple(USD * n for n in (4, -3, 9, 1, -8, 2, 7, 0, 5, 6)), Decimal(2), 3)


def test_quantiles_are_worlds_that_were_drawn():
    """Sorted: -8 -3 0 1 2 4 5 6 7 9."""
    assert (TEN.p10_usd, TEN.p50_usd, TEN.p90_usd) == (-8, 2, 7)
    assert TEN.mean_usd == Decimal("2.3")


def test_a_loss_of_just_the_cap_is_not_beyond_it():
    assert TEN.chance_of_loss.share == Decimal("0.2")
    assert TEN.chance_beyond_cap.share == Decimal("0.1")


def test_the_error_of_the_mean_by_hand():
    """Of 1, 2, 3 dollars: variance 1, of the mean 1/3."""
    assert standard_error([1 * USD, 2 * USD, 3 * USD]).quantize(Decimal("0.000001")) == (
        Decimal("0.577350")
    )


@pytest.mark.parametrize(
    ("times", "low", "high"),
    # Wilson: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), z = 1.96
    [(0, "0", "0.003827"), (500, "0.469070", "0.530930"), (1000, "0.996173", "1")],
)
def test_what_never_was_so_in_a_thousand_draws_may_still_be(times, low, high):
    within = [round(each, 6) for each in Chance(times, 1000).within]

    assert within == [Decimal(low), Decimal(high)]


def test_a_schedule_whose_price_alone_is_uncertain_has_the_quantiles_of_the_price():
    """$3.60 a full hour for $2: it loses below a factor of 0.5556."""
    price = Input(Kind.PRICE, ("qwen",), Spread(Decimal("0.5"), Decimal(2), "a test"))
    draws = draws_of(problem(demand(3600), candidate()), [price], seed=1, count=10_000)

    told = outcome_of(draws, Schedule.of_replicas([(1,)]), cap_usd=Decimal("0.2"))

    assert float(told.p10_usd) == pytest.approx(3.6 * 0.5 - 2, abs=0.05)
    assert float(told.p50_usd) == pytest.approx(1.6, abs=0.05)
    assert float(told.p90_usd) == pytest.approx(3.6 * 2 - 2, abs=0.2)
    assert told.base_usd == Decimal("1.6")
    # ln(0.5556) / ln(2) × 1.2816 = -1.0868 standard deviations; and ln(0.5) is P10
    low, high = told.chance_of_loss.within
    assert low < Decimal(str(NormalDist().cdf(-1.0868))) < high
    low, high = told.chance_beyond_cap.within
    assert low < Decimal("0.1") < high


def test_two_schedules_are_compared_world_by_world():
    """Ten times the same dollar more: sure, however wide both are."""
    more = Outcome(1, tuple(each + USD for each in TEN.profits), Decimal(3), Decimal(3))

    told = difference(more, TEN)

    assert (told.mean_usd, told.standard_error_usd, told.is_sure) == (1, 0, True)


def test_worlds_of_another_seed_are_not_compared():
    with pytest.raises(RiskInvalid, match="same worlds only"):
        difference(TEN, Outcome(2, TEN.profits, Decimal(2), Decimal(3)))


def test_a_cap_below_nothing_is_refused():
    draws = draws_of(problem(demand(3600), candidate()), [], seed=1)

    with pytest.raises(RiskInvalid, match="0 USD or more, got -1"):
        outcome_of(draws, Schedule.of_replicas([(1,)]), cap_usd=Decimal(-1))
