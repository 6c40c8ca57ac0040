"""Tokens that no counter tells: estimated, and bounded. docs/formulas/unmetered-usage.md

A server that ends takes what it counted since its last reading with it. What it served
then is guessed from what it served just before, never more than it could have served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from economics.calc.counters import CounterReading, Increase, counter_increase, is_reset
from economics.calc.token_mix import TokenCounts

RATE_SPAN = timedelta(seconds=60)  # what "just before" is


@dataclass(frozen=True)
class Pace:
    """What was served in the `seconds` before a server was last read."""

    counts: TokenCounts
    seconds: int

    def __post_init__(self) -> None:
        if self.seconds < 1:
            raise ValueError(f"a pace needs a second or more, got {self.seconds}")


@dataclass(frozen=True)
class Estimate:
    """Tokens that were probably served, and the most that can have been.

    at_most  [tokens] peak throughput x seconds; None where no peak is known
    """

    counts: TokenCounts
    at_most: int | None


def pace_before(readings: Sequence[CounterReading]) -> Pace | None:
    """How fast a server was when it was last read; None where nothing tells.

    `readings` are in order of time and may begin with those of an older process. Over
    the last RATE_SPAN; with one reading alone since its process started, where it says
    when that was.
    """
    if not readings:
        return None
    last = readings[-1]
    since = last
    for earlier in reversed(readings[:-1]):
        if last.at - earlier.at > RATE_SPAN or is_reset(earlier, last):
            break
        since = earlier
    if since.at < last.at:
        return _pace(counter_increase(since, last))
    if last.process_started_at is None:
        return None
    whole = counter_increase(None, last, pod_created_at=last.process_started_at)
    return _pace(whole)


def estimated_tokens(
    pace: Pace, *, seconds: int, peak_tokens_per_second: int | None
) -> Estimate:
    """What a server served in `seconds` without a reading, had it gone on as before.

    pace                    [tokens / s] by class, just before
    seconds                 [s] that are not metered, 0 or more
    peak_tokens_per_second  [tokens / s] all classes together; None: no bound is known

    Each class is rounded down, and so is what the bound cuts.

    >>> estimated_tokens(Pace(TokenCounts(600, 300, 120), 60), seconds=4,
    ...     peak_tokens_per_second=None).counts
    TokenCounts(uncached_prompt=40, cached_prompt=20, completion=8)
    """
    if seconds < 0:
        raise ValueError(f"seconds must be 0 or more, got {seconds}")
    counts = _scaled(pace.counts, seconds, pace.seconds)
    if peak_tokens_per_second is None:
        return Estimate(counts, None)
    at_most = peak_tokens_per_second * seconds
    if counts.total > at_most:
        counts = _scaled(counts, at_most, counts.total)
    return Estimate(counts, at_most)


def _pace(increase: Increase) -> Pace | None:
    seconds = (increase.to_at - increase.from_at) // timedelta(seconds=1)
    if seconds < 1:
        return None
    counts = TokenCounts(
        increase.uncached_prompt_tokens,
        increase.cached_prompt_tokens,
        increase.completion_tokens,
    )
    return Pace(counts, seconds)


def _scaled(counts: TokenCounts, by: int, of: int) -> TokenCounts:
    """`counts` x by / of, each class rounded down."""
    return TokenCounts(
        counts.uncached_prompt * by // of,
        counts.cached_prompt * by // of,
        counts.completion * by // of,
    )


def window_seconds(start: datetime, end: datetime, *, most: int) -> int:
    """Whole seconds of [start, end) that are estimated: at most `most`, 0 or more."""
    return max(0, min((end - start) // timedelta(seconds=1), most))
