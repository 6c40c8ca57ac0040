"""What an operator typed becomes a schedule, or a sentence at its field."""

from dataclasses import replace

import pytest

from fleet.schedule import Schedule
from fleet.schedule.form_text import ScheduleRefused, ScheduleText, schedule_of

PRESET = ScheduleText(days="weekdays", from_time="09:00", to_time="17:00", zone="UTC")
OWN = ScheduleText(days="cron", cron="0 9 * * MON-FRI", window_hours="8", zone="UTC")


def test_a_preset_is_a_cron_start_and_a_duration():
    assert schedule_of(PRESET, inside=2, baseline=0) == Schedule(
        ("0 9 * * MON-FRI",), 8 * 3600, "UTC", inside=2
    )


def test_an_end_before_the_start_is_the_next_day():
    night = replace(PRESET, days="every", from_time="22", to_time="6:30")

    assert schedule_of(night, inside=1, baseline=0) == Schedule(
        ("0 22 * * *",), int(8.5 * 3600), "UTC"
    )


def test_starts_of_ones_own_are_separated_by_semicolons():
    own = replace(OWN, cron="0 9 * * MON-FRI;  0 10 * * SAT", window_hours="1.5")

    assert schedule_of(own, inside=1, baseline=0) == Schedule(
        ("0 9 * * MON-FRI", "0 10 * * SAT"), 5400, "UTC"
    )


@pytest.mark.parametrize(
    ("text", "field", "sentence"),
    [
        (replace(PRESET, days="payday"), "days", "Days is 'payday'; use one of every,"),
        (replace(PRESET, from_time=""), "from_time", "From is empty; write a time such as"),
        (
            replace(PRESET, from_time="9 am"),
            "from_time",
            "From is '9 am'; write a time such",
        ),
        (
            replace(PRESET, to_time="25:00"),
            "to_time",
            "To is '25:00'; write a time such as",
        ),
        (
            replace(PRESET, to_time="24:30"),
            "to_time",
            "To is '24:30'; write a time such as",
        ),
        (replace(PRESET, from_time="24:00"), "from_time", "write 00:00 for the begin of a"),
        (replace(PRESET, to_time="09:00"), "to_time", "To is 09:00, as From is; for whole"),
        (
            replace(PRESET, to_time="09:10"),
            "to_time",
            "A window lasts 0.1667 h; use 0.25 to",
        ),
        (
            replace(PRESET, zone="Berlin"),
            "zone",
            "Time zone is 'Berlin'; use a name of the",
        ),
        (
            replace(PRESET, zone="../etc"),
            "zone",
            "Time zone is '../etc'; use a name of the",
        ),
        (replace(OWN, cron=""), "cron", "Starts is empty; write a cron expression such as"),
        (
            replace(OWN, cron="0 9 * *"),
            "cron",
            "Start '0 9 * *' needs five fields, such as",
        ),
        (replace(OWN, cron="0 0 9 * * *"), "cron", "needs five fields, such as"),
        (replace(OWN, cron="0 25 * * *"), "cron", "Start '0 25 * * *' has a wrong hour;"),
        (replace(OWN, cron="0 0 31 2 *"), "cron", "has a wrong day-of-month;"),
        (replace(OWN, cron="* 9 * * *"), "cron", "comes 60 times a day; at most 24"),
        (replace(OWN, window_hours=""), "window_hours", "Duration is empty; write hours"),
        (
            replace(OWN, window_hours="1e9"),
            "window_hours",
            "Duration is '1e9'; write hours",
        ),
        (
            replace(OWN, window_hours="200"),
            "window_hours",
            "A window lasts 200 h; use 0.25",
        ),
    ],
)
def test_each_wrong_value_gets_its_sentence(text, field, sentence):
    with pytest.raises(ScheduleRefused) as refused:
        schedule_of(text, inside=1, baseline=0)

    assert set(refused.value.errors) == {field}
    assert sentence in refused.value.errors[field]


def test_more_replicas_outside_than_inside_are_refused():
    with pytest.raises(
        ScheduleRefused, match="Replicas outside the hours is 3; use 0 to 2"
    ):
        schedule_of(PRESET, inside=2, baseline=3)
