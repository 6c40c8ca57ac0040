"""Half-open intervals of UTC instants: merged, clipped, measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

SECOND = timedelta(seconds=1)


class Span(NamedTuple):
    """[start, end) in UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> Decimal:
        """Its length [s], exact."""
        return Decimal((self.end - self.start) // timedelta(microseconds=1)) / 1_000_000


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans that overlap or touch, as one. They must come in the order of their starts."""
    held: Span | None = None
    for span in spans:
        if held is not None and span.start <= held.end:
            held = Span(held.start, max(held.end, span.end))
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held


def clipped(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """The parts of `spans` within [start, end), empty ones left out."""
    parts = (Span(max(each.start, start), min(each.end, end)) for each in spans)
    return [part for part in parts if part.start < part.end]
