from decimal import Decimal

from economics.charts.cost_speed import MOST_LABELS, CostSpeed, cost_speed


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


def test_no_more_labels_than_can_be_read():
    many = [dot(f"g{n}", f"0.{n:03}", n * 10) for n in range(1, 40)]

    texts = cost_speed(many).figure["data"][0]["text"]

    assert sum(map(bool, texts)) == MOST_LABELS


def test_the_chosen_option_is_told_by_its_shape_too():
    marker = cost_speed([*DOTS, dot("mine", "0.1", 500, is_chosen=True)]).figure["data"][0]

    assert marker["marker"]["symbol"].count("star") == 1


def test_without_options_it_says_so():
    assert cost_speed([]).caption == "No option has a known cost and speed"


def test_the_table_has_a_row_an_option():
    table = cost_speed(DOTS).table

    assert [row[3] for row in table.rows] == ["yes", "yes", "no"]
