"""Marked hours as cron starts: the fleet's own schedule runs in exactly those hours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from economics.planner.schedule.cron_hours import cron_hours
from fleet.schedule import Schedule, wanted_at

MONDAY_SEVEN = datetime(2026, 11, 2, 7, tzinfo=UTC)


def marks(hours: int, *on: int) -> list[bool]:
    return [t in on for t in range(hours)]


def test_a_stretch_is_one_start_with_its_length():
    found = cron_hours(marks(24, *range(1, 13)), MONDAY_SEVEN)

    assert found is not None
    assert (found.text, found.window_hours) == ("0 8 * * *", 12)


def test_a_stretch_over_the_end_of_the_plan_is_whole():
    found = cron_hours(marks(24, 23, 0, 1), MONDAY_SEVEN)

    assert found is not None
    assert (found.text, found.window_hours) == ("0 6 * * *", 3)


def test_days_with_the_same_hours_share_an_expression():
    on = [24 * day + hour for day in range(5) for hour in range(2, 10)]
    found = cron_hours(marks(168, *on), MONDAY_SEVEN)

    assert found is not None
    assert (found.text, found.window_hours) == ("0 9 * * MON,TUE,WED,THU,FRI", 8)


def test_all_or_none_are_no_hours():
    assert cron_hours([True] * 24, MONDAY_SEVEN) is None
    assert cron_hours([False] * 168, MONDAY_SEVEN) is None


def test_another_length_does_not_repeat():
    with pytest.raises(ValueError, match="24 or 168"):
        cron_hours([True] * 25, MONDAY_SEVEN)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([24, 168]), st.data())
def test_the_fleet_runs_in_exactly_the_hours_that_are_marked(length, data):
    marked = data.draw(st.lists(st.booleans(), min_size=length, max_size=length))
    found = cron_hours(marked, MONDAY_SEVEN)
    if found is None:
        assert all(marked) or not any(marked)
        return
    assert len(found.text) <= 400  # the column of a deployment
    schedule = Schedule(
        found.starts, found.window_hours * 3600, "UTC", inside=3, baseline=1
    )
    for t in data.draw(st.sets(st.integers(0, 2 * length), max_size=12)):
        at = MONDAY_SEVEN + timedelta(hours=t, minutes=30)
        assert wanted_at(schedule, at) == (3 if marked[t % length] else 1)
