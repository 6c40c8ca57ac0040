"""vLLM's cumulative counters -> tokens served. Formulas: docs/formulas/counter-increase.md

`prompt_tokens` contains the cached ones (vLLM counts a prefix-cache hit in both), so
uncached = prompt - cached. Counters restart at 0 with the server process.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from economics.calc.hours import as_utc, hour_start, split_into_hours

SAME_PROCESS = timedelta(seconds=1)  # two readings of one start time differ by less
MICROSECOND = timedelta(microseconds=1)


class RequestCounts(NamedTuple):
    """Finished requests of a time, each under one reason.

    other    the engine named a reason that we do not keep apart
    unknown  this vLLM does not tell reasons
    """

    stop: int = 0
    length: int = 0
    aborted: int = 0
    failed: int = 0
    other: int = 0
    unknown: int = 0


class Finishes(NamedTuple):
    """Finished requests by reason, cumulative; other reasons are in the total alone."""

    stop: int
    length: int
    aborted: int
    failed: int


@dataclass(frozen=True)
class CounterReading:
    """The counters of one server process at an instant; all cumulative.

    `cached_prompt_tokens` is None where this vLLM does not report it, and
    `process_started_at` where the server does not say when it started, and `finishes`
    where it does not tell why requests finished.
    """

    at: datetime
    process_started_at: datetime | None
    prompt_tokens: int
    cached_prompt_tokens: int | None
    completion_tokens: int
    requests_finished: int
    finishes: Finishes | None = None


@dataclass(frozen=True)
class Increase:
    """What was served in [from_at, to_at).

    `is_baseline`: counters of unknown age, taken as a starting point, nothing counted.
    `is_cached_unknown`: all prompt tokens are counted as uncached.
    """

    from_at: datetime
    to_at: datetime
    uncached_prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    by_reason: RequestCounts = RequestCounts()
    is_reset: bool = False
    is_baseline: bool = False
    is_cached_unknown: bool = False

    @property
    def requests(self) -> int:
        """Finished requests, whatever their reason."""
        return sum(self.by_reason)

    @property
    def tokens(self) -> int:
        return (
            self.uncached_prompt_tokens + self.cached_prompt_tokens + self.completion_tokens
        )


class HourTokens(NamedTuple):
    """A part of some tokens, placed into the UTC hour that begins at `hour_start`."""

    hour_start: datetime
    tokens: int
    is_interpolated: bool


def counter_increase(
    previous: CounterReading | None,
    current: CounterReading,
    *,
    pod_created_at: datetime | None = None,
) -> Increase:
    """The tokens served between two readings of a pod, in order of time.

    A process start that changed, or any counter that fell, is a reset: everything in
    `current` was served since. A first reading counts from 0 when its process is known
    to have started after the pod was created; otherwise its counters are of unknown
    age and it is only a baseline. What an old process served after its last reading
    is not in any counter and is not guessed.

    Raises ValueError when `current` is not later than `previous`.
    """
    started_at = current.process_started_at
    if previous is None:
        fresh = (
            started_at is not None
            and pod_created_at is not None
            and started_at > pod_created_at - SAME_PROCESS
        )
        if not fresh or started_at is None:
            return Increase(from_at=current.at, to_at=current.at, is_baseline=True)
        return _since_zero(current, from_at=min(started_at, current.at))
    if current.at <= previous.at:
        raise ValueError(
            f"readings must be in order of time: {current.at.isoformat()} does not "
            f"come after {previous.at.isoformat()}"
        )
    if is_reset(previous, current):
        from_at = previous.at
        if started_at is not None:
            from_at = min(max(previous.at, started_at), current.at)
        return _since_zero(current, from_at=from_at, is_reset=True)
    return _difference(previous, current)


def is_reset(previous: CounterReading, current: CounterReading) -> bool:
    """Whether the server restarted between two readings."""
    before, after = previous.process_started_at, current.process_started_at
    if before is not None and after is not None and abs(after - before) > SAME_PROCESS:
        return True
    return (
        current.prompt_tokens < previous.prompt_tokens
        or current.completion_tokens < previous.completion_tokens
        or current.requests_finished < previous.requests_finished
        or _fell(previous.cached_prompt_tokens, current.cached_prompt_tokens)
    )


def split_tokens_by_time(tokens: int, start: datetime, end: datetime) -> list[HourTokens]:
    """Tokens served evenly over [start, end), as integers per hour that add up exactly.

    Each hour gets floor(tokens x elapsed share at its end) minus what earlier hours
    got, so no token is lost or made up by rounding. Parts are marked interpolated
    when there is more than one hour. Hours that get 0 tokens are left out.

    Raises ValueError for a negative count or an end before the start.
    """
    if tokens < 0 or end < start:
        raise ValueError(f"cannot spread {tokens} tokens over [{start}, {end})")
    pieces = split_into_hours(start, end)
    if len(pieces) < 2:
        return [HourTokens(hour_start(start), tokens, False)] if tokens else []
    total = (as_utc(end) - as_utc(start)) // MICROSECOND
    parts: list[HourTokens] = []
    placed = 0
    for piece in pieces:
        upto = tokens * ((piece.end - as_utc(start)) // MICROSECOND) // total
        if upto > placed:
            parts.append(HourTokens(hour_start(piece.start), upto - placed, True))
        placed = upto
    return parts


NONE_FINISHED = Finishes(0, 0, 0, 0)


def _since_zero(
    current: CounterReading, *, from_at: datetime, is_reset: bool = False
) -> Increase:
    cached = min(current.cached_prompt_tokens or 0, current.prompt_tokens)
    return Increase(
        from_at=from_at,
        to_at=current.at,
        uncached_prompt_tokens=current.prompt_tokens - cached,
        cached_prompt_tokens=cached,
        completion_tokens=current.completion_tokens,
        by_reason=_finished(current.requests_finished, current.finishes, NONE_FINISHED),
        is_reset=is_reset,
        is_cached_unknown=current.cached_prompt_tokens is None,
    )


def _difference(previous: CounterReading, current: CounterReading) -> Increase:
    prompt = current.prompt_tokens - previous.prompt_tokens
    before, after = previous.cached_prompt_tokens, current.cached_prompt_tokens
    known = before is not None and after is not None
    # Two counters of one scrape may be read a step apart: never more hits than prompt.
    cached = min(after - before, prompt) if before is not None and after is not None else 0
    return Increase(
        from_at=previous.at,
        to_at=current.at,
        uncached_prompt_tokens=prompt - cached,
        cached_prompt_tokens=cached,
        completion_tokens=current.completion_tokens - previous.completion_tokens,
        by_reason=_finished(
            current.requests_finished - previous.requests_finished,
            current.finishes,
            previous.finishes,
        ),
        is_cached_unknown=not known,
    )


def _finished(
    requests: int, after: Finishes | None, before: Finishes | None
) -> RequestCounts:
    """Requests by reason; their sum is `requests`.

    The reasons are read a step apart from their total at most; what they have more or
    less is kept out of a negative count, so that the sum holds.
    """
    if after is None or before is None:
        return RequestCounts(unknown=requests)
    told: list[int] = []
    left = requests
    for now, earlier in zip(after, before, strict=True):
        told.append(min(max(now - earlier, 0), left))
        left -= told[-1]
    stop, length, aborted, failed = told
    return RequestCounts(stop, length, aborted, failed, left)


def _fell(before: int | None, after: int | None) -> bool:
    return before is not None and after is not None and after < before
