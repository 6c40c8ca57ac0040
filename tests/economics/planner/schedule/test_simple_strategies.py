"""Four rules of thumb beside the optimum, on the same demand and in the same money."""

from decimal import Decimal

import pytest

from economics.planner.schedule.autoscaler import autoscaled
from economics.planner.schedule.problem import Limits, Rental
from economics.planner.schedule.solve import Solved, solve
from economics.planner.schedule.strategies import Rule, best_simple, simple_strategies
from tests.economics.planner.schedule.problems import candidate, demand, problem

DAY_AND_NIGHT = [7200 if 9 <= hour % 24 < 17 else 400 for hour in range(48)]
WORKER = candidate("worker", "5", rental=Rental.SERVERLESS, stock=4)


def by_rule(*parts, **more):
    return {each.rule: each for each in simple_strategies(problem(*parts, **more))}


def test_always_on_takes_the_number_that_earns_most():
    found = by_rule(demand(*DAY_AND_NIGHT), candidate(usd="1", stock=3))[Rule.ALWAYS]

    assert found.setting == "2 × h100"
    assert found.profit_usd == Decimal(32)  # 16 h at 7.20 and 32 h at 0.40, less 96 h of 1
    assert set(found.replicas) == {2}


def test_eight_fixed_hours_are_the_eight_that_earn_most():
    found = by_rule(demand(*DAY_AND_NIGHT), candidate(usd="1", stock=3))[Rule.FIXED]

    assert found.setting == "2 × h100, 09:00 to 17:00 UTC"
    assert found.profit_usd == Decimal("83.2")  # 16 h x (7.20 - 2)


def test_serverless_pays_what_it_serves():
    found = by_rule(demand(3600, 1800), candidate(), WORKER)[Rule.SERVERLESS]

    assert found.revenue_usd == Decimal("5.4")
    assert found.cost_usd == Decimal("7.5")


def test_serverless_is_not_possible_without_a_price_of_it():
    found = by_rule(demand(3600), candidate())[Rule.SERVERLESS]

    assert not found.possible
    assert found.why_not == "no serverless candidate is given"


def test_the_autoscaler_goes_up_after_300_seconds_and_down_after_1200():
    asked = problem(demand(0, 3600, 0), candidate(usd="3.6", stock=1))

    run = autoscaled(asked, asked.candidates[0], least=0, most=1)

    # Seen at 60 s steps: up at the fifth look, down at the twentieth of the next hour.
    assert run.starts == 1
    assert run.mean_replicas == (0, Decimal(3360) / 3600, Decimal(1140) / 3600)
    assert run.revenue_usd == Decimal("3.36")
    assert run.rent_usd == pytest.approx(Decimal("4.5"))


def test_the_autoscaler_waits_for_a_replica_to_load():
    asked = problem(demand(3600, 3600), candidate(load_seconds=Decimal(600)))

    run = autoscaled(asked, asked.candidates[0], least=0, most=1)

    assert run.revenue_usd == Decimal("6.36")  # 7,200 s less 240 s and 600 s


def test_a_rule_that_does_not_keep_a_limit_says_so():
    found = by_rule(demand(*DAY_AND_NIGHT, least_replicas=1), candidate(usd="1", stock=3))

    assert found[Rule.ALWAYS].breaks == ()
    assert found[Rule.FIXED].breaks == (
        "0 of qwen at 2026-11-02 00:00 UTC; the floor is 1.",
    )


def test_an_autoscaler_never_goes_below_a_floor():
    found = by_rule(demand(0, 0, least_replicas=2), candidate(stock=3))[Rule.REACTIVE]

    assert found.setting == "2 to 2 × h100"
    assert found.breaks == ()


def test_an_autoscaler_of_spot_keeps_no_floor_and_no_uptime():
    """Spot goes when the cloud says."""
    spot = candidate(rental=Rental.SPOT, interruptions_per_hour=Decimal("0.1"))
    asked = demand(3600, 3600, least_replicas=1, uptime=Decimal("0.9"))

    assert by_rule(asked, spot)[Rule.REACTIVE].breaks == (
        "0 of qwen are there for sure; the floor is 1.",
        "qwen serves in 0.0 % of the time; 90.0 % are asked for.",
    )


def test_an_autoscaler_that_sleeps_too_long_says_so():
    """From 0, two of four hours are idle; one that always runs would cost more."""
    found = by_rule(demand(3600, 0, 0, 3600, uptime=Decimal("0.9")), candidate(usd="3"))[
        Rule.REACTIVE
    ]

    # up from 240 s to 3600 + 1140 s, and from 3 h + 240 s: 4500 s and 3360 s of 14,400 s
    assert found.breaks == ("qwen serves in 54.6 % of the time; 90.0 % are asked for.",)


def test_rules_keep_the_budget():
    within = Limits(usd_per_hour=Decimal(1))

    found = by_rule(demand(*DAY_AND_NIGHT), candidate(usd="1", stock=3), limits=within)

    assert found[Rule.FIXED].setting == "1 × h100, 09:00 to 17:00 UTC"


def test_no_rule_that_keeps_the_limits_earns_more_than_the_optimum():
    asked = problem(
        demand(*DAY_AND_NIGHT),
        candidate(usd="1", stock=3, load_usd=Decimal("0.1")),
        WORKER,
    )

    found = solve(asked)
    best = best_simple(simple_strategies(asked))

    assert isinstance(found, Solved)
    assert best is not None
    assert found.profit_usd >= best.profit_usd
