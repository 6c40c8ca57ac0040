"""A question without an answer says which limits conflict, and what it would take."""

from decimal import Decimal

from economics.planner.schedule.problem import Limits, Rental
from economics.planner.schedule.solve import NoSchedule, solve
from tests.economics.planner.schedule.problems import candidate, demand, problem


def sentences(*parts, **more) -> tuple[str, ...]:
    found = solve(problem(*parts, **more))
    assert isinstance(found, NoSchedule)
    assert found.infeasible
    return found.sentences


def test_a_floor_above_the_hourly_budget():
    said = sentences(
        demand(3600, 3600, least_replicas=2),
        candidate(usd="4.99", stock=4),
        limits=Limits(usd_per_hour=Decimal(8), most_replicas=5),
    )

    assert said == (
        "An uptime floor of 2 replicas of qwen needs at least $9.98/h; "
        "the budget is $8.00/h.",
    )


def test_a_floor_above_the_days_budget_counts_the_load():
    said = sentences(
        demand(*[3600] * 24, least_replicas=1),
        candidate(usd="2", load_usd=Decimal("0.5")),
        limits=Limits(usd_per_day=Decimal(40)),
    )

    assert said == (
        "An uptime floor of 1 replica of qwen needs at least $48.50 a day; "
        "the budget is $40.00 a day.",
    )


def test_floors_of_two_models_above_the_most_replicas():
    said = sentences(
        demand(3600, least_replicas=1),
        demand(3600, model="llama", least_replicas=2),
        candidate(),
        candidate("l4", model="llama", stock=2),
        limits=Limits(most_replicas=2),
    )

    assert said == (
        "An uptime floor of 1 replica of qwen and an uptime floor of 2 replicas of llama "
        "need at least 3 replicas; at most 2 replicas may run at once.",
    )


def test_a_floor_above_the_stock():
    said = sentences(demand(3600, least_replicas=2), candidate(stock=1))

    assert said == (
        "These limits can not hold together: the stock (1 of h100) and an uptime floor of "
        "2 replicas of qwen.",
    )


def test_a_floor_that_only_spot_could_fill():
    said = sentences(
        demand(3600, least_replicas=1), candidate("spot", rental=Rental.SPOT, stock=5)
    )

    assert "only spot and serverless" in said[0]


def test_an_uptime_outside_of_the_allowed_hours():
    said = sentences(
        demand(3600, 3600, uptime=Decimal("0.9")), candidate(allowed=(True, False))
    )

    assert said == (
        "These limits can not hold together: the hours in which the candidates may run "
        "and an uptime of 90 % for qwen.",
    )
