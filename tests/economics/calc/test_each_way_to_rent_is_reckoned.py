"""A day of each way to rent by hand: scheduled hours, serverless, spot.

Rent 0.50/h, net price 0.20 per 1M, 400 M tokens a day when full; 60 M are asked for, and
the planned utilization is 0.7. On demand: 60 × 0.20 − 24 × 0.50 = 12 − 12 = 0.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from economics.calc.decide import (
    Input,
    Serving,
    Way,
    break_even_utilization_at,
    changes_of,
    day_money,
    refusal_of,
    rent_of_day,
)
from economics.calc.unknown import Unknown
from tests.economics.candidates import SAFER, candidate

D = Decimal
HOURS = Serving(
    Way.HOURS,
    hours=D(9),
    share=D("0.5"),
    starting=D(1),
    words="13:00 to 21:00 UTC",
)
SERVERLESS = Serving(Way.SERVERLESS, starting=D(2), busy_only=True)
ALL_DAY = Serving()
SPOT = Serving(Way.SPOT, useful=D("0.5"))


def one(serving: Serving = ALL_DAY, **inputs: str):
    given = {"rent": "0.50", "price": "0.20", "demand": "60e6", "speed": "400e6"} | inputs
    return candidate(serving=serving, **given)


@pytest.mark.parametrize(
    ("serving", "inputs", "profit"),
    [
        (Serving(), {}, "0"),
        # 30 M of the window × 0.20 − 9 × 0.50
        (HOURS, {}, "1.5"),
        # full in 8 h: 400 × 8/24 × 0.7 = 93.33 M × 0.20 − 4.50
        (HOURS, {"demand": "1000e6"}, "14.16667"),
        # 12 − 0.50 × (2 h of starting + 24 × 60/400 = 3.6 h of work)
        (SERVERLESS, {}, "9.2"),
        # held by what a worker can: 400 × 22/24 × 0.7 = 256.67 M
        (SERVERLESS, {"demand": "1000e6"}, "42.63333"),
        # spot at 0.20/h, half of it reloading: 12 − 4.80
        (SPOT, {"rent": "0.20"}, "7.2"),
        # held by 400 × 0.5 × 0.7 = 140 M: 28 − 4.80
        (SPOT, {"rent": "0.20", "demand": "1000e6"}, "23.2"),
    ],
)
def test_the_days_of_each_way(serving, inputs, profit):
    money = day_money(one(serving, **inputs), SAFER)

    assert abs(money.mid - D(profit)) < D("0.00001")


def test_the_rent_of_a_day_is_of_the_hours_that_are_paid():
    rents = [rent_of_day(one(each), SAFER) for each in (Serving(), HOURS, SERVERLESS)]

    assert rents == [D(12), D("4.5"), D("2.8")]


def test_the_utilization_that_pays_counts_the_hours_that_are_paid():
    # rent × 1.33 = 0.665; on demand 15.96 / (400 × 0.20 = 80); hours 5.985 / 26.667;
    # serverless 1.33 / (400 × 22/24 × 0.20 = 73.333 − 0.665 × 22 = 14.63)
    found = [break_even_utilization_at(one(each), SAFER) for each in (Serving(), HOURS)]
    found.append(break_even_utilization_at(one(SERVERLESS), SAFER))

    assert [round(each, 5) for each in found] == [
        D("0.19950"),
        D("0.22444"),
        D("0.02266"),
    ]


def test_a_worker_whose_work_costs_more_than_it_earns_never_pays():
    # a full hour: 16.67 M × 0.02 = 0.333 against 0.50
    cheap = one(SERVERLESS, price="0.02")

    assert break_even_utilization_at(cheap, SAFER) == Unknown(
        "each hour of work costs more than it earns, at any utilization"
    )
    assert refusal_of(cheap, SAFER).sentence.startswith("It cannot break even: filled all")


def test_a_refusal_of_scheduled_hours_names_them():
    # full: 400 × 8/24 × 0.02 = 2.67 − 4.50
    assert refusal_of(one(HOURS, price="0.02"), SAFER).sentence == (
        "It cannot break even: filled 13:00 to 21:00 UTC it would lose $1.83 a day at "
        "today's price and rent."
    )


def test_what_is_out_of_stock_is_refused_before_its_money():
    out = candidate(cannot_rent="it is out of stock at sandbox", price="1000")

    assert refusal_of(out, SAFER).sentence == (
        "It cannot be rented now: it is out of stock at sandbox."
    )


def turned_to(found, name: Input, value: Decimal):
    figures = {**found.figures}
    figures[name] = figures[name].times(value / figures[name].mid)
    return replace(found, figures=figures)


@pytest.mark.parametrize("serving", [Serving(), HOURS, SERVERLESS, SPOT])
@pytest.mark.parametrize("price", ["0.04", "0.20", "0.60"])
def test_each_change_is_where_the_day_neither_earns_nor_loses(serving, price):
    found = one(serving, price=price)
    changes = changes_of(found, SAFER)

    assert {Input.PRICE, Input.RENT} <= {each.name for each in changes}
    for change in changes:
        then = day_money(turned_to(found, change.name, change.needed), SAFER)
        assert abs(then.mid) < D("0.000001"), change


def test_the_hours_of_a_day_have_to_be_hours():
    for wrong in ({"hours": D(25)}, {"starting": D(25)}, {"share": D(0)}, {"useful": D(2)}):
        with pytest.raises(ValueError, match="must be"):
            Serving(**wrong)
