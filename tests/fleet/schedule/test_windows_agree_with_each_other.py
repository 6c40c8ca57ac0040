"""Whatever the schedule: its days add up, and every question gets the same answer."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.schedule import (
    Schedule,
    hours_between,
    next_change,
    rented,
    replica_seconds,
    wanted_at,
    windows,
)

ZONES = (
    *("UTC", "America/New_York", "Europe/Berlin"),
    *("Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati"),
)
FIRST = datetime(2027, 1, 1, tzinfo=UTC)
TWO_YEARS = 731  # days, the leap year 2028 among them
DAY = timedelta(days=1)

crons = st.builds(
    "{} {} {} * {}".format,
    st.integers(0, 59),
    st.sampled_from(["0", "1", "2", "3", "9", "22", "23", "2,14", "1-3"]),
    st.sampled_from(["*", "*", "1", "29", "31", "L"]),
    st.sampled_from(["*", "MON-FRI", "SAT,SUN", "0"]),
)
schedules = st.builds(
    Schedule,
    starts=st.lists(crons, min_size=1, max_size=3).map(tuple),
    duration_seconds=st.integers(15 * 60, 50 * 3600),
    zone=st.sampled_from(ZONES),
    inside=st.integers(1, 4),
    baseline=st.integers(0, 1),
    lead_seconds=st.sampled_from([0, 0, 600, 3600]),
    drain_seconds=st.sampled_from([0, 0, 120, 600]),
)
days = st.integers(0, TWO_YEARS - 40)
instants = st.integers(0, TWO_YEARS * 24 * 60).map(
    lambda minutes: FIRST + timedelta(minutes=minutes)
)


@settings(deadline=None)
@given(schedule=schedules, first=days, count=st.integers(1, 31))
def test_the_days_add_up_to_the_whole(schedule, first, count):
    start = FIRST + first * DAY
    parts = [(start + n * DAY, start + (n + 1) * DAY) for n in range(count)]

    assert sum(hours_between(schedule, *each) for each in parts) == hours_between(
        schedule, start, start + count * DAY
    )
    assert sum(replica_seconds(schedule, *each) for each in parts) == replica_seconds(
        schedule, start, start + count * DAY
    )


@settings(max_examples=15, deadline=None)
@given(schedule=schedules)
def test_the_months_of_two_years_add_up(schedule):
    edges = [datetime(2027 + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(25)]
    months = [
        hours_between(schedule, *each) for each in zip(edges, edges[1:], strict=False)
    ]

    assert sum(months) == hours_between(schedule, edges[0], edges[-1])
    assert all(0 <= month <= 31 * 24 * 3600 for month in months)


@settings(deadline=None)
@given(schedule=schedules, first=days)
def test_windows_are_in_order_apart_and_never_negative(schedule, first):
    start = FIRST + first * DAY
    found = windows(schedule, start, start + 10 * DAY)

    edges = [edge for each in found for edge in each]
    assert edges == sorted(set(edges))
    assert all(start <= edge <= start + 10 * DAY for edge in edges)
    assert hours_between(schedule, start, start + 10 * DAY) <= Decimal(10 * 24 * 3600)


@settings(deadline=None)
@given(schedule=schedules, now=instants)
def test_what_is_wanted_at_an_instant_agrees_with_what_is_rented(schedule, now):
    drain = timedelta(seconds=schedule.drain_seconds)
    around = rented(schedule, now - 5 * DAY, now + 5 * DAY)
    held = any(
        each.start <= now < each.end - (drain if each.end < now + 5 * DAY else drain * 0)
        for each in around
    )

    assert wanted_at(schedule, now) == (schedule.inside if held else schedule.baseline)


@settings(deadline=None)
@given(schedule=schedules, now=instants)
def test_the_next_change_is_a_change_and_nothing_changes_before_it(schedule, now):
    change = next_change(schedule, now)
    if change is None:
        return
    tick = timedelta(microseconds=1)
    between = now + (change.at - now) / 2

    assert change.at > now
    assert wanted_at(schedule, change.at) == change.wanted
    assert wanted_at(schedule, change.at - tick) == wanted_at(schedule, now)
    assert wanted_at(schedule, between) == wanted_at(schedule, now) != change.wanted
