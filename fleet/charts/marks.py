"""What happened beside the lines of a chart: a mark each, told apart and hidden by kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

MOST_MARKS = 60
LABELS = {
    "state": "changes of state",
    "start": "engine starts",
    "restart": "restarts",
    "order": "orders and stops",
    "price": "price changes",
    "note": "notes",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at an instant, or in the course of a day.

    kind  a word of LABELS, by which the reader shows and hides it
    """

    at: datetime | date
    kind: str
    words: str

    @property
    def text(self) -> str:
        """When, in UTC, as plotly.js and a table take it: no browser moves it."""
        if isinstance(self.at, datetime):
            return f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        return self.at.isoformat()

    @property
    def label(self) -> str:
        return LABELS[self.kind]


def newest(marks: Iterable[Mark]) -> list[Mark]:
    """The newest MOST_MARKS of them, oldest first: more would hide the lines."""
    return sorted(marks, key=lambda mark: mark.text)[-MOST_MARKS:]


def as_json(marks: Iterable[Mark]) -> list[dict[str, str]]:
    """The marks as charts.js draws them."""
    return [
        {"at": each.text, "kind": each.kind, "label": each.label, "words": each.words}
        for each in marks
    ]
