"""The demand of a file: hours as CSV, or a trace of requests. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from economics.selectors.schedules.demand import (
    HOURS_PER_DAY,
    NONE_COUNTED,
    Counted,
    HourlyDemand,
    mean,
    unknown_words,
)
from economics.selectors.schedules.question import CSV
from fleet.csv_files import Column, FileRefused, Row, counted, read_sheet

MOST_HOURS = 31 * HOURS_PER_DAY
MOST_REQUESTS = 200_000
MOST_BYTES = 8_000_000
MOST_TOKENS = Decimal(10**13)  # of an hour
LONGEST_NAME = 120
TOKENS = (
    Column("prompt_tokens", number=True, also=("contexttokens", "input_tokens")),
    Column("cached_prompt_tokens", needed=False, number=True, also=("cached_tokens",)),
    Column("completion_tokens", number=True, also=("generatedtokens", "output_tokens")),
)
HOUR_COLUMNS = (
    Column("hour", needed=False, also=("hour_start", "hour_index")),
    *TOKENS,
    Column("requests", needed=False, number=True),
)
TRACE_COLUMNS = (Column("timestamp", also=("arrived_at", "time")), *TOKENS)
HOUR_WANTED = "write a full UTC hour such as 2026-11-09T08:00, or a number such as 0."
TIME_WANTED = "write a UTC time such as 2026-11-09T08:15:30.5, or seconds such as 12.5."
TOKENS_WANTED = f"write a whole number from 0 to {MOST_TOKENS:,}."


@dataclass(frozen=True, slots=True)
class FileDemand:
    """The hours of a file, one after the other; None where it has none.

    first_hour  hour of the day (UTC) of the first one; 0 where the file tells no time
    """

    name: str
    first_hour: int
    hours: tuple[Counted | None, ...]
    requests_told: bool

    def as_json(self) -> dict[str, Any]:
        """What is kept with the question."""
        return {
            "name": self.name,
            "first_hour": self.first_hour,
            "hours": [None if each is None else list(each) for each in self.hours],
            "requests_told": self.requests_told,
        }

    @staticmethod
    def of(kept: Mapping[str, Any]) -> FileDemand:
        """The same again."""
        hours = tuple(None if each is None else tuple(each) for each in kept["hours"])
        return FileDemand(kept["name"], kept["first_hour"], hours, kept["requests_told"])

    def demand(self, *, start: datetime, hours: int, with_means: bool) -> HourlyDemand:
        """The hours planned: the file's whole days, by the hour of the day, repeated."""
        whole = len(self.hours) // HOURS_PER_DAY * HOURS_PER_DAY
        offset = (start.hour - self.first_hour) % HOURS_PER_DAY
        places = [(offset + t) % whole for t in range(hours)]
        known = [each for each in self.hours[:whole] if each is not None]
        every = mean(known)
        by_hour = {
            hour: mean(same)
            for hour in range(HOURS_PER_DAY)
            if (same := [e for e in self.hours[hour:whole:HOURS_PER_DAY] if e is not None])
        }
        taken, unknown = [], 0
        for place in places:
            one = self.hours[place]
            unknown += one is None
            if one is None:
                filled = by_hour.get(place % HOURS_PER_DAY, every)
                one = filled if with_means else NONE_COUNTED
            taken.append(one)
        notes = [
            unknown_words(unknown, hours, with_means=with_means).replace(
                "hour of the week", "hour of the day"
            ),
            "" if self.requests_told else "The file tells no requests: one an hour.",
        ]
        return HourlyDemand.of(
            taken,
            source=f"file {self.name}, {whole // HOURS_PER_DAY} whole days, by the hour of "
            "the day",
            observed="as uploaded",
            tag="estimated",
            unknown_hours=unknown,
            note=" ".join(filter(None, notes)),
        )


def read_demand(content: bytes, *, name: str, kind: str) -> FileDemand:
    """The hours of a file. Raises FileRefused with its faults."""
    columns = HOUR_COLUMNS if kind == CSV else TRACE_COLUMNS
    most = MOST_HOURS if kind == CSV else MOST_REQUESTS
    sheet = read_sheet(content, columns, most_rows=most, others_refused=False)
    if sheet.faults:
        raise counted(sheet.faults)
    read = _hours if kind == CSV else _trace
    first, by_place, told = read(sheet.rows)
    faults = [fault for row in sheet.rows for fault in row.faults]
    if faults:
        raise counted(faults)
    length = max(by_place) + 1
    if length < HOURS_PER_DAY:
        raise FileRefused(
            f"The file covers {length} {'hour' if length == 1 else 'hours'}; a schedule "
            f"needs {HOURS_PER_DAY} or more. Nothing was asked."
        )
    if length > MOST_HOURS:
        raise FileRefused(
            f"The file covers {length:,} hours; at most {MOST_HOURS} are taken. Cut it; "
            "nothing was asked."
        )
    short = "".join(c for c in name if c.isprintable())[:LONGEST_NAME] or "file"
    return FileDemand(short, first, tuple(by_place.get(p) for p in range(length)), told)


