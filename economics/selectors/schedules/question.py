"""What is asked of the planner, as it is written in a form or at a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from economics.selectors.plan_question import QuestionField, number_of, shown

DAY, WEEK = 24, 168
HISTORY, MARKET, CSV, TRACE = "history", "market", "csv", "trace"
SOURCES = (HISTORY, MARKET, CSV, TRACE)
FILES = (CSV, TRACE)
NO_DEMAND, MEAN = "none", "mean"
UNKNOWN_HOURS = (NO_DEMAND, MEAN)
TEXTS = ("model", "source", "unknown", "allowed")
MOST_REPLICAS = 100
HOURS_OF_DAY = 24
SPANS = re.compile(r"[0-9]{1,2}-[0-9]{1,2}(,[0-9]{1,2}-[0-9]{1,2}){0,11}", re.ASCII)
FIELDS = (
    QuestionField("hours", "Hours", "24", "A day (24) or a week (168); 24.", is_whole=True),
    QuestionField(
        "share", "Share", "0.02", "Of the demand that is routed to us, 0 to 1; of own 1."
    ),
    QuestionField(
        "usd_per_hour", "Budget per hour", "8", "USD per hour at most; no limit."
    ),
    QuestionField("usd_per_day", "Budget per day", "100", "USD per UTC day; no limit."),
    QuestionField(
        "replicas", "Replicas", "4", "Of one kind and of all at once; 4.", is_whole=True
    ),
    QuestionField(
        "floor", "Floor", "1", "Replicas rented in every hour; 0.", is_whole=True
    ),
    QuestionField("uptime", "Uptime", "0.9", "Least share of hours served, 0 to 1; 0."),
    QuestionField(
        "min_run", "Minimum run", "2", "Hours that a start stays; 1.", is_whole=True
    ),
    QuestionField(
        "cap_usd", "Loss cap", "50", "USD over all hours; the safer policy's loss cap."
    ),
)


class ScheduleRefused(ValueError):
    """A question that can not be asked; `errors` has the sentences of each field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class ScheduleQuestion:
    """One model, some hours, and what must hold.

    unknown   what an hour counts that nobody counted: no demand, or a mean
    share     [1] of the demand that is routed to us, in [0, 1]
    replicas  at once at most; floor: in every hour at least
    uptime    [1] least share of hours in which one serves
    min_run   [h] that a started replica stays
    allowed   hours of the day (UTC) in which anything may run, "8-20"; "": all
    cap_usd   [USD over all hours] the loss whose chance is told; None: the safer policy's
    """

    model: str
    source: str = HISTORY
    unknown: str = NO_DEMAND
    allowed: str = ""
    hours: int = DAY
    share: Decimal = Decimal(1)
    usd_per_hour: Decimal | None = None
    usd_per_day: Decimal | None = None
    replicas: int = 4
    floor: int = 0
    uptime: Decimal = Decimal(0)
    min_run: int = 1
    cap_usd: Decimal | None = None

    def as_text(self) -> dict[str, str]:
        """Every field as it would be written; `schedule_question` reads it back."""
        names = (*TEXTS, *(each.name for each in FIELDS))
        values = {name: getattr(self, name) for name in names}
        return {
            name: f"{value:f}" if isinstance(value, Decimal) else str(value)
            for name, value in values.items()
            if value not in (None, "")
        }

    def may_run(self, hour_of_day: int) -> bool:
        """Whether anything may run in this hour of a UTC day."""
        return not self.allowed or hour_of_day in hours_of(self.allowed)


def hours_of(spans: str) -> frozenset[int]:
    """The hours of "8-20" or "22-6,9-12", begin included, end not.

    >>> sorted(hours_of("22-1,9-10"))
    [0, 9, 22, 23]
    """
    found: set[int] = set()
    for span in spans.split(","):
        begin, end = map(int, span.split("-"))
        length = (end - begin) % HOURS_OF_DAY or HOURS_OF_DAY
        found |= {(begin + each) % HOURS_OF_DAY for each in range(length)}
    return frozenset(found)


def schedule_question(written: Mapping[str, str]) -> ScheduleQuestion:
    """The checked question of written fields. Raises ScheduleRefused with all faults."""
    given = {name: text.strip() for name, text in written.items() if text.strip()}
    errors: dict[str, str] = {}
    read: dict[str, Any] = {"model": given.get("model", "")}
    read["source"] = _word("source", "Demand", SOURCES, given, errors)
    read["unknown"] = _word("unknown", "Unknown hours", UNKNOWN_HOURS, given, errors)
    read["allowed"] = _spans(given.get("allowed", ""), errors)
    for field in FIELDS:
        if field.name in given:
            try:
                read[field.name] = number_of(given[field.name], field)
            except ValueError as wrong:
                errors[field.name] = str(wrong)
    if read["source"] == MARKET and "share" not in given:
        errors["share"] = (
            "Share is missing; of a market's demand write the part that comes to us, such "
            "as 0.02."
        )
    errors = _out_of_range(read) | errors
    if errors:
        raise ScheduleRefused(errors)
    return ScheduleQuestion(**read)


def _word(
    name: str,
    label: str,
    words: tuple[str, ...],
    given: Mapping[str, str],
    errors: dict[str, str],
) -> str:
    """One of the words; the first where nothing is written."""
    text = given.get(name, words[0])
    if text not in words:
        known = f"{', '.join(words[:-1])} or {words[-1]}"
        errors[name] = f"{label} is {shown(text)}; write {known}."
    return text


def _spans(text: str, errors: dict[str, str]) -> str:
    """Allowed hours as they are kept: "8-20", without spaces."""
    spans = text.replace(" ", "")
    numbers = [int(each) for each in re.findall(r"[0-9]{1,2}", spans)]
    begins, ends = numbers[::2], numbers[1::2]
    is_right = SPANS.fullmatch(spans) and max(begins) < HOURS_OF_DAY >= max(ends)
    if spans and not is_right:
        errors["allowed"] = (
            f"Allowed hours is {shown(text)}; write hours of the day in UTC, begin to end, "
            "such as 8-20 or 8-12,14-24."
        )
    return spans


def _out_of_range(read: Mapping[str, Any]) -> dict[str, str]:
    """The sentences about numbers that have no meaning."""
    wrong = {}
    if read.get("hours", DAY) not in (DAY, WEEK):
        wrong["hours"] = f"Hours is {read['hours']}; write {DAY} or {WEEK}."
    for name, word in (("share", "Share"), ("uptime", "Uptime")):
        if not 0 <= read.get(name, Decimal(0)) <= 1:
            wrong[name] = f"{word} is {read[name]}; write a share from 0 to 1."
    budgets = (
        ("usd_per_hour", "Budget per hour"),
        ("usd_per_day", "Budget per day"),
        ("cap_usd", "Loss cap"),
    )
    for name, word in budgets:
        if read.get(name, Decimal(0)) < 0:
            wrong[name] = f"{word} is {read[name]}; write 0 or more USD."
    counts = (
        ("replicas", "Replicas", 1, MOST_REPLICAS),
        ("floor", "Floor", 0, MOST_REPLICAS),
        ("min_run", "Minimum run", 1, WEEK),
    )
    for name, word, least, most in counts:
        if not least <= read.get(name, least) <= most:
            wrong[name] = (
                f"{word} is {read[name]}; write a whole number from {least} to {most}."
            )
    return wrong
