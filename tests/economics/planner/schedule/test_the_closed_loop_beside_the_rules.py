"""The closed loop on the same demand as the rules of thumb, without their hindsight."""

from dataclasses import replace
from decimal import Decimal

import pytest

from economics.planner.schedule.closed_loop import closed_loop
from economics.planner.schedule.problem import Rental
from economics.planner.schedule.replanned import replanned
from economics.planner.schedule.strategies import Rule, Strategy, simple_strategies
from tests.economics.planner.schedule.problems import candidate, demand, problem

POD = candidate(stock=3, load_seconds=Decimal(600))
TWO_HOURS = (7200, 3600)


def beside(asked) -> Strategy:
    rules = simple_strategies(asked)
    (reactive,) = (each for each in rules if each.rule == Rule.REACTIVE)
    return replanned(asked, reactive)


def test_it_earns_what_the_policy_earns_less_the_fixed_costs():
    asked = problem(demand(*TWO_HOURS), POD, fixed_usd_per_day=Decimal(12))

    found = beside(asked)

    played = closed_loop(asked, POD, most=3)
    assert found.profit_usd == played.profit_usd - Decimal(1)  # two hours of twelve a day
    assert found.starts == played.starts
    assert found.rule == Rule.REPLANNED


def test_it_names_the_machine_and_between_how_many():
    assert beside(problem(demand(*TWO_HOURS), POD)).setting == "0 to 3 × h100"


def test_it_keeps_the_floor():
    found = beside(problem(demand(0, 0, least_replicas=1), POD))

    assert found.replicas == (Decimal(1), Decimal(1))
    assert found.breaks == ()


def test_it_keeps_to_the_dollars_an_hour():
    asked = problem(demand(*[10_800] * 3), POD)
    limits = replace(asked.limits, usd_per_hour=Decimal(4))

    found = beside(replace(asked, limits=limits))

    assert max(found.replicas) <= 2


def test_where_nothing_can_be_scaled_it_says_why():
    worker = candidate("worker", rental=Rental.SERVERLESS)

    found = beside(problem(demand(*TWO_HOURS), worker))

    assert not found.possible
    assert found.why_not == "no candidate fits into the limits"


def test_each_model_has_its_own():
    other = candidate("l40s", model="glm", stock=2)
    asked = problem(
        demand(*TWO_HOURS), demand(*TWO_HOURS, model="glm"), replace(POD, stock=2), other
    )

    found = beside(asked)

    alone = [closed_loop(asked, each, most=2) for each in asked.candidates]
    assert found.profit_usd == pytest.approx(sum(each.profit_usd for each in alone))
