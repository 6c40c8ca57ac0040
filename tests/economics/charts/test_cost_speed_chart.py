from decimal import Decimal
from math import log10
from random import Random

import pytest

from economics.charts.cost_speed import (
    LABEL_WIDTH,
    MOST_LABELS,
    CostSpeed,
    Plot,
    cost_speed,
)


def dot(key: str, cost: str, speed: int, *, is_chosen: bool = False) -> CostSpeed:
    return CostSpeed(
        key,
        f"1× {key}, runpod",
        f"1× {key}",
        Decimal(cost),
        Decimal(speed),
        Decimal(speed) / 2,
        Decimal(speed) * 2,
        is_chosen,
    )


DOTS = [dot("slow", "0.05", 900), dot("fast", "0.20", 5_000), dot("beaten", "0.30", 4_000)]


def test_every_option_is_a_dot_with_its_band_and_key():
    trace = cost_speed(DOTS).figure["data"][0]

    assert trace["customdata"] == ["slow", "fast", "beaten"]
    assert trace["error_x"]["array"] == [900, 5_000, None]  # only where it is named


def test_the_line_joins_only_what_no_option_beats():
    line = cost_speed(DOTS).figure["data"][1]

    assert (line["x"], line["y"]) == ([900, 5_000], [0.05, 0.2])


def test_the_title_is_the_finding_with_its_numbers():
    chart = cost_speed(DOTS, left_out=3)

    assert chart.caption.startswith(
        "Cheapest: 1× slow, runpod at $0.0500/1M tokens; 1 more are faster"
    )
    assert "3 options have no known speed" in chart.caption


def names(*dots: CostSpeed) -> list[str]:
    return [each["text"] for each in cost_speed(dots).figure["layout"]["annotations"]]


def test_no_more_labels_than_can_be_read():
    many = [dot(f"g{n}", f"{10 ** (n / 9 - 2):.5f}", 10 * 4**n) for n in range(20)]

    assert len(names(*many)) == MOST_LABELS


def test_both_ends_of_the_line_are_named_and_what_is_beaten_is_not():
    assert names(*DOTS) == ["1× slow", "1× fast"]


def test_a_label_that_would_lie_on_another_is_left_out():
    close = dot("close", "0.052", 910)

    assert names(close, *DOTS) == ["1× slow", "1× fast"]


def test_the_chosen_option_is_named_before_all_others():
    close = dot("close", "0.052", 910, is_chosen=True)

    assert names(close, *DOTS) == ["1× close", "1× fast"]


@pytest.mark.parametrize("seed", range(40))
def test_no_two_labels_meet_on_a_phone(seed: int):
    rolls = Random(seed)
    dots = [
        dot(f"g{n}", f"{rolls.uniform(0.01, 2):.4f}", rolls.randint(50, 90_000))
        for n in range(rolls.randint(1, 60))
    ]
    plot, front = Plot.of(dots), [each for each in dots if each.key in ("g0", "g1", "g2")]

    labels = plot.labels(dots, front)

    for n, one in enumerate(labels):
        assert not any(map(one.meets, labels[n + 1 :]))
        assert one.left > -0.01 and one.left + LABEL_WIDTH < 1.01


def test_one_option_alone_has_axes_too():
    layout = cost_speed([dot("only", "0.05", 900)]).figure["layout"]

    low, high = layout["yaxis"]["range"]
    assert low < log10(0.05) < high


def test_the_chosen_option_is_told_by_its_shape_too():
    marker = cost_speed([*DOTS, dot("mine", "0.1", 500, is_chosen=True)]).figure["data"][0]

    assert marker["marker"]["symbol"].count("star") == 1


def test_without_options_it_says_so():
    assert cost_speed([]).caption == "No option has a known cost and speed"


def test_the_table_has_a_row_an_option():
    table = cost_speed(DOTS).table

    assert [row[3] for row in table.rows] == ["yes", "yes", "no"]
