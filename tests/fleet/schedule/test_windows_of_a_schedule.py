"""Windows: over midnight, ends of months and years, the leap day; merged, not doubled."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.schedule import (
    Change,
    Schedule,
    hours_between,
    next_change,
    off_market_at,
    rented,
    replica_seconds,
    wanted_at,
    windows,
)

HOUR = 3600


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spans(schedule: Schedule, start: str, end: str) -> list[tuple[str, str]]:
    return [
        (f"{each.start:%m-%d %H:%M}", f"{each.end:%m-%d %H:%M}")
        for each in windows(schedule, utc(start), utc(end))
    ]


def test_a_window_over_midnight_belongs_to_two_days():
    night = Schedule(("0 22 * * *",), 8 * HOUR, "UTC")

    assert spans(night, "2026-03-10", "2026-03-11") == [
        ("03-10 00:00", "03-10 06:00"),
        ("03-10 22:00", "03-11 00:00"),
    ]


def test_windows_are_half_open():
    day = Schedule(("0 9 * * *",), 8 * HOUR, "UTC")

    wanted = [wanted_at(day, utc(f"2026-03-10 {at}")) for at in ("08:59:59", "09:00")]
    ended = [wanted_at(day, utc(f"2026-03-10 {at}")) for at in ("16:59:59", "17:00")]

    assert (wanted, ended) == ([0, 1], [1, 0])


@pytest.mark.parametrize(
    ("cron", "start", "end", "found"),
    [
        ("0 20 L * *", "2026-02-27", "2026-03-02", [("02-28 20:00", "03-01 04:00")]),
        ("0 20 31 12 *", "2026-12-31", "2027-01-02", [("12-31 20:00", "01-01 04:00")]),
        ("0 20 29 2 *", "2027-02-01", "2028-03-02", [("02-29 20:00", "03-01 04:00")]),
        ("0 20 29 2 *", "2026-01-01", "2027-12-31", []),
        ("0 20 31 * *", "2026-04-02", "2026-05-01", []),
    ],
)
def test_ends_of_months_and_years_and_the_leap_day(cron, start, end, found):
    assert spans(Schedule((cron,), 8 * HOUR, "UTC"), start, end) == found


def test_windows_that_overlap_or_touch_are_one():
    twice = Schedule(("0 9 * * *", "0 13 * * *", "0 21 * * *"), 8 * HOUR, "UTC")

    # 9 to 17, 13 to 21 and 21 to 5 follow each other; each hour counts once.
    assert spans(twice, "2026-03-10 06:00", "2026-03-11 06:00") == [
        ("03-10 09:00", "03-11 05:00")
    ]
    assert hours_between(twice, utc("2026-03-10"), utc("2026-03-11")) == 20 * HOUR


def test_the_baseline_runs_outside_of_the_windows():
    day = Schedule(("0 9 * * *",), 8 * HOUR, "UTC", inside=3, baseline=1)

    assert wanted_at(day, utc("2026-03-10 03:00")) == 1
    # 8 h x 3 replicas and 16 h x 1
    assert replica_seconds(day, utc("2026-03-10"), utc("2026-03-11")) == (8 * 3 + 16) * HOUR


def test_the_next_change_is_a_start_or_an_end():
    weekdays = Schedule(("0 9 * * MON-FRI",), 8 * HOUR, "Europe/Berlin", inside=2)
    friday = utc("2026-03-13 10:00")

    end = next_change(weekdays, friday)
    start = next_change(weekdays, end.at)

    assert end == Change(utc("2026-03-13 16:00"), 0)
    assert start == Change(utc("2026-03-16 08:00"), 2)  # Monday


def test_a_schedule_without_a_gap_never_changes():
    always = Schedule(("0 */6 * * *",), 6 * HOUR, "Europe/Berlin")

    assert next_change(always, utc("2026-03-13 10:00")) is None


def test_a_lead_is_rented_before_the_window_and_no_part_of_it():
    early = Schedule(("0 9 * * *",), 8 * HOUR, "UTC", lead_seconds=600)
    day = utc("2026-03-10"), utc("2026-03-11")

    assert wanted_at(early, utc("2026-03-10 08:50")) == 1
    assert wanted_at(early, utc("2026-03-10 08:49:59")) == 0
    assert windows(early, *day)[0].start == utc("2026-03-10 09:00")
    assert rented(early, *day)[0].start == utc("2026-03-10 08:50")
    assert hours_between(early, *day) == 8 * HOUR + 600


def test_replicas_are_told_to_stop_so_long_before_the_end_as_they_may_drain():
    draining = Schedule(("0 9 * * *",), 8 * HOUR, "UTC", drain_seconds=120)

    assert wanted_at(draining, utc("2026-03-10 16:57:59")) == 1
    assert wanted_at(draining, utc("2026-03-10 16:58")) == 0
    assert next_change(draining, utc("2026-03-10 10:00")).at == utc("2026-03-10 16:58")


def test_a_window_that_the_next_one_continues_is_not_drained():
    twice = Schedule(("0 9 * * *", "0 17 * * *"), 8 * HOUR, "UTC", drain_seconds=120)

    assert wanted_at(twice, utc("2026-03-10 16:59")) == 1
    assert next_change(twice, utc("2026-03-10 10:00")).at == utc("2026-03-11 00:58")


def test_the_market_is_told_before_the_drain_begins():
    draining = Schedule(("0 9 * * *",), 8 * HOUR, "UTC", drain_seconds=120)

    def off(text: str) -> bool:
        return off_market_at(draining, utc(f"2026-03-10 {text}"), notice_seconds=60)

    assert [off(at) for at in ("08:59", "09:00", "16:56:59", "16:57", "18:00")] == [
        *(True, False, False, True, True)
    ]


def test_windows_of_an_empty_interval_are_none():
    day = Schedule(("0 9 * * *",), 8 * HOUR, "UTC")
    at = utc("2026-03-10 10:00")

    assert windows(day, at, at) == []
    assert replica_seconds(day, at, at - timedelta(hours=1)) == 0
