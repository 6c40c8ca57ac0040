from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.counters import split_tokens_by_time
from tests.economics.formula_page import worked_rows

START = datetime(2026, 3, 1, 12, 59, 50, tzinfo=UTC)


def on_that_day(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-01T{clock}").replace(tzinfo=UTC)


@pytest.mark.parametrize("row", worked_rows("hour-split"))
def test_the_worked_examples_of_the_hour_split_page_hold(row):
    parts = split_tokens_by_time(
        int(row["tokens"]), on_that_day(row["start"]), on_that_day(row["end"])
    )
    shown = ", ".join(f"{part.hour_start:%H}: {part.tokens}" for part in parts)
    assert shown == row["parts"]
    crosses = row["start"][:2] != row["end"][:2] and row["end"][2:] != ":00:00"
    assert all(part.is_interpolated == crosses for part in parts)


@given(
    st.integers(0, 10**12),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2)),
)
def test_the_parts_are_whole_tokens_and_add_up_exactly(tokens, length):
    parts = split_tokens_by_time(tokens, START, START + length)
    assert sum(part.tokens for part in parts) == tokens
    assert all(part.tokens > 0 for part in parts)


def test_an_instant_takes_all_tokens_into_its_hour():
    (part,) = split_tokens_by_time(5, START, START)
    assert (part.hour_start, part.tokens) == (on_that_day("12:00:00"), 5)
    assert not part.is_interpolated


@pytest.mark.parametrize(("tokens", "seconds"), [(-1, 10), (1, -10)])
def test_negative_tokens_and_backward_time_are_refused(tokens, seconds):
    with pytest.raises(ValueError, match="cannot spread"):
        split_tokens_by_time(tokens, START, START + timedelta(seconds=seconds))
