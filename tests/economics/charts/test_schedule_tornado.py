from dataclasses import replace
from decimal import Decimal

from economics.charts.schedule_tornado import MOST_BARS, TornadoBar, schedule_tornado

BASE = Decimal("0.80")
DEMAND = TornadoBar(
    *("demand", "demand of qwen", "0.03M tokens/day", Decimal("-1.30")),
    *("0.13M tokens/day", Decimal("2.60"), "a test"),
)
RENT = TornadoBar(
    *("GPU price", "GPU price of 1× H100, secure", "$1.80/h", Decimal("1.20")),
    *("$2.20/h", Decimal("0.40"), "a test"),
)


def drawn(*bars: TornadoBar, simulated: bool = False):
    return schedule_tornado(bars, base_usd=BASE, simulated=simulated)


def test_bars_begin_at_the_profit_as_asked_and_end_at_the_profit_of_their_value():
    low, high = drawn(DEMAND, RENT).figure["data"]

    assert (low["base"], list(low["x"])) == (0.8, [-2.1, 0.4])
    assert (high["base"], list(high["x"])) == (0.8, [1.8, -0.4])


def test_the_values_of_the_inputs_stand_on_the_bars():
    low, high = drawn(DEMAND, RENT).figure["data"]

    assert list(low["text"]) == ["0.03M tokens/day", "$1.80/h"]
    assert list(high["text"]) == ["0.13M tokens/day", "$2.20/h"]


def test_the_title_says_the_base_and_what_moves_it_most():
    assert drawn(DEMAND, RENT).caption == (
        "As asked it earns $0.80; demand moves it most: −$1.30 at 0.03M "
        "tokens/day, $2.60 at 0.13M tokens/day."
    )
    assert drawn().caption == "No input moves the $0.80 that it earns as asked."


def test_only_the_widest_are_drawn_and_all_are_in_the_table():
    many = [
        TornadoBar("input", f"input {n}", "× 1", BASE, "× 2", BASE, "a test")
        for n in range(MOST_BARS + 3)
    ]

    chart = drawn(*many)

    assert len(chart.figure["data"][0]["y"]) == MOST_BARS
    assert len(chart.table.rows) == MOST_BARS + 3
    assert drawn(DEMAND).table.rows[0] == (
        *("demand of qwen", "0.03M tokens/day", "−$1.30", "0.13M tokens/day", "$2.60"),
        "a test",
    )


def test_an_input_is_named_by_as_few_words_as_tell_it_apart():
    other = replace(RENT, label="GPU price of 1× L4, secure")
    third = replace(RENT, label="GPU price of 1× L4, community")

    def labels(*bars: TornadoBar) -> list[str]:
        return list(drawn(*bars).figure["data"][0]["y"])

    assert labels(DEMAND, RENT) == ["demand", "GPU price"]
    assert labels(RENT, other) == ["GPU price of 1× H100", "GPU price of 1× L4"]
    assert labels(RENT, other, third) == ["GPU price of 1× H100", other.label, third.label]


def test_simulated_demand_is_marked():
    chart = drawn(DEMAND, simulated=True)

    assert chart.figure["layout"]["meta"] == {"simulated": True}
    assert chart.caption.endswith("Simulated demand.")
    assert {bar["marker"]["pattern"]["shape"] for bar in chart.figure["data"]} == {"/"}
