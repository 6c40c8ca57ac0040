from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.hours import (
    Interval,
    day_bounds,
    day_of,
    hour_start,
    split_into_days,
    split_into_hours,
    whole_seconds,
)

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
INSTANTS = st.datetimes(
    min_value=datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from(ZONES).map(ZoneInfo),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_full_hour_is_its_own_start():
    assert hour_start(at("2026-03-01T13:00:00")) == at("2026-03-01T13:00:00")
    assert hour_start(at("2026-03-01T13:59:59.999999")) == at("2026-03-01T13:00:00")


def test_midnight_belongs_to_the_day_that_begins():
    assert day_of(at("2026-03-01T00:00:00")) == date(2026, 3, 1)
    assert day_bounds(date(2026, 2, 28)) == Interval(
        at("2026-02-28T00:00:00"), at("2026-03-01T00:00:00")
    )


def test_a_day_is_the_utc_day_whatever_the_zone_of_the_instant():
    evening_in_new_york = datetime(2026, 3, 1, 22, tzinfo=timezone(timedelta(hours=-5)))
    assert day_of(evening_in_new_york) == date(2026, 3, 2)


def test_an_interval_is_cut_at_full_hours_and_an_edge_makes_no_empty_piece():
    pieces = split_into_hours(at("2026-03-01T12:30:00"), at("2026-03-01T14:00:00"))
    assert pieces == [
        Interval(at("2026-03-01T12:30:00"), at("2026-03-01T13:00:00")),
        Interval(at("2026-03-01T13:00:00"), at("2026-03-01T14:00:00")),
    ]


def test_an_empty_interval_has_no_pieces():
    noon = at("2026-03-01T12:00:00")
    assert split_into_hours(noon, noon) == []
    assert split_into_days(noon, noon) == []


@given(INSTANTS, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)))
def test_pieces_join_without_gap_or_overlap_in_every_zone(start, length):
    end = start.astimezone(UTC) + length
    for split, step in ((split_into_hours, 3600), (split_into_days, 86400)):
        pieces = split(start, end)
        assert sum((piece.end - piece.start for piece in pieces), timedelta(0)) == length
        for before, after in zip(pieces, pieces[1:], strict=False):
            assert before.end == after.start
            assert after.start.timestamp() % step == 0


@given(INSTANTS)
def test_a_utc_day_has_24_hours_also_when_the_clocks_change(instant):
    start, end = day_bounds(day_of(instant))
    assert end - start == timedelta(hours=24)
    assert start <= instant < end


def test_whole_seconds_are_rounded_down():
    start = at("2026-03-01T12:00:00.500000")
    assert whole_seconds(start, at("2026-03-01T12:00:02.499999")) == 1
    assert whole_seconds(start, at("2026-03-01T12:00:02.500000")) == 2


def test_an_end_before_the_start_is_refused():
    with pytest.raises(ValueError, match="lies before"):
        whole_seconds(at("2026-03-01T12:00:01"), at("2026-03-01T12:00:00"))


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        hour_start(datetime(2026, 3, 1, 12))  # noqa: DTZ001
