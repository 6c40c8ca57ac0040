"""A row of replicas per hour in words: "2 replicas from 08:00 to 20:00 UTC, 1 else"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

MOST_SPANS = 3
DAY_HOURS = 24


class RunSpan(NamedTuple):
    """`replicas` in the hours [begin, end), counted from the first."""

    begin: int
    end: int
    replicas: int


def spans_of(row: Sequence[int]) -> list[RunSpan]:
    """The row as stretches of equal numbers; those of none left out."""
    found, at = [], 0
    for count, same in groupby(row):
        length = len(list(same))
        if count:
            found.append(RunSpan(at, at + length, count))
        at += length
    return found


def row_words(row: Sequence[int], start: datetime) -> str:
    """When how many run; where that takes more than three stretches, how many in all.

    Of a day each hour of the clock is there once, so that it is told by the clock, and a
    stretch over the end of the plan is one.
    """
    if len(row) == DAY_HOURS:
        row, start = by_the_clock(row, start)
    spans = spans_of(row)
    if not spans:
        return "none"
    if len(spans) == 1 and spans[0].end - spans[0].begin == len(row):
        return f"{many(spans[0].replicas)} in all hours"
    if len(spans) > MOST_SPANS:
        hours = sum((span.end - span.begin) * span.replicas for span in spans)
        run = f"{min(row)} to {many(max(row))}"
        return f"{run}, {hours} replica-hours in {len(spans)} stretches"
    return ", ".join(_span_words(span, start, len(row)) for span in spans)


def by_the_clock(row: Sequence[int], start: datetime) -> tuple[Sequence[int], datetime]:
    """The hours of a day from midnight on, or from the first change after it."""
    midnight = -start.hour % DAY_HOURS
    turns = (midnight + each for each in range(DAY_HOURS))
    at = next(
        (t % DAY_HOURS for t in turns if row[t % DAY_HOURS] != row[t % DAY_HOURS - 1]), 0
    )
    return [*row[at:], *row[:at]], start + timedelta(hours=at)


def many(count: int) -> str:
    """A number of replicas."""
    return "1 replica" if count == 1 else f"{count} replicas"


def _span_words(span: RunSpan, start: datetime, hours: int) -> str:
    begin, end = (start + timedelta(hours=each) for each in (span.begin, span.end))
    form = "%H:%M" if hours <= DAY_HOURS else "%a %H:%M"
    return f"{many(span.replicas)} from {begin:{form}} to {end:{form}} UTC"
