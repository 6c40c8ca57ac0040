"""The form of a schedule: text of a browser into a question, each fault with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest

from economics.selectors.schedules.demand_file import MOST_BYTES, FileDemand, read_demand
from economics.selectors.schedules.question import (
    CSV,
    FIELDS,
    FILES,
    HISTORY,
    MARKET,
    MEAN,
    NO_DEMAND,
    TEXTS,
    TRACE,
    ScheduleQuestion,
    ScheduleRefused,
    schedule_question,
)
from fleet.csv_files import FileRefused
from fleet.forms import NameField, TakesRefusal
from fleet.views.upload import uploaded

SOURCE_WORDS = (
    (HISTORY, "its own history, last 14 days"),
    (MARKET, "the market's, spread evenly"),
    (CSV, "a CSV file of hours"),
    (TRACE, "a trace file of requests"),
)
HOUR_WORDS = (("24", "a day"), ("168", "a week"))
UNKNOWN_WORDS = (
    (NO_DEMAND, "no demand"),
    (MEAN, "the mean of that hour of the week"),
)
LABELS = {
    "model": "Model",
    "source": "Demand",
    "unknown": "Unknown hours count as",
    "allowed": "Allowed hours",
    **{field.name: field.word for field in FIELDS},
    "hours": "Plan for",
    "share": "Share that is ours",
    "replicas": "Replicas at most",
    "floor": "Replicas in every hour",
    "cap_usd": "Loss cap",
}
UNITS = {
    "allowed": "{} UTC",
    "share": "{} of the demand",
    "usd_per_hour": "${}/h, all that is rented at once",
    "usd_per_day": "${} a UTC day",
    "replicas": "{} at once",
    "floor": "{} in each hour",
    "uptime": "{} of all hours",
    "min_run": "{} h from each start",
    "cap_usd": "${} over all hours",
}
WORDS = {"source": SOURCE_WORDS, "hours": HOUR_WORDS, "unknown": UNKNOWN_WORDS}


def asked_words(question: Mapping[str, str]) -> list[tuple[str, str]]:
    """Every field of a kept question with its label and its unit, as it was written."""
    return [
        (
            LABELS.get(name, name),
            dict(WORDS.get(name, ())).get(value) or UNITS.get(name, "{}").format(value),
        )
        for name, value in question.items()
    ]


class ScheduleForm(TakesRefusal, forms.Form):
    """Every field as it was written; what it means is judged by the question."""

    key = NameField(label="Key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*TEXTS, *(field.name for field in FIELDS)):
            self.fields[name] = NameField(label=LABELS[name])
        self.fields["file"] = forms.Field(required=False, label="File")

    def question(self) -> ScheduleQuestion | None:
        """The checked question; None when the form now says what is wrong."""
        if not self.is_valid():
            return None
        names = [name for name in self.fields if name not in ("key", "file")]
        try:
            return schedule_question({name: self.cleaned_data[name] for name in names})
        except ScheduleRefused as refused:
            self.take(refused.errors)
            return None


def file_of(request: HttpRequest, question: ScheduleQuestion) -> FileDemand | None:
    """The demand of the file that was sent; None for other sources. Raises FileRefused."""
    if question.source not in FILES:
        return None
    if not request.FILES:
        raise FileRefused("No file was chosen; choose one, as CSV. Nothing was asked.")
    sent = uploaded(request, most_bytes=MOST_BYTES)
    return read_demand(sent.content, name=sent.name, kind=question.source)
