"""Best expected, best P10, least regret: three questions, and when they differ."""

from decimal import Decimal

from economics.planner.schedule.money import Schedule
from economics.planner.schedule.problem import Limits
from economics.planner.schedule.risk.choice import choose
from economics.planner.schedule.risk.draws import draws_of, given_draws
from economics.planner.schedule.risk.inputs import Input, Kind, Spread
from economics.planner.schedule.risk.options import (
    AS_ASKED,
    NOTHING,
    Option,
    nothing,
    options_of,
)
from economics.planner.schedule.solve import Solved, solve
from economics.planner.schedule.strategies import simple_strategies
from tests.economics.planner.schedule.problems import candidate, demand, problem

LEVEL = Input(Kind.DEMAND, ("qwen",), Spread(Decimal("0.2"), Decimal(3), "a test"))
HOUR = problem(demand(3600), candidate(stock=3))
CAP = Decimal(1)


def worlds(*factors: str):
    """Ten equally likely levels of demand."""
    assert len(factors) == 10
    return given_draws(HOUR, [LEVEL], [{LEVEL.name: Decimal(each)} for each in factors])


def rented(count: int) -> Option:
    return Option(f"{count} replicas", Schedule.of_replicas([(count,)]))


def test_where_one_schedule_is_best_by_all_three_it_is_said():
    """At the demand as asked one replica earns $1.60, two -$0.40."""
    told = choose(worlds(*["1"] * 10), [rented(1), rented(2)], cap_usd=CAP)

    assert told.agree
    assert told.sentences == (
        "Best expected, best P10 and least regret are one: 1 replicas.",
    )


def test_where_they_differ_it_is_told_what_each_costs():
    """Four worlds ask for nothing, six for two replicas.

    Nothing earns 0. One: 4 × -2, 6 × 1.60: mean 0.16, P10 -2. Two: 4 × -4, 6 × 3.20: mean
    0.32, P10 -4. Regret is what the best of the world earns more: of nothing 3.20 in six
    worlds, of one 2 in four and 1.60 in six, of two 4 in four.
    """
    told = choose(
        worlds(*["0"] * 4, *["2"] * 6),
        [Option(NOTHING, nothing(HOUR)), rented(1), rented(2)],
        cap_usd=CAP,
    )

    assert told.expected.option.name == "2 replicas"
    assert told.cautious.option.name == NOTHING
    assert told.least_regret.option.name == "1 replicas"
    assert [each.regret_usd for each in told.rated] == [Decimal("3.2"), 2, 4]
    assert told.sentences[0] == (
        "They differ: best expected is 2 replicas ($0.32 in the mean), best P10 is do "
        "nothing ($0.00), least regret is 1 replicas ($2.00)."
    )
    assert told.sentences[1] == (
        "do nothing earns $0.32 less in the mean (standard error $1.18), which these draws "
        "can not tell from nothing; its P10 is $4.00 higher."
    )


def test_a_loss_beyond_the_cap_is_counted_for_each():
    told = choose(worlds(*["0"] * 4, *["2"] * 6), [rented(1)], cap_usd=Decimal("1.5"))

    assert told.expected.outcome.chance_beyond_cap.share == Decimal("0.4")


def test_what_breaks_a_limit_is_shown_and_not_taken():
    within = problem(
        demand(3600), candidate(stock=3), limits=Limits(usd_per_hour=Decimal(1))
    )
    best = solve(within)
    assert isinstance(best, Solved)

    rules = simple_strategies(problem(demand(3600), candidate()))  # without the limit

    options = options_of(within, best, [], [rules[0]])
    told = choose(draws_of(within, [], seed=1), options, cap_usd=CAP)

    always = next(each for each in told.rated if each.option.name == "24/7")
    assert always.option.breaks == (
        "$2.00/h at 2026-11-02 00:00 UTC; the budget is $1.00/h.",
    )
    assert told.expected.option.name == NOTHING


def test_doing_nothing_is_not_best_while_something_keeps_the_floor_that_it_breaks():
    """A floor of one replica that earns nothing: it loses $2 in every world."""
    floor = problem(demand(0, least_replicas=1), candidate())
    best = solve(floor)
    assert isinstance(best, Solved)

    told = choose(draws_of(floor, [], seed=1), options_of(floor, best, []), cap_usd=CAP)

    assert told.agree and told.expected.option.name == AS_ASKED
    nothing_rented = next(e for e in told.rated if e.option.name == NOTHING)
    assert nothing_rented.option.breaks == (
        "0 of qwen at 2026-11-02 00:00 UTC; the floor is 1.",
    )


def test_where_nothing_keeps_the_limits_doing_nothing_is_taken_and_says_what_it_breaks():
    broken = Option(NOTHING, nothing(HOUR), breaks=("0 of qwen; the floor is 1.",))
    dear = Option("1 replicas", rented(1).schedule, breaks=("$2.00/h is too much.",))

    told = choose(worlds(*["1"] * 10), [broken, dear], cap_usd=CAP)

    assert told.expected.option is broken
    assert told.sentences[1] == "do nothing: 0 of qwen; the floor is 1."


def test_the_options_are_schedules_of_several_levels_of_demand_and_the_rules_of_thumb():
    best = solve(HOUR)
    assert isinstance(best, Solved)

    options = options_of(HOUR, best, [LEVEL], simple_strategies(HOUR))

    names = {name for each in options for name in (each.name, *each.also)}
    assert names >= {AS_ASKED, NOTHING, "24/7", "best at demand P90"}
    assert len({(each.schedule, each.scaling) for each in options}) == len(options)
    # P90 asks for three replicas: 2.4 hours of work
    assert next(o for o in options if o.name == "best at demand P90").schedule.replicas == (
        (3,),
    )
