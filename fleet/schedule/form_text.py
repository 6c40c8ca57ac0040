"""From what an operator typed to a Schedule: presets, or a cron expression of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from fleet.schedule.hours import Schedule
from fleet.schedule.starts import ScheduleInvalid
from fleet.schedule.words import EVERY, WEEKDAYS, WEEKEND

PRESETS = {"every": EVERY, "weekdays": WEEKDAYS, "weekend": WEEKEND}
CRON = "cron"
CHOICES = (
    ("every", "every day"),
    ("weekdays", "Monday to Friday"),
    ("weekend", "Saturday and Sunday"),
    (CRON, "a cron expression"),
)
CLOCK = re.compile(r"([01]?[0-9]|2[0-4])(?::?([0-5][0-9]))?", re.ASCII)
NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?", re.ASCII)
DAY_MINUTES = 24 * 60
FIELD_OF_PART = {
    "starts": "cron",
    "duration": "window_hours",
    "replicas": "baseline_replicas",
}


class ScheduleRefused(ValueError):
    """Text that is no schedule: `errors` maps a field of ScheduleText to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


@dataclass(frozen=True, slots=True)
class ScheduleText:
    """As typed. `from_time`, `to_time` count for presets; `cron`, `window_hours` else."""

    days: str = "every"
    from_time: str = ""
    to_time: str = ""
    cron: str = ""
    window_hours: str = ""
    zone: str = "UTC"


def schedule_of(
    text: ScheduleText, *, inside: int, baseline: int, lead_seconds: int = 0
) -> Schedule:
    """The schedule that is meant. Raises ScheduleRefused with a sentence per field."""
    if text.days not in (*PRESETS, CRON):
        known = ", ".join((*PRESETS, CRON))
        raise ScheduleRefused({"days": f"Days is {text.days[:40]!r}; use one of {known}."})
    starts, seconds = _own_cron(text) if text.days == CRON else _preset(text)
    try:
        return Schedule(
            starts=starts,
            duration_seconds=seconds,
            zone=text.zone.strip(),
            inside=inside,
            baseline=baseline,
            lead_seconds=lead_seconds,
        )
    except ScheduleInvalid as wrong:
        field = FIELD_OF_PART.get(wrong.part, wrong.part)
        if text.days != CRON and field == "window_hours":
            field = "to_time"
        raise ScheduleRefused({field: str(wrong)}) from None


def _preset(text: ScheduleText) -> tuple[tuple[str, ...], int]:
    errors: dict[str, str] = {}
    begin = _minute_of_day("from_time", "From", text.from_time, "09:00", errors)
    end = _minute_of_day("to_time", "To", text.to_time, "17:00", errors)
    if begin == DAY_MINUTES:
        errors["from_time"] = "From is 24:00; write 00:00 for the begin of a day."
    if not errors and begin == end:
        errors["to_time"] = (
            f"To is {text.to_time}, as From is; for whole days choose on-demand, or "
            "write another time."
        )
    if errors:
        raise ScheduleRefused(errors)
    hour, minute = divmod(begin, 60)
    lasts = end - begin if end > begin else end - begin + DAY_MINUTES
    return (f"{minute} {hour} * * {PRESETS[text.days]}",), lasts * 60


def _minute_of_day(
    field: str, label: str, typed: str, example: str, errors: dict[str, str]
) -> int:
    found = CLOCK.fullmatch(typed.strip())
    minute = int(found[1]) * 60 + int(found[2] or 0) if found else DAY_MINUTES + 1
    if minute > DAY_MINUTES:
        said = repr(typed[:40]) if typed.strip() else "empty"
        errors[field] = f"{label} is {said}; write a time such as {example}."
    return minute


def _own_cron(text: ScheduleText) -> tuple[tuple[str, ...], int]:
    errors: dict[str, str] = {}
    starts = tuple(" ".join(each.split()) for each in text.cron.split(";") if each.strip())
    if not starts:
        errors["cron"] = "Starts is empty; write a cron expression such as 0 9 * * MON-FRI."
    hours = Decimal(0)
    try:
        if not NUMBER.fullmatch(text.window_hours.strip()):
            raise InvalidOperation
        hours = Decimal(text.window_hours.strip())
    except InvalidOperation:
        said = repr(text.window_hours[:40]) if text.window_hours.strip() else "empty"
        errors["window_hours"] = f"Duration is {said}; write hours such as 8 or 1.5."
    if errors:
        raise ScheduleRefused(errors)
    return starts, int(hours * 3600)
