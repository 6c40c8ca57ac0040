"""What is asked of the planner, as it is written in a form or at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from economics.selectors.plan_question import QuestionField, number_of, shown

DAY, WEEK = 24, 168
HISTORY, MARKET = "history", "market"
SOURCES = (HISTORY, MARKET)
MOST_REPLICAS = 100
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
)


class ScheduleRefused(ValueError):
    """A question that can not be asked; `errors` has the sentences of each field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class ScheduleQuestion:
    """One model, some hours, and what must hold.

    share     [1] of the demand that is routed to us, in [0, 1]
    replicas  at once at most; floor: in every hour at least
    uptime    [1] least share of hours in which one serves
    """

    model: str
    source: str = HISTORY
    hours: int = DAY
    share: Decimal = Decimal(1)
    usd_per_hour: Decimal | None = None
    usd_per_day: Decimal | None = None
    replicas: int = 4
    floor: int = 0
    uptime: Decimal = Decimal(0)

    def as_text(self) -> dict[str, str]:
        """Every field as it would be written; `schedule_question` reads it back."""
        names = ("model", "source", *(each.name for each in FIELDS))
        values = {name: getattr(self, name) for name in names}
        return {name: str(value) for name, value in values.items() if value is not None}


def schedule_question(written: Mapping[str, str]) -> ScheduleQuestion:
    """The checked question of written fields. Raises ScheduleRefused with all faults."""
    given = {name: text.strip() for name, text in written.items() if text.strip()}
    errors: dict[str, str] = {}
    read: dict[str, Any] = {"model": given.get("model", "")}
    source = read["source"] = given.get("source", HISTORY)
    if source not in SOURCES:
        errors["source"] = f"Demand is {shown(source)}; write {' or '.join(SOURCES)}."
    for field in FIELDS:
        if field.name in given:
            try:
                read[field.name] = number_of(given[field.name], field)
            except ValueError as wrong:
                errors[field.name] = str(wrong)
    if source == MARKET and "share" not in given:
        errors["share"] = (
            "Share is missing; of a market's demand write the part that comes to us, such "
            "as 0.02."
        )
    errors = _out_of_range(read) | errors
    if errors:
        raise ScheduleRefused(errors)
    return ScheduleQuestion(**read)


def _out_of_range(read: Mapping[str, Any]) -> dict[str, str]:
    """The sentences about numbers that have no meaning."""
    wrong = {}
    if read.get("hours", DAY) not in (DAY, WEEK):
        wrong["hours"] = f"Hours is {read['hours']}; write {DAY} or {WEEK}."
    for name, word in (("share", "Share"), ("uptime", "Uptime")):
        if not 0 <= read.get(name, Decimal(0)) <= 1:
            wrong[name] = f"{word} is {read[name]}; write a share from 0 to 1."
    budgets = (("usd_per_hour", "Budget per hour"), ("usd_per_day", "Budget per day"))
    for name, word in budgets:
        if read.get(name, Decimal(0)) < 0:
            wrong[name] = f"{word} is {read[name]}; write 0 or more USD."
    for name, word, least in (("replicas", "Replicas", 1), ("floor", "Floor", 0)):
        if not least <= read.get(name, least) <= MOST_REPLICAS:
            wrong[name] = (
                f"{word} is {read[name]}; write a whole number from {least} to "
                f"{MOST_REPLICAS}."
            )
    return wrong
