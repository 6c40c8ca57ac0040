"""A schedule is told in plain words, with what comes next."""

from datetime import UTC, datetime

import pytest

from fleet.schedule import Schedule, describe, describe_hours

NOW = datetime(2026, 11, 25, 5, tzinfo=UTC)  # a Wednesday
HOUR = 3600


def test_the_hours_and_the_next_start():
    office = Schedule(("0 9 * * MON-FRI",), 8 * HOUR, "Europe/Berlin")

    assert describe(office, now=NOW) == (
        "Mon to Fri 09:00 to 17:00 Europe/Berlin; next start in 3 h, 2026-11-25 08:00 UTC"
    )


def test_within_the_hours_the_end_comes_next():
    early = Schedule(("30 4 * * *",), 2 * HOUR, "UTC", drain_seconds=120)

    assert describe(early, now=NOW) == (
        "Every day 04:30 to 06:30 UTC; ends in 1 h 28 min, 2026-11-25 06:28 UTC"
    )


def test_a_lead_is_told_with_the_start():
    office = Schedule(("0 9 * * *",), 8 * HOUR, "UTC", lead_seconds=900)

    assert describe(office, now=NOW).endswith(
        "next start in 4 h, 2026-11-25 09:00 UTC, rented from 08:45 UTC on"
    )


@pytest.mark.parametrize(
    ("starts", "hours", "words"),
    [
        (("0 22 * * *",), 8, "Every day 22:00 to 06:00 the next day UTC"),
        (("0 16 * * *",), 8, "Every day 16:00 to 24:00 UTC"),
        (("0 9 * * SAT,SUN",), 8, "Sat and Sun 09:00 to 17:00 UTC"),
        (("0 9 * * MON,WED,FRI",), 1, "Mon, Wed and Fri 09:00 to 10:00 UTC"),
        (
            ("0 9 * * MON-FRI", "0 10 * * SAT"),
            2,
            "Mon to Fri 09:00 to 11:00, and Sat 10:00 to 12:00 UTC",
        ),
        (
            ("0 6 1,15 * *",),
            36,
            "At 06:00 on the first and the 15th day of month for 36 h UTC",
        ),
        (("0 6 L * *",), 1.5, "At 06:00 on the last day of every month for 90 min UTC"),
    ],
)
def test_hours_of_each_kind(starts, hours, words):
    assert describe_hours(Schedule(starts, int(hours * HOUR), "UTC")) == words


def test_what_never_changes_says_so():
    always = Schedule(("0 0 * * *",), 24 * HOUR, "UTC")

    assert describe(always, now=NOW).endswith("it never changes")
