"""Cases worked out by hand: a replica serves 3,600 tokens an hour, and earns $3.60."""

from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.planner.schedule.problem import Limits, Rental
from economics.planner.schedule.solve import Solved, best_profit, solve
from tests.economics.planner.schedule.problems import candidate, demand, problem


def solved(*parts, **more) -> Solved:
    found = solve(problem(*parts, **more), gap=0)
    assert isinstance(found, Solved), found
    return found


def test_an_hour_is_run_when_it_earns_more_than_its_rent():
    found = solved(demand(3600, 1000, 2500), candidate(usd="2"))

    assert found.schedule.replicas == ((1, 0, 1),)
    assert found.profit_usd == Decimal("2.1")  # 3.60 + 2.50 - 2 x 2


def test_a_start_that_costs_more_than_an_idle_hour_is_bridged():
    found = solved(demand(3600, 1000, 3600), candidate(usd="2", load_usd=Decimal("1.2")))

    assert found.schedule.replicas == ((1, 1, 1),)
    assert found.profit_usd == Decimal("1.0")  # 8.20 - 6 - 1.20


def test_loading_is_paid_and_serves_nothing():
    found = solved(demand(3600, 3600), candidate(usd="1", load_seconds=Decimal(1800)))

    assert found.profit_usd == Decimal("3.4")  # half of the first hour, all of the second


def test_a_load_of_more_than_an_hour_reaches_into_the_next():
    found = solved(demand(0, 3600, 3600), candidate(usd="1", load_seconds=Decimal(5400)))

    assert found.schedule.replicas == ((1, 1, 1),)
    assert found.profit_usd == Decimal("2.4")  # 1.80 + 3.60 - 3


def test_a_minimum_run_keeps_a_replica_through_poor_hours():
    found = solved(demand(9000, 0, 0, 0), candidate(stock=3, min_run_hours=3, usd="1"))

    assert found.schedule.replicas == ((2, 2, 2, 0),)
    assert found.profit_usd == Decimal("1.2")  # 7.20 - 6; a third would earn 1.80 - 3


def test_a_replica_that_runs_already_has_no_start():
    found = solved(demand(3600), candidate(load_usd=Decimal(5), running=1))

    assert (found.profit_usd, found.money.starts) == (Decimal("1.6"), 0)


def test_serverless_takes_what_a_pod_is_too_dear_for():
    worker = candidate("worker", "3", rental=Rental.SERVERLESS, stock=4)
    found = solved(demand(3600, 360), candidate(usd="2"), worker)

    assert found.schedule.replicas[0] == (1, 0)
    assert found.profit_usd == Decimal("1.66")  # 3.60 - 2, and 0.36 - 360 s x $3/h


def test_only_our_share_of_the_demand_is_served():
    found = solved(demand(7200, share=Decimal("0.25")), candidate(usd="1", stock=2))

    assert found.money.revenue_usd == Decimal("1.8")


def test_the_day_budget_holds_for_each_utc_day():
    found = solved(
        demand(*[3600] * 48), candidate(usd="2"), limits=Limits(usd_per_day=Decimal(20))
    )

    assert (
        sum(found.schedule.replicas[0][:24]) == sum(found.schedule.replicas[0][24:]) == 10
    )


def test_nothing_is_rented_where_nothing_earns_its_rent():
    found = solved(demand(1000, 1000), candidate(usd="2"))

    assert found.schedule.replicas == ((0, 0),)
    assert found.profit_usd == 0


def test_the_best_profit_of_a_day_is_one_figure():
    asked = problem(demand(*[3600] * 12), candidate(usd="2"), fixed_usd_per_day=Decimal(1))

    assert best_profit(asked) == Decimal("37.4")  # 24 x (3.60 - 2) - 1


def test_the_best_profit_is_unknown_where_the_limits_conflict():
    asked = problem(
        demand(3600, least_replicas=2),
        candidate(usd="4.99", stock=4),
        limits=Limits(usd_per_hour=Decimal(8)),
    )

    assert isinstance(best_profit(asked), Unknown)
