"""A bar a start: its stages end to end, what is not known a gap with a word."""

import plotly.graph_objects as go
import pytest

from fleet.charts.start_up import (
    UNTOLD,
    StagePart,
    StartBar,
    StartUpChart,
    segments,
    start_up_chart,
)
from fleet.templatetags.numbers import duration_words

STAGES = (
    *("requested", "creating", "machine and image"),
    *("engine start", "weights", "graphs and cache"),
)
SECONDS = (5.0, 10.0, 60.0, 25.0, 240.0, 30.0)  # 370 s together


def bar(*seconds: float | None, label: str = "11-24 13:20", **columns: object) -> StartBar:
    parts = tuple(
        StagePart(name, length, missing="" if length is not None else "not reached")
        for name, length in zip(STAGES, seconds, strict=True)
    )
    whole: dict[str, object] = {
        "label": label,
        "pod": "llama-a-1",
        "gpus": "1× H100",
        "parts": parts,
        "total": sum(length or 0.0 for length in seconds),
        "outcome": "ready",
        "address": "/fleet/pods/1/",
    }
    return StartBar(**(whole | columns))  # type: ignore[arg-type]


def median_bar(*seconds: float | None, total: float) -> StartBar:
    return bar(
        *seconds,
        **{"label": "median of 5", "pod": "", "gpus": "", "address": ""},
        outcome="median",
        total=total,
    )


MEDIAN = median_bar(4.0, 8.0, 55.0, 24.0, 180.0, 28.0, total=302.0)
LUMPED = bar(
    *(5.0, 10.0, 60.0, None, None, None),
    parts=(
        StagePart("requested", 5.0),
        StagePart("creating", 10.0),
        StagePart(
            "machine and image",
            200.0,
            joined=("engine start", "weights", "graphs and cache"),
        ),
        *(StagePart(name, None, missing="with machine and image") for name in STAGES[3:]),
    ),
    total=215.0,
)


def chart(
    *starts: StartBar, median: StartBar | None = None, simulated: bool = False
) -> StartUpChart:
    return start_up_chart(
        starts,
        median,
        stages=STAGES,
        compared="the 5 starts before it",
        words=duration_words,
        simulated=simulated,
    )


def test_the_title_says_how_long_where_and_what_is_usual():
    assert chart(bar(*SECONDS), median=MEDIAN).caption == (
        "Start-up took 6 min 10 s, 4 min of it weights; "
        "the median of the 5 starts before it is 5 min 2 s."
    )


def test_a_first_start_says_that_there_is_none_to_compare_with():
    assert chart(bar(*SECONDS)).caption == (
        "Start-up took 6 min 10 s, 4 min of it weights; "
        "there is no earlier start to compare with."
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("so far", "The start-up of llama-a-1 has taken 1 min 15 s so far, 1 min of it"),
        ("ended here", "The start-up of llama-a-1 ended after 1 min 15 s without being"),
    ],
)
def test_a_start_that_is_not_ready_is_not_told_as_one_that_is(outcome: str, words: str):
    unready = bar(5.0, 10.0, 60.0, None, None, None, outcome=outcome)

    assert chart(unready).caption.startswith(words)


def test_the_stages_of_a_start_lie_end_to_end_and_add_up_to_it():
    pieces = segments(bar(*SECONDS))

    assert [piece.base for piece in pieces] == [0.0, 5.0, 15.0, 75.0, 100.0, 340.0]
    assert sum(piece.seconds for piece in pieces) == 370.0


def test_a_stage_that_was_not_reached_draws_nothing_and_has_a_word():
    found = chart(bar(5.0, 10.0, None, None, None, None, outcome="so far"))

    assert [trace["name"] for trace in found.figure["data"]] == ["requested", "creating"]
    assert found.rows[0][3:] == (
        *("5.0 s", "10 s"),
        *["— not reached"] * 4,
        "15 s, so far",
    )


def test_time_that_nothing_tells_apart_is_given_to_no_stage():
    found = chart(LUMPED)

    assert [piece.name for piece in segments(LUMPED)] == ["requested", "creating", UNTOLD]
    assert "machine and image" not in [trace["name"] for trace in found.figure["data"]]
    assert found.rows[0][6] == "— with machine and image"
    assert (
        "3 min 20 s of it machine and image, engine start, weights "
        "and graphs and cache together" in found.caption
    )


def test_a_median_whose_stages_are_not_all_known_shows_the_rest_as_not_told_apart():
    half = median_bar(4.0, 8.0, 55.0, None, None, None, total=302.0)

    last = segments(half)[-1]

    assert (last.name, last.base, last.seconds) == (UNTOLD, 67.0, 235.0)


def test_a_median_that_falls_short_of_its_stages_draws_no_rest():
    long = median_bar(100.0, 100.0, 100.0, None, 10.0, 10.0, total=302.0)

    assert UNTOLD not in [piece.name for piece in segments(long)]


def test_the_axis_is_in_minutes_for_long_starts_and_in_seconds_for_short_ones():
    long, short = chart(bar(*SECONDS)), chart(bar(1.0, 2.0, 3.0, 4.0, 5.0, 6.0))

    assert long.figure["layout"]["xaxis"]["title"]["text"] == "minutes since the request"
    assert [trace["x"] for trace in long.figure["data"]][4] == [4.0]
    assert short.figure["layout"]["xaxis"]["title"]["text"] == "seconds since the request"


def test_the_newest_start_stands_above_and_the_median_below_all():
    found = chart(bar(*SECONDS), bar(*SECONDS, label="11-23 09:00"), median=MEDIAN)

    order = found.figure["layout"]["yaxis"]["categoryarray"]
    assert order == ["median of 5", "11-23 09:00", "11-24 13:20"]
    assert [row[0] for row in found.rows] == list(reversed(order))


def test_a_bar_opens_its_pod_and_the_median_opens_nothing():
    weights = chart(bar(*SECONDS), median=MEDIAN).figure["data"][4]

    assert weights["customdata"] == ["/fleet/pods/1/", None]


def test_play_money_is_told_to_the_page():
    meta = chart(bar(*SECONDS), simulated=True).figure["layout"]["meta"]

    assert meta == {"simulated": True}


def test_plotly_knows_every_property():
    go.Figure(chart(bar(*SECONDS), LUMPED, median=MEDIAN).figure)
