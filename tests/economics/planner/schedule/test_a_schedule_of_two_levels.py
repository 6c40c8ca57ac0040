from decimal import Decimal

from economics.calc.unit_cost import TokenSeconds
from economics.planner.schedule.money import Schedule, money_of
from economics.planner.schedule.problem import Limits, Rental
from economics.planner.schedule.reached import reached_limits
from economics.planner.schedule.solve import Solved, solve
from economics.planner.schedule.two_levels import deployable, two_levels
from economics.planner.schedule.words import row_words
from tests.economics.planner.schedule.problems import MONDAY, candidate, demand, problem

TWO_SECONDS = TokenSeconds(Decimal(0), Decimal(0), Decimal(2))


def test_a_schedule_of_two_numbers_stays_as_it_is():
    asked = problem(demand(3600, 7200, 7200), candidate(stock=2))
    schedule = Schedule.of_replicas([[1, 2, 2]])

    near = two_levels(asked, schedule)

    assert near.schedule == schedule
    assert (near.levels[0].inside, near.levels[0].outside) == (2, 1)
    assert near.levels[0].hours == (False, True, True)


def test_of_three_numbers_the_pair_that_earns_most_is_kept():
    # None and 3: 10.80 - 6. One and 3 earns 3.60 more and rents two hours more at $2.
    asked = problem(demand(0, 3600, 10800), candidate(stock=3, usd="2"))

    near = two_levels(asked, Schedule.of_replicas([[0, 1, 3]]))

    assert near.schedule.replicas == ((0, 0, 3),)
    assert near.money.profit_usd == Decimal("4.8")


def test_no_pair_that_breaks_a_limit_is_taken_while_one_keeps_it():
    limits = Limits(usd_per_day=Decimal(8))
    asked = problem(demand(0, 3600, 10800), candidate(stock=3, usd="2"), limits=limits)

    near = two_levels(asked, Schedule.of_replicas([[0, 1, 3]]))

    assert not near.breaks
    assert money_of(asked, near.schedule).cost_usd <= 8


def test_a_reached_limit_is_named_with_its_hours():
    limits = Limits(usd_per_hour=Decimal(5), most_replicas=2)
    asked = problem(demand(3600, 9000), candidate(stock=4, usd="2"), limits=limits)
    schedule = Schedule.of_replicas([[1, 2]])

    assert reached_limits(asked, schedule, money_of(asked, schedule)) == (
        "At most 2 replicas at once: reached in 1 of 2 hours.",
        "Budget of $5.00/h: no room for one more replica in 1 of 2 hours; the most spent "
        "is $4.00/h.",
    )


def test_a_limit_with_room_is_not_named():
    asked = problem(demand(3600), candidate(stock=4), limits=Limits(most_replicas=4))
    schedule = Schedule.of_replicas([[1]])

    assert reached_limits(asked, schedule, money_of(asked, schedule)) == ()


def test_a_row_is_told_by_its_stretches():
    assert row_words([0, 2, 2, 1], MONDAY) == (
        "2 replicas from 01:00 to 03:00 UTC, 1 replica from 03:00 to 04:00 UTC"
    )
    assert row_words([1] * 30, MONDAY) == "1 replica in all hours"
    assert row_words([0, 0], MONDAY) == "none"


def test_a_row_of_many_stretches_is_told_as_a_whole():
    row = [0, 1] * 8

    assert row_words(row, MONDAY) == "0 to 1 replica, 8 replica-hours in 8 stretches"


def test_spot_is_kept_at_one_number():
    spot = candidate("spot", "1", rental=Rental.SPOT, stock=2)
    asked = problem(demand(3600, 0, 3600), spot)

    near = two_levels(asked, Schedule.of_replicas([[1, 0, 1]]))

    assert near.schedule.replicas == ((1, 1, 1),)


