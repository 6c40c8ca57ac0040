"""What each billed second of a pod was used for. Formula: docs/formulas/pod-use.md

Seconds are whole ones, counted from the start of billing. Each gets exactly one use, so
the uses of an hour add up to its billed seconds whatever was seen of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Use(StrEnum):
    """What a billed second was used for."""

    START_UP = "start_up"  # billed, and never ready before
    SERVING = "serving"  # ready, with work
    IDLE = "idle"  # ready, without work
    DOWN = "down"  # was ready before, and does not answer
    UNKNOWN = "unknown"  # nobody looked


USES = tuple(Use)


class Span(NamedTuple):
    """Seconds [from_second, until_second) of one use."""

    from_second: int
    until_second: int
    use: Use


@dataclass(frozen=True, slots=True)
class Reading:
    """The engine as one sample saw it.

    second   of the pod's billed time, may lie outside of the hour
    work     a counter that moves with any token or finished request
    working  whether requests ran or waited at that moment
    """

    second: int
    work: int
    working: bool


def spans_between(readings: Sequence[Reading], *, longest_gap: int) -> list[Span]:
    """Serving or idle between each two readings, oldest first, not more than
    `longest_gap` seconds apart; over a longer gap nobody looked, so there is no span."""
    return [
        Span(
            before.second,
            after.second,
            Use.SERVING
            if before.working or after.working or after.work != before.work
            else Use.IDLE,
        )
        for before, after in zip(readings, readings[1:], strict=False)
        if after.second - before.second <= longest_gap
    ]


def use_seconds(
    from_second: int,
    until_second: int,
    *,
    ready_second: int | None,
    spans: Iterable[Span],
) -> dict[Use, int]:
    """Seconds of each use in [from_second, until_second); they add up to its length.

    spans         in any hour; where two overlap the later one counts
    ready_second  when the pod was ready first; None: never, so all is start-up

    >>> use_seconds(0, 100, ready_second=40, spans=[Span(40, 90, Use.IDLE)])[Use.UNKNOWN]
    10
    """
    if until_second < from_second:
        raise ValueError(f"the end {until_second} lies before {from_second}")
    length = until_second - from_second
    painted = bytearray([USES.index(Use.UNKNOWN)]) * length
    ready = until_second if ready_second is None else ready_second
    for span in (*spans, Span(from_second, ready, Use.START_UP)):
        first = min(max(span.from_second - from_second, 0), length)
        last = min(max(span.until_second - from_second, first), length)
        painted[first:last] = bytes([USES.index(span.use)]) * (last - first)
    return {use: painted.count(number) for number, use in enumerate(USES)}