Read = tuple[int, dict[int, Counted], bool]


def _hours(rows: Sequence[Row]) -> Read:
    """Hour of the day of the first row, each hour by its place, and whether requests are
    told."""
    has_hour = any(row.text("hour") for row in rows)
    has_requests = any(row.text("requests") for row in rows)
    read = _hour_place if has_hour else None
    places = _places(rows, "hour", HOUR_WANTED, read)
    found: dict[int, Counted] = {}
    for row, place in zip(rows, places, strict=True):
        tokens = _tokens(row)
        requests = _count(row, "requests") if has_requests else 1
        if place in found:
            row.fault("hour", "this hour is there twice; leave one out.")
        if tokens is not None and requests is not None and place is not None:
            found[place] = (*tokens, requests)
    return _first_hour(rows[0].text("hour")), found, has_requests


def _trace(rows: Sequence[Row]) -> Read:
    """The same of single requests: each counts whole in the hour that it came in."""
    found: dict[int, Counted] = {}
    places = _places(rows, "timestamp", TIME_WANTED, _second_place)
    for row, place in zip(rows, places, strict=True):
        tokens = _tokens(row)
        if tokens is None or place is None:
            continue
        before = found.get(place, NONE_COUNTED)
        found[place] = tuple(a + b for a, b in zip(before, (*tokens, 1), strict=True))
    # A request that came in no hour of the trace was not made: nothing is unknown.
    last = max(found, default=0)
    whole = {place: found.get(place, NONE_COUNTED) for place in range(last + 1)}
    begin = min((row.text("timestamp") for row in rows), key=_sortable, default="")
    return _first_hour(begin), whole, True


def _places(
    rows: Sequence[Row], column: str, wanted: str, read: Callable[[str], int | None] | None
) -> list[int | None]:
    """The hour of each row, counted from the earliest; by its place without times."""
    if read is None:
        return list(range(len(rows)))
    found = [read(row.text(column)) for row in rows]
    for row, place in zip(rows, found, strict=True):
        if place is None:
            row.fault(column, wanted)
    known = [place for place in found if place is not None]
    first = min(known, default=0)
    return [None if place is None else place - first for place in found]


def _hour_place(text: str) -> int | None:
    """Hours since 1970, or the number that is written; None for neither."""
    if text.isascii() and text.isdigit() and len(text) <= 6:
        return int(text)
    at = _instant(text)
    if at is None or at.minute or at.second or at.microsecond:
        return None
    return int(at.timestamp()) // 3600


def _second_place(text: str) -> int | None:
    """The hour of an instant, or of seconds since the trace began."""
    seconds = _seconds(text)
    return None if seconds is None else int(seconds // 3600)


def _seconds(text: str) -> Decimal | None:
    if text.replace(".", "", 1).isdigit() and text.isascii() and len(text) <= 20:
        return Decimal(text)
    at = _instant(text)
    return None if at is None else Decimal(str(at.timestamp()))


def _sortable(text: str) -> Decimal:
    return _seconds(text) or Decimal(0)


def _instant(text: str) -> datetime | None:
    """A UTC instant; one without a zone is UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None


def _first_hour(text: str) -> int:
    at = _instant(text) if "-" in text else None
    return 0 if at is None else at.hour


def _tokens(row: Row) -> tuple[int, int, int] | None:
    """Uncached prompt, cached prompt, completion; None with a fault."""
    prompt, completion = _count(row, "prompt_tokens"), _count(row, "completion_tokens")
    has_cached = bool(row.text("cached_prompt_tokens"))
    cached = _count(row, "cached_prompt_tokens") if has_cached else 0
    if prompt is None or completion is None or cached is None:
        return None
    if cached > prompt:
        row.fault("cached_prompt_tokens", "it is a part of prompt_tokens; write less.")
        return None
    return prompt - cached, cached, completion


def _count(row: Row, column: str) -> int | None:
    value = row.number(
        column, TOKENS_WANTED, at_least=Decimal(0), at_most=MOST_TOKENS, decimals=0
    )
    return None if value is None else int(value)
