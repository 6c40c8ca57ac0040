from decimal import Decimal

from economics.charts.frontier_map import frontier_map
from economics.planner.frontier import Frontier

GRID = Frontier(
    factors=(Decimal("0.5"), Decimal(1)),
    utilizations=(Decimal(0), Decimal("0.5"), Decimal(1)),
    profit_usd=(
        (Decimal(-24), Decimal(-18), Decimal(-12)),
        (Decimal(-24), Decimal(-12), Decimal(0)),
    ),
)


def drawn(**changes):
    facts = {
        "usd_per_million": Decimal("0.10"),
        "here": (Decimal("0.5"), Decimal(1)),
        "here_usd": Decimal(-12),
    }
    return frontier_map(GRID, **(facts | changes))


def test_profit_is_drawn_over_per_cent_and_price():
    heat = drawn().figure["data"][0]

    assert (heat["x"], heat["y"]) == ([0, 50, 100], [0.05, 0.1])
    assert heat["z"] == [[-24, -18, -12], [-24, -12, 0]]


def test_zero_is_the_middle_of_the_colours_and_a_line():
    heat, zero, _ = drawn().figure["data"]

    assert heat["zmid"] == 0
    assert (zero["contours"]["start"], zero["contours"]["end"]) == (0, 0)


def test_the_plan_says_where_it_stands():
    chart = drawn()
    here = chart.figure["data"][2]

    assert (here["x"], here["y"], here["text"]) == ([50], [0.1], ["you are here"])
    assert chart.caption.startswith("At 50 % utilization this option loses $12.00 a day")


def test_the_table_has_the_same_numbers():
    table = drawn().table

    assert table.headers == ("USD per 1M", "0 %", "100 %")
    assert table.rows[1] == ("0.1000", "−$24.00", "$0.00")
