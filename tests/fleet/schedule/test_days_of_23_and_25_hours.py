"""Daylight saving: what happens to a start that does not exist, or exists twice.

The changes of 2026: New York 8 March 02:00 and 1 November 02:00, Berlin 29 March 02:00
and 25 October 03:00, Lord Howe (by half an hour) 5 April 02:00 and 4 October 02:00.
Kathmandu, at +05:45, has none.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from fleet.schedule import Schedule, hours_between, windows

NEW_YORK, BERLIN, LORD_HOWE, KATHMANDU = (
    *("America/New_York", "Europe/Berlin"),
    *("Australia/Lord_Howe", "Asia/Kathmandu"),
)
HOUR = 3600


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local_day(zone: str, text: str) -> tuple[datetime, datetime]:
    """Midnight to midnight of a wall-clock day, as UTC instants."""
    midnight = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    following = midnight + timedelta(days=1)  # wall-clock arithmetic
    return midnight.astimezone(UTC), following.astimezone(UTC)


def starts_on(cron: str, zone: str, day: str, *, hours: float = 0.5) -> list[str]:
    schedule = Schedule((cron,), int(hours * HOUR), zone)
    found = windows(schedule, *local_day(zone, day))
    return [f"{each.start:%m-%d %H:%M}" for each in found]


@pytest.mark.parametrize(
    ("zone", "day", "cron", "first_instant"),
    [
        (NEW_YORK, "2026-03-08", "30 2 * * *", "03-08 07:00"),
        (BERLIN, "2026-03-29", "30 2 * * *", "03-29 01:00"),
        (BERLIN, "2026-03-29", "0 2 * * *", "03-29 01:00"),
        (LORD_HOWE, "2026-10-04", "15 2 * * *", "10-03 15:30"),
    ],
)
def test_a_start_in_the_skipped_hour_is_the_first_instant_after_it(
    zone, day, cron, first_instant
):
    assert starts_on(cron, zone, day) == [first_instant]


@pytest.mark.parametrize(
    ("zone", "day", "cron", "first_time"),
    [
        (NEW_YORK, "2026-11-01", "30 1 * * *", "11-01 05:30"),
        (BERLIN, "2026-10-25", "30 2 * * *", "10-25 00:30"),
        (LORD_HOWE, "2026-04-05", "45 1 * * *", "04-04 14:45"),
    ],
)
def test_a_start_in_the_repeated_hour_starts_once_and_the_first_time(
    zone, day, cron, first_time
):
    assert starts_on(cron, zone, day) == [first_time]


def test_a_start_of_every_hour_leaves_the_repeated_one_out():
    # 24 of 25 elapsed hours: 02:30 comes twice and starts once.
    assert len(starts_on("30 * * * *", BERLIN, "2026-10-25", hours=0.25)) == 24


def test_a_start_of_every_hour_meets_in_the_skipped_one():
    # 02:15 and 03:15 are both there: the first moved to 03:00, the others in their place.
    found = starts_on("15 * * * *", BERLIN, "2026-03-29", hours=0.25)

    assert found[:4] == ["03-28 23:15", "03-29 00:15", "03-29 01:00", "03-29 02:15"]


@pytest.mark.parametrize(
    ("zone", "before", "change"),
    [
        (NEW_YORK, "2026-03-07", "2026-03-08"),
        (NEW_YORK, "2026-10-31", "2026-11-01"),
        (BERLIN, "2026-03-28", "2026-03-29"),
        (BERLIN, "2026-10-24", "2026-10-25"),
        (LORD_HOWE, "2026-04-04", "2026-04-05"),
        (LORD_HOWE, "2026-10-03", "2026-10-04"),
        (KATHMANDU, "2026-03-28", "2026-03-29"),
    ],
)
def test_a_window_over_the_change_is_as_long_as_ever(zone, before, change):
    over_night = Schedule(("0 22 * * *",), 8 * HOUR, zone)
    start, _ = local_day(zone, before)
    _, end = local_day(zone, change)

    (window,) = [
        each
        for each in windows(over_night, start - timedelta(days=1), end)
        if each.start.astimezone(ZoneInfo(zone)).date().isoformat() == before
    ]

    assert window.seconds == 8 * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (NEW_YORK, "2026-03-08", "23"),
        (NEW_YORK, "2026-11-01", "25"),
        (BERLIN, "2026-03-29", "23"),
        (BERLIN, "2026-10-25", "25"),
        (LORD_HOWE, "2026-10-04", "23.5"),
        (LORD_HOWE, "2026-04-05", "24.5"),
        (KATHMANDU, "2026-03-29", "24"),
    ],
)
def test_a_day_that_is_always_open_has_the_hours_that_the_day_has(zone, day, hours):
    around_the_clock = Schedule(("0 */6 * * *",), 7 * HOUR, zone)

    seconds = hours_between(around_the_clock, *local_day(zone, day))

    assert seconds == Decimal(hours) * HOUR


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [
        (NEW_YORK, "14:00", "13:00"),
        (BERLIN, "08:00", "07:00"),
        (KATHMANDU, "03:15", "03:15"),
    ],
)
def test_nine_in_the_morning_stays_nine_where_people_live(zone, winter, summer):
    nine = Schedule(("0 9 * * *",), 8 * HOUR, zone)

    found = [
        windows(nine, utc(day), utc(day) + timedelta(days=1))[0].start.strftime("%H:%M")
        for day in ("2026-01-15", "2026-07-15")
    ]

    assert found == [winter, summer]
