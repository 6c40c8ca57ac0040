from datetime import UTC, datetime, timedelta
from decimal import Decimal

import plotly.graph_objects as go
import pytest

from fleet.charts.step_lines import PriceLine, PriceStep, points, price_history

SINCE = datetime(2026, 7, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


def step(price: str, first: datetime, last: datetime) -> PriceStep:
    return PriceStep(Decimal(price), first, last)


def line(*steps: PriceStep, name: str = "runpod secure", is_live: bool = True) -> PriceLine:
    return PriceLine(name, steps, gap_after=timedelta(days=30), is_live=is_live)


HELD = line(step("2.99", day(7, 27), day(7, 27)), step("3.29", day(8, 19), day(8, 25)))
SILENT = line(step("3.29", day(8, 19), day(8, 19)), step("3.49", day(10, 7), day(10, 7)))


def test_a_price_holds_until_the_next_one_is_seen():
    assert points(HELD, SINCE) == [
        (day(7, 27), Decimal("2.99")),
        (day(8, 19), Decimal("3.29")),
        (day(8, 25), Decimal("3.29")),
    ]


def test_a_silence_of_more_than_two_intervals_is_a_gap():
    assert points(SILENT, SINCE) == [
        (day(8, 19), Decimal("3.29")),
        (day(8, 19), None),
        (day(10, 7), Decimal("3.49")),
    ]


def test_a_line_ends_where_the_price_was_last_seen_and_not_at_now():
    assert points(HELD, SINCE)[-1][0] == day(8, 25)


def test_a_line_begins_at_the_window():
    early = line(step("2.99", day(3, 1), day(8, 1)))

    assert points(early, SINCE)[0] == (SINCE, Decimal("2.99"))


def test_the_figure_is_drawn_as_steps_with_gaps_and_its_unit():
    chart = price_history([HELD, SILENT], gpu="H100", since=SINCE, now=NOW)

    for trace in chart.figure["data"]:
        assert trace["line"]["shape"] == "hv"
        assert trace["connectgaps"] is False
    assert chart.figure["data"][1]["y"] == [3.29, None, 3.49]
    assert chart.figure["layout"]["yaxis"]["title"]["text"] == "USD per GPU-hour"
    go.Figure(chart.figure)  # plotly knows every property of it


def test_what_is_not_live_is_dotted():
    shipped = line(*HELD.steps, is_live=False)

    chart = price_history([shipped], gpu="x", since=SINCE, now=NOW)

    assert chart.figure["data"][0]["line"]["dash"] == "dot"


@pytest.mark.parametrize(
    ("lines", "caption"),
    [
        ([], "No price of H100 was observed in this time"),
        (
            [HELD],
            "H100: the lowest last price is $3.29 per GPU-hour (runpod secure); "
            "runpod secure rose 10% since 2026-07-27",
        ),
        (
            [line(step("2.00", day(8, 1), day(8, 2)), name="vast")],
            "H100: the lowest last price is $2.00 per GPU-hour (vast); no price moved",
        ),
    ],
)
def test_the_caption_states_the_finding(lines: list[PriceLine], caption: str):
    assert price_history(lines, gpu="H100", since=SINCE, now=NOW).caption == caption


def test_the_table_has_a_row_for_every_step():
    chart = price_history([HELD], gpu="H100", since=SINCE, now=NOW)

    assert chart.rows == (
        ("runpod secure", "2026-07-27 00:00", "2026-07-27 00:00", "$2.9900"),
        ("runpod secure", "2026-08-19 00:00", "2026-08-25 00:00", "$3.2900"),
    )