def test_one_machine_is_kept_where_several_earn_hardly_more():
    # The slow one serves 360 tokens more in the last hour: 0.36 - 0.30 of 16.06.
    slow = candidate("slow", "0.3", seconds=TWO_SECONDS, stock=1)
    asked = problem(demand(*[3600] * 9, 3960), candidate(stock=1, usd="2"), slow)
    best = solve(asked, gap=0)
    assert isinstance(best, Solved) and best.profit_usd == Decimal("16.06")

    near = deployable(asked, best.schedule)

    assert (near.machines, near.profit_usd) == (1, Decimal(16))


def test_several_machines_are_kept_where_they_pay():
    first, second = (candidate(key, "1", stock=1) for key in ("a", "b"))
    asked = problem(demand(7200, 7200), first, second)
    best = solve(asked, gap=0)
    assert isinstance(best, Solved)

    near = deployable(asked, best.schedule)

    assert near.machines == 2
    assert near.profit_usd == best.profit_usd == Decimal("10.4")


def test_an_endpoint_that_takes_all_is_kept_with_its_workers():
    # Each hour: 7.20 earned, 7200 s of workers at $1/h; a start of no time costs nothing.
    worker = candidate("worker", "1", rental=Rental.SERVERLESS, stock=4)
    asked = problem(demand(7200, 7200), candidate(usd="9"), worker)
    best = solve(asked, gap=0)
    assert isinstance(best, Solved)

    near = deployable(asked, best.schedule)

    assert near.workers == (0, 2) and not any(each.is_used for each in near.levels)
    assert near.profit_usd == best.profit_usd == Decimal("10.4")


def test_an_endpoint_beside_replicas_takes_what_they_leave():
    # The replica: 2 x (3.60 - 1). Workers at $3/h: the 3600 tokens of the first hour.
    worker = candidate("worker", "3", rental=Rental.SERVERLESS, stock=4)
    asked = problem(demand(7200, 3600), candidate(usd="1", stock=1), worker)
    best = solve(asked, gap=0)
    assert isinstance(best, Solved)

    near = deployable(asked, best.schedule)

    assert (near.levels[0].row(), near.workers) == ((1, 1), (0, 1))
    assert near.profit_usd == best.profit_usd == Decimal("5.8")


def test_an_endpoint_knows_no_hours_and_is_left_out_where_some_are_set():
    worker = candidate(
        "worker", "1", rental=Rental.SERVERLESS, stock=4, allowed=(True, False)
    )
    asked = problem(demand(3600, 3600), candidate(usd="9"), worker)
    best = solve(asked, gap=0)
    assert isinstance(best, Solved) and best.profit_usd > 0

    near = deployable(asked, best.schedule)

    assert (near.machines, near.profit_usd) == (0, 0)


def test_an_endpoint_that_breaks_a_limit_is_not_kept():
    worker = candidate("worker", "1", rental=Rental.SERVERLESS, stock=4)
    limits = Limits(usd_per_day=Decimal("1.5"))
    asked = problem(demand(3600, 3600), candidate(usd="9"), worker, limits=limits)
    best = solve(asked, gap=0)
    assert isinstance(best, Solved) and best.profit_usd > 0

    near = deployable(asked, best.schedule)

    assert (near.machines, near.breaks) == (0, ())


def test_a_floor_keeps_its_replica_although_it_loses():
    asked = problem(demand(0, 0, least_replicas=1), candidate(usd="2"))

    near = deployable(asked, Schedule.of_replicas([[1, 1]]))

    assert near.schedule.replicas == ((1, 1),)
    assert not near.breaks


def test_a_day_is_told_by_the_clock():
    row = [2] * 4 + [0] * 12 + [2] * 8  # from 20:00 on: runs from 12:00 to 24:00

    assert row_words(row, MONDAY.replace(hour=20)) == ("2 replicas from 12:00 to 00:00 UTC")
    assert row_words([1] * 24, MONDAY.replace(hour=20)) == "1 replica in all hours"
