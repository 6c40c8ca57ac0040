"""Stored counters as readings: of a sample, of a cursor, of a process that is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from economics.calc.counters import CounterReading, Finishes
from economics.models import UsageCursor, UsageProcess
from fleet.models import EngineSample

FINISHES = tuple(f"requests_{name}" for name in Finishes._fields)


def reading(sample: EngineSample) -> CounterReading:
    """A stored sample as the counters it holds."""
    return reading_of(sample, at=sample.at)


def reading_of_cursor(cursor: UsageCursor) -> CounterReading:
    """The last counted sample; the sample itself may be deleted by now."""
    return reading_of(cursor, at=cursor.settled_until)


def reading_of(
    row: EngineSample | UsageCursor | UsageProcess, *, at: datetime
) -> CounterReading:
    """The counters of a row, read at an instant."""
    finishes = [getattr(row, name) for name in FINISHES]
    return CounterReading(
        at=at,
        process_started_at=row.process_started_at,
        prompt_tokens=row.prompt_tokens,
        cached_prompt_tokens=row.cached_prompt_tokens,
        completion_tokens=row.completion_tokens,
        requests_finished=row.requests_finished,
        finishes=None if None in finishes else Finishes(*finishes),
    )


def columns_of(read: CounterReading) -> dict[str, Any]:
    """The columns that keep a reading's counters, all but when it was read."""
    finishes = [None] * len(FINISHES) if read.finishes is None else read.finishes
    return {
        "process_started_at": read.process_started_at,
        "prompt_tokens": read.prompt_tokens,
        "cached_prompt_tokens": read.cached_prompt_tokens,
        "completion_tokens": read.completion_tokens,
        "requests_finished": read.requests_finished,
        **dict(zip(FINISHES, finishes, strict=True)),
    }
