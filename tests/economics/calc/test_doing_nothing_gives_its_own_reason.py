"""Where a goal's weights put "do nothing" first, that is said, not that nothing pays."""

from decimal import Decimal

from economics.calc.decide import (
    Criterion,
    Goal,
    answer_goal,
    what_would_change,
)
from tests.economics.candidates import SAFER, candidate

CASH = Goal("cash", "Spend nothing", {Criterion.CASH: Decimal(1)})
PROFIT = Goal("profit", "Earn", {Criterion.PROFIT: Decimal(1)})
PAYS = candidate(title="a 4090 that pays", at_policy="0.10")


def test_a_machine_that_pays_is_not_told_as_one_that_does_not():
    assert not answer_goal(PROFIT, [PAYS], SAFER).is_nothing

    answer = answer_goal(CASH, [PAYS], SAFER)

    assert answer.is_nothing
    assert answer.reason == (
        "Do nothing: by the weights of this goal it comes first, 1.00 against 0.00 of a "
        "4090 that pays, which is expected to earn $4.34 a day."
    )


def test_no_input_of_a_refused_machine_is_told_as_what_would_change_it():
    dear = candidate("dear", rent="3", title="a dear one", at_policy="0.0357")

    answer = answer_goal(CASH, [PAYS, dear], SAFER)

    assert what_would_change(answer, SAFER) == []
    assert answer.nearest == PAYS


def test_where_nothing_pays_the_nearest_is_the_first_that_was_refused():
    dear = candidate("dear", rent="3", at_policy="0.0357")

    answer = answer_goal(PROFIT, [dear], SAFER)

    assert answer.reason.startswith("Do nothing: nothing pays. The nearest is")
    assert answer.nearest == dear and what_would_change(answer, SAFER)
