"""Each input of a plan alone, lower and higher: which one moves the day's profit most."""

from dataclasses import replace
from decimal import Decimal

import pytest

from economics.calc.unknown import Unknown
from economics.planner.money import Assumptions
from economics.planner.tornado import Swing, profit_of, swings
from tests.economics.planner.machines import (
    MIX,
    make_machine,
    make_speed,
    make_what_if,
)


def found(machine=None, what_if=None) -> dict[str, Swing]:
    moved = swings(machine or make_machine(), what_if or make_what_if())
    assert not isinstance(moved, Unknown)
    return {each.name: each for each in moved}


def test_the_widest_comes_first():
    widths = [each.width for each in found().values()]

    assert widths == sorted(widths, reverse=True) and len(widths) > 4


def test_rent_moves_the_day_by_what_the_gpus_cost():
    rent = found()["rent"]

    assert (rent.low, rent.high) == (Decimal("0.592"), Decimal("0.888"))
    assert rent.low_usd - rent.high_usd == Decimal("0.74") * Decimal("0.4") * 24


def test_the_disk_stays_when_the_gpu_price_moves():
    machine = make_machine()
    disk = replace(machine, price=replace(machine.price, usd_per_hour=Decimal("0.84")))

    rent = found(disk)["rent"]

    assert (rent.low, rent.high) == (Decimal("0.692"), Decimal("0.988"))


def test_the_speed_goes_as_far_as_its_evidence_says():
    machine = make_machine(speed=make_speed(low="0.5"))

    speed = found(machine)["speed of a full replica"]

    assert round(speed.high / speed.low, 12) == Decimal("2.4")
    assert speed.source == "the band of its evidence (published)"


def test_each_end_is_the_plans_own_profit():
    what_if = make_what_if("0.5")
    low = replace(what_if, assumed=Assumptions(MIX, Decimal("0.4")))

    assert found()["utilization"].low_usd == profit_of(make_machine(), low)


def test_a_share_ends_at_one():
    high = found(what_if=make_what_if("0.9"))["utilization"]

    assert (high.low, high.high) == (Decimal("0.72"), Decimal(1))


def test_an_input_that_moves_nothing_is_left_out():
    assert "take rate" not in found()  # it is 0


@pytest.mark.parametrize(
    ("machine", "what_if"),
    [
        (make_machine(speed=Unknown("nobody measured it")), make_what_if()),
        (make_machine(), make_what_if(rates=Unknown("no price is set"))),
    ],
)
def test_what_is_unknown_has_no_bars(machine, what_if):
    assert isinstance(swings(machine, what_if), Unknown)


def test_a_price_moves_by_a_fifth_to_either_side():
    price = found()["our price"]

    assert price.high / price.low == Decimal("1.5")
