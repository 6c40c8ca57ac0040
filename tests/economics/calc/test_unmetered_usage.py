from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.counters import CounterReading
from economics.calc.token_mix import TokenCounts
from economics.calc.unmetered import Pace, estimated_tokens, pace_before, window_seconds
from tests.economics.formula_page import NOT_GIVEN, worked_rows

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
READ = CounterReading(
    at=NOON,
    process_started_at=NOON - timedelta(minutes=10),
    prompt_tokens=9_000,
    cached_prompt_tokens=3_000,
    completion_tokens=1_200,
    requests_finished=20,
)


@pytest.mark.parametrize("row", worked_rows("unmetered-usage"))
def test_the_worked_examples_of_the_page_hold(row):
    served = TokenCounts(int(row["uncached"]), int(row["cached"]), int(row["completion"]))
    peak = None if row["peak"] == NOT_GIVEN else int(row["peak"])

    estimate = estimated_tokens(
        Pace(served, int(row["pace_seconds"])),
        seconds=int(row["seconds"]),
        peak_tokens_per_second=peak,
    )

    assert estimate.counts == TokenCounts(
        *(int(row[f"est_{name}"]) for name in ("uncached", "cached", "completion"))
    )
    assert estimate.at_most == (
        None if row["at_most"] == NOT_GIVEN else int(row["at_most"])
    )


@given(
    st.builds(TokenCounts, *[st.integers(0, 10**9)] * 3),
    st.integers(1, 60),
    st.integers(0, 900),
    st.integers(0, 10**6),
)
def test_an_estimate_never_passes_the_pace_nor_the_peak(counts, pace, seconds, peak):
    estimate = estimated_tokens(
        Pace(counts, pace), seconds=seconds, peak_tokens_per_second=peak
    )

    assert estimate.counts.total <= peak * seconds == estimate.at_most
    assert estimate.counts.total <= Decimal(counts.total * seconds) / pace


def test_the_pace_is_that_of_the_last_minute_and_not_of_all_the_day():
    day = replace(READ, at=NOON - timedelta(seconds=61), completion_tokens=0)
    minute = replace(READ, at=NOON - timedelta(seconds=60), completion_tokens=600)

    pace = pace_before([day, minute, READ])

    assert pace == Pace(TokenCounts(completion=600), 60)


def test_a_server_that_was_read_once_is_judged_since_its_start():
    assert pace_before([READ]) == Pace(TokenCounts(6_000, 3_000, 1_200), 600)


def test_readings_of_the_server_before_say_nothing_of_this_one():
    other = replace(
        READ,
        at=NOON - timedelta(seconds=30),
        process_started_at=NOON - timedelta(hours=9),
        prompt_tokens=0,
        cached_prompt_tokens=0,
    )

    assert pace_before([other, READ]) == pace_before([READ])


@pytest.mark.parametrize(
    "readings", [[], [replace(READ, process_started_at=None)]], ids=["none", "no start"]
)
def test_where_nothing_tells_there_is_no_pace(readings):
    assert pace_before(readings) is None


@pytest.mark.parametrize(
    ("seconds", "counted"), [(-5, 0), (0, 0), (4.9, 4), (900, 900), (5_000, 900)]
)
def test_a_window_has_whole_seconds_and_an_end(seconds, counted):
    assert window_seconds(NOON, NOON + timedelta(seconds=seconds), most=900) == counted
