"""docs/schedule.md: each input low and high, all others as asked, by hand."""

from decimal import Decimal
from pathlib import Path

import pytest

from economics.planner.schedule.money import Schedule
from economics.planner.schedule.risk.inputs import Input, Kind, Spread
from economics.planner.schedule.risk.tornado import tornado
from tests.economics.formula_page import worked_rows
from tests.economics.planner.schedule.problems import candidate, demand, problem
from tests.economics.planner.schedule.risk.worlds import (
    a_schedule,
    every_input,
    every_rental,
)

PAGE, HEADING = str(Path("..") / "schedule"), "A tornado by hand"


def example(rows: list[dict[str, str]]):
    asked = problem(demand(3600, 1800), candidate(load_seconds=Decimal(600)))
    inputs = []
    for row in rows:
        kind = Kind(row["input"])
        of = "qwen" if kind.is_of_models else "h100"
        spread = Spread(Decimal(row["low"]), Decimal(row["high"]), "by hand")
        inputs.append(Input(kind, (of,), spread))
    return asked, inputs


def test_the_page_and_the_tornado_agree():
    rows = worked_rows(PAGE, HEADING)
    asked, inputs = example(rows)

    told = tornado(asked, Schedule.of_replicas([(1, 1)]), inputs)

    assert told.base_usd == Decimal("0.8")
    assert [
        (bar.input.kind, bar.low.profit_usd, bar.high.profit_usd) for bar in told.bars
    ] == [
        (row["input"], Decimal(row["profit_low"]), Decimal(row["profit_high"]))
        for row in rows
    ]


def test_each_end_tells_the_value_of_its_input():
    asked, inputs = example(worked_rows(PAGE, HEADING))

    bars = tornado(asked, Schedule.of_replicas([(1, 1)]), inputs).bars

    assert {bar.input.kind.value: (bar.low.value, bar.high.value) for bar in bars} == {
        "demand": ("0.03M tokens/day", "0.13M tokens/day"),
        "throughput": ("0.5 tokens/s", "2.0 tokens/s"),
        "token price": ("$900.0000/1M", "$1,000.0000/1M"),
        "GPU price": ("$1.80/h", "$2.20/h"),
        "load time": ("300 s", "900 s"),
    }


@pytest.mark.parametrize(
    ("tokens", "low", "high"),
    [(3_000_000, "36.00M", "144M"), (50_000_000, "600M", "2.40B")],
)
def test_tokens_of_a_day_are_told_in_few_characters(tokens, low, high):
    level = Input(Kind.DEMAND, ("qwen",), Spread(Decimal("0.5"), Decimal(2), "by hand"))

    (bar,) = tornado(
        problem(demand(tokens), candidate()), Schedule.of_replicas([(1,)]), [level]
    ).bars

    assert (bar.low.value, bar.high.value) == (f"{low} tokens/day", f"{high} tokens/day")


def test_an_input_that_moves_several_which_differ_tells_its_factor():
    asked = problem(demand(3600), candidate(), candidate("l4", "1"))
    both = Input(
        Kind.RENT, ("h100", "l4"), Spread(Decimal("0.9"), Decimal("1.1"), "a test")
    )

    (bar,) = tornado(asked, Schedule.of_replicas([(1,), (0,)]), [both]).bars

    assert (bar.low.value, bar.high.value) == ("× 0.9", "× 1.1")


def test_the_widest_bar_comes_first():
    swings = [bar.swing_usd for bar in _all_bars().bars]

    assert swings == sorted(swings, reverse=True)


def test_an_input_without_a_low_and_a_high_of_its_own_is_named():
    assert _all_bars().left_out == (
        "demand of each hour of qwen: chance of every single hour, it has no low and high "
        "of its own.",
    )


def _all_bars():
    return tornado(every_rental(), a_schedule(), every_input())


@pytest.mark.parametrize("bar", _all_bars().bars, ids=lambda bar: bar.input.name)
def test_a_change_is_told_from_the_base(bar):
    base = _all_bars().base_usd

    assert bar.low.change_usd == bar.low.profit_usd - base
    assert bar.high.change_usd == bar.high.profit_usd - base
