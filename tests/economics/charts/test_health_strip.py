from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.charts import Span, strip_segments

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = START + timedelta(hours=1)


def minute(n: float) -> datetime:
    return START + timedelta(minutes=n)


def shown(spans):
    strip = strip_segments(spans, START, END)
    return [(s.state, s.left_percent, s.width_percent) for s in strip.segments]


def test_spans_become_percentages_of_the_window():
    spans = [Span("loading", minute(0), minute(15)), Span("ready", minute(15), minute(60))]
    assert shown(spans) == [("loading", 0.0, 25.0), ("ready", 25.0, 75.0)]


def test_time_without_a_span_is_no_data_and_not_down():
    spans = [Span("ready", minute(15), minute(30))]
    assert shown(spans) == [
        ("no data", 0.0, 25.0),
        ("ready", 25.0, 25.0),
        ("no data", 50.0, 50.0),
    ]
    assert shown([]) == [("no data", 0.0, 100.0)]


def test_a_state_that_still_holds_reaches_the_end_of_the_window():
    assert shown([Span("ready", minute(-30))]) == [("ready", 0.0, 100.0)]


def test_a_state_lasts_until_the_next_one_begins():
    spans = [Span("ready", minute(0)), Span("dead", minute(45))]
    assert shown(spans) == [("ready", 0.0, 75.0), ("dead", 75.0, 25.0)]


def test_neighbours_of_one_state_are_one_bar():
    spans = [Span("ready", minute(0), minute(30)), Span("ready", minute(30))]
    assert shown(spans) == [("ready", 0.0, 100.0)]


def test_spans_outside_the_window_are_left_out():
    spans = [
        Span("dead", minute(-60), minute(0)),
        Span("dead", minute(60)),
        Span("ready", minute(0)),
    ]
    assert shown(spans) == [("ready", 0.0, 100.0)]


def test_the_caption_and_the_table_say_the_same_in_words():
    strip = strip_segments([Span("ready", minute(0), minute(45))], START, END)
    assert strip.caption == "ready 75.0%, no data 25.0%"
    assert strip.table.rows[0] == ("ready", "2026-03-01 12:00:00", "2026-03-01 12:45:00")
    assert strip.segments[0].text == "ready 12:00:00 to 12:45:00 UTC"


SPANS = st.lists(
    st.builds(
        lambda state, start, length: Span(
            state, minute(start), None if length is None else minute(start + length)
        ),
        st.sampled_from(["ready", "busy", "dead"]),
        st.integers(-30, 90),
        st.none() | st.integers(0, 60),
    ),
    max_size=8,
)


@given(SPANS)
def test_the_segments_cover_the_window_exactly_once(spans):
    segments = strip_segments(spans, START, END).segments
    assert sum(s.width_percent for s in segments) == pytest.approx(100, abs=0.05)
    edge = 0.0
    for segment in segments:
        assert segment.left_percent == pytest.approx(edge, abs=0.01)
        assert segment.width_percent > 0
        edge = segment.left_percent + segment.width_percent


def test_an_empty_window_is_refused():
    with pytest.raises(ValueError, match="must lie after"):
        strip_segments([], START, START)
