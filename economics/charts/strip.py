"""The health strip: which state a pod was in, as bars of a server-rendered SVG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from economics.charts.chart import ChartTable

NO_DATA = "no data"


@dataclass(frozen=True)
class Span:
    """A state held in [start, end); `end` None: still holds."""

    state: str
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True)
class StripSegment:
    """A bar: its left edge and width in percent of the window, and its words."""

    state: str
    left_percent: float
    width_percent: float
    text: str


@dataclass(frozen=True)
class Strip:
    """`caption` sums up; `table` holds the same segments for reading aloud."""

    segments: tuple[StripSegment, ...]
    caption: str
    table: ChartTable


def strip_segments(spans: Iterable[Span], start: datetime, end: datetime) -> Strip:
    """The strip of [start, end). Spans may come in any order, and may reach outside.

    Time that no span covers becomes a segment "no data": a gap is not "down". Where
    spans overlap, the one that began later wins from its start on, because a state
    lasts until the next one. Raises ValueError when the window is empty.
    """
    if end <= start:
        raise ValueError(f"the strip's end {end} must lie after its start {start}")
    pieces = _pieces(spans, start, end)
    window = end - start
    segments = tuple(
        StripSegment(
            state=state,
            left_percent=round(100 * (since - start) / window, 3),
            width_percent=round(100 * (until - since) / window, 3),
            text=f"{state} {since:%H:%M:%S} to {until:%H:%M:%S} UTC",
        )
        for state, since, until in pieces
    )
    rows = tuple(
        (state, f"{since:%Y-%m-%d %H:%M:%S}", f"{until:%Y-%m-%d %H:%M:%S}")
        for state, since, until in pieces
    )
    table = ChartTable(("state", "from (UTC)", "until (UTC)"), rows)
    return Strip(segments, _caption(pieces, window), table)


def _pieces(
    spans: Iterable[Span], start: datetime, end: datetime
) -> list[tuple[str, datetime, datetime]]:
    inside = [
        span
        for span in spans
        if span.start < end and (span.end is None or span.end > max(span.start, start))
    ]
    inside.sort(key=lambda span: span.start)
    pieces: list[tuple[str, datetime, datetime]] = []
    at = start
    for n, span in enumerate(inside):
        since = max(span.start, start)
        until = min(span.end or end, end)
        if n + 1 < len(inside):
            until = min(until, max(inside[n + 1].start, start))
        if until <= since:
            continue
        if since > at:
            pieces.append((NO_DATA, at, since))
        pieces.append((span.state, since, until))
        at = until
    if at < end:
        pieces.append((NO_DATA, at, end))
    return _merged(pieces)


def _merged(
    pieces: list[tuple[str, datetime, datetime]],
) -> list[tuple[str, datetime, datetime]]:
    merged: list[tuple[str, datetime, datetime]] = []
    for state, since, until in pieces:
        if merged and merged[-1][0] == state and merged[-1][2] == since:
            merged[-1] = (state, merged[-1][1], until)
        else:
            merged.append((state, since, until))
    return merged


def _caption(pieces: list[tuple[str, datetime, datetime]], window: timedelta) -> str:
    held: Counter[str] = Counter()
    for state, since, until in pieces:
        held[state] += (until - since) // timedelta(microseconds=1)
    whole = window // timedelta(microseconds=1)
    parts = [f"{state} {100 * span / whole:.1f}%" for state, span in held.most_common()]
    return ", ".join(parts)
