"""A thousand autoscalers at once earn what one alone earns in its world, in Decimal."""

from decimal import Decimal

import pytest

from economics.calc.money import round_stored
from economics.planner.schedule.autoscaler import autoscaled
from economics.planner.schedule.money import Schedule
from economics.planner.schedule.problem import Problem, Rental
from economics.planner.schedule.risk.draws import draws_of, given_draws
from economics.planner.schedule.risk.inputs import Input, Kind
from economics.planner.schedule.risk.options import options_of
from economics.planner.schedule.risk.outcome import outcome_of
from economics.planner.schedule.risk.reactive import autoscaled_in_worlds
from economics.planner.schedule.risk.replay import MICRO
from economics.planner.schedule.solve import Solved, solve
from economics.planner.schedule.strategies import Rule, Scaling, simple_strategies
from tests.economics.planner.schedule.problems import candidate, demand, problem
from tests.economics.planner.schedule.risk.worlds import WIDE, every_input, every_rental

LEVEL = Input(Kind.DEMAND, ("qwen",), WIDE)


def exact(asked: Problem, scaling: Scaling) -> Decimal:
    one = asked.candidates[scaling.index]
    run = autoscaled(asked, one, least=scaling.least, most=scaling.most)
    return run.profit_usd - asked.fixed_usd_per_day * asked.days


@pytest.mark.parametrize("index", [0, 1, 3])
@pytest.mark.parametrize("least", [0, 1])
def test_each_world_is_worth_what_it_is_alone(index, least):
    """Pods, spot and loads of more than an hour; replicas rise and fall."""
    asked, scaling = (
        every_rental(fixed_usd_per_day=Decimal("0.5")),
        Scaling(index, least, 3),
    )
    draws = draws_of(asked, every_input(), seed=5, count=100)

    profits = autoscaled_in_worlds(draws, [scaling])

    for k in range(25):
        alone = exact(draws.world(k), scaling)
        assert abs(Decimal(int(profits[k])) / MICRO - alone) <= Decimal("0.000002")


@pytest.mark.parametrize(
    "more",
    [
        {"min_run_hours": 3},
        {"running": 2},
        {"allowed": (False, True, True, True, False, True)},
        {"load_usd": Decimal("0.4"), "load_seconds": Decimal(600)},
        {"rental": Rental.SPOT, "interruptions_per_hour": Decimal("0.2")},
    ],
)
def test_what_a_candidate_may_do_is_kept_in_every_world(more):
    asked = problem(demand(3600, 14400, 0, 7200, 100, 9000), candidate(stock=4, **more))
    rows = [{LEVEL.name: Decimal(f)} for f in ("0.3", "1", "1.7", "3")]
    draws = given_draws(asked, [LEVEL], rows)

    profits = autoscaled_in_worlds(draws, [Scaling(0, 0, 4)])

    for k in range(len(rows)):
        alone = exact(draws.world(k), Scaling(0, 0, 4))
        assert abs(Decimal(int(profits[k])) / MICRO - alone) <= Decimal("0.000002")


def test_it_is_one_of_the_options_and_its_base_is_what_the_rule_earns():
    asked = problem(demand(7200, 3600, 0, 7200), candidate(usd="1", stock=3))
    best, rules = solve(asked), simple_strategies(asked)
    assert isinstance(best, Solved)

    options = options_of(asked, best, [], rules)

    rule = next(each for each in rules if each.rule == Rule.REACTIVE)
    mine = next(each for each in options if each.name == Rule.REACTIVE)
    told = outcome_of(
        draws_of(asked, [], seed=1),
        Schedule.of_replicas([(0,) * 4]),
        cap_usd=Decimal(0),
        scaling=mine.scaling,
    )
    assert told.base_usd == round_stored(rule.profit_usd)
    assert mine.setting == rule.setting
