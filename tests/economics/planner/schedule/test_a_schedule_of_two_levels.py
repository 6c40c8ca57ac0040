from decimal import Decimal

from economics.planner.schedule.money import Schedule, money_of
from economics.planner.schedule.problem import Limits
from economics.planner.schedule.reached import reached_limits
from economics.planner.schedule.two_levels import two_levels
from economics.planner.schedule.words import row_words
from tests.economics.planner.schedule.problems import MONDAY, candidate, demand, problem


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


def test_a_row_of_many_stretches_is_cut():
    row = [0, 1] * 8

    assert row_words(row, MONDAY).endswith("and 2 stretches more, which the table has")
