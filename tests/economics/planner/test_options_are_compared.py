from decimal import Decimal

import pytest

from economics.calc.unknown import Unknown
from economics.planner.compare import CompareRow, compared
from economics.planner.option import PlanOption, priced
from tests.economics.planner.machines import make_machine, make_speed, make_what_if


def options() -> list[PlanOption]:
    machines = [
        make_machine("one", usd="0.74"),
        make_machine("two", usd="0.34", cloud="community"),
        make_machine("three", usd="2.00", speed=Unknown("nobody measured it")),
    ]
    return [priced(machine, make_what_if()) for machine in machines]


def rows() -> dict[str, CompareRow]:
    return {row.label: row for row in compared(options())}


def test_the_best_of_a_row_is_named_with_its_reason():
    price = rows()["Price per hour"]

    assert (price.cells[price.winner], price.why) == (Decimal("0.34"), "lowest")


def test_an_unknown_figure_never_wins():
    cost = rows()["Cost per 1M tokens of this mix"]

    assert isinstance(cost.cells[2], Unknown) and cost.winner == 1


def test_equal_figures_have_no_winner_and_do_not_differ():
    start = rows()["Start to first token, s"]

    assert (start.winner, start.differs) == (None, False)


def test_what_differs_is_marked():
    assert rows()["Provider"].differs and not rows()["GPUs"].differs


def test_more_speed_wins_and_more_time_loses():
    machines = [make_machine("slow"), make_machine("fast", speed=make_speed("0.0001"))]
    two = {
        row.label: row.winner
        for row in compared([priced(each, make_what_if()) for each in machines])
    }

    assert two["Output tokens per second"] == 1 and two["Profit a day at our price"] == 1


def test_five_are_too_many_to_compare():
    with pytest.raises(ValueError, match="at most 4"):
        compared([priced(make_machine(), make_what_if())] * 5)
