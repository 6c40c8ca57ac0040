from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.counters import CounterReading, counter_increase
from tests.economics.formula_page import NOT_GIVEN, worked_rows

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CREATED = NOON - timedelta(hours=1)
STARTS = {"A": CREATED, "B": NOON + timedelta(seconds=4), NOT_GIVEN: None}
TEN_SECONDS = timedelta(seconds=10)


def reading(row, n):
    cached = row[f"cached_{n}"]
    return CounterReading(
        at=NOON + n * TEN_SECONDS,
        process_started_at=STARTS[row[f"start_{n}"]],
        prompt_tokens=int(row[f"prompt_{n}"]),
        cached_prompt_tokens=None if cached == NOT_GIVEN else int(cached),
        completion_tokens=int(row[f"completion_{n}"]),
        requests_finished=0,
    )


FIRST = CounterReading(
    at=NOON,
    process_started_at=CREATED + timedelta(minutes=2),
    prompt_tokens=1000,
    cached_prompt_tokens=400,
    completion_tokens=200,
    requests_finished=20,
)


@pytest.mark.parametrize("row", worked_rows("counter-increase"))
def test_the_worked_examples_of_the_counter_page_hold(row):
    increase = counter_increase(reading(row, 0), reading(row, 1))
    assert increase.uncached_prompt_tokens == int(row["uncached"])
    assert increase.cached_prompt_tokens == int(row["cached"])
    assert increase.completion_tokens == int(row["completion"])
    assert increase.is_reset == (row["flag"] == "reset")
    assert increase.is_cached_unknown == (row["flag"] == "cached unknown")


def test_a_first_reading_counts_from_zero_when_its_process_is_younger_than_the_pod():
    increase = counter_increase(None, FIRST, pod_created_at=CREATED)
    assert (increase.uncached_prompt_tokens, increase.cached_prompt_tokens) == (600, 400)
    assert (increase.completion_tokens, increase.requests) == (200, 20)
    assert (increase.from_at, increase.to_at) == (FIRST.process_started_at, NOON)


@pytest.mark.parametrize(
    ("started_at", "created_at"),
    [(None, CREATED), (FIRST.process_started_at, None), (CREATED - TEN_SECONDS, CREATED)],
)
def test_a_first_reading_of_unknown_age_is_only_a_base(started_at, created_at):
    first = replace(FIRST, process_started_at=started_at)
    increase = counter_increase(None, first, pod_created_at=created_at)
    assert increase.is_baseline
    assert increase.tokens == 0


def test_after_a_restart_the_time_counts_from_the_new_process_on():
    restarted = replace(
        FIRST, at=NOON + TEN_SECONDS, process_started_at=NOON + timedelta(seconds=4)
    )
    increase = counter_increase(FIRST, restarted)
    assert increase.from_at == NOON + timedelta(seconds=4)
    assert increase.tokens == 1200


def test_a_restart_without_a_start_time_counts_from_the_reading_before():
    before = replace(FIRST, process_started_at=None)
    after = replace(before, at=NOON + TEN_SECONDS, completion_tokens=5)
    increase = counter_increase(before, after)
    assert (increase.is_reset, increase.from_at) == (True, NOON)


def test_a_start_time_that_is_read_a_blink_apart_is_the_same_process():
    assert FIRST.process_started_at is not None
    later = replace(
        FIRST,
        at=NOON + TEN_SECONDS,
        process_started_at=FIRST.process_started_at + timedelta(milliseconds=10),
    )
    assert counter_increase(FIRST, later).tokens == 0


@pytest.mark.parametrize("earlier", [timedelta(0), -TEN_SECONDS])
def test_a_reading_that_is_not_later_is_refused(earlier):
    with pytest.raises(ValueError, match="order of time"):
        counter_increase(FIRST, replace(FIRST, at=NOON + earlier))


STEPS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.booleans()),
    max_size=12,
)


@given(STEPS)
def test_over_any_number_of_restarts_the_increases_add_up_to_what_was_served(steps):
    """Requests finish between restart and reading; each reading is of one process."""
    started, prompt, cached, completion = CREATED, 0, 0, 0
    previous = None
    counted = [0, 0, 0]
    for n, (uncached_step, cached_step, completion_step, restarts) in enumerate(steps):
        at = NOON + n * TEN_SECONDS
        if restarts:
            started, prompt, cached, completion = at - timedelta(seconds=3), 0, 0, 0
        prompt += uncached_step + cached_step
        cached += cached_step
        completion += completion_step
        current = CounterReading(at, started, prompt, cached, completion, 0)
        increase = counter_increase(previous, current, pod_created_at=CREATED)
        counted[0] += increase.uncached_prompt_tokens
        counted[1] += increase.cached_prompt_tokens
        counted[2] += increase.completion_tokens
        previous = current
    assert counted == [sum(step[n] for step in steps) for n in range(3)]
