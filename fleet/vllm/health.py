"""What the probes say about a replica: a pure function over facts and a clock.

- DEAD     refused or failing for three probes in a row, after it had been ready
- LOADING  not ready yet, or answering without its model
- READY    answers and has no queue
- BUSY     answers with a queue, or opens the connection and is slow
- HUNG     answers while its engine stands still with work pending
- UNKNOWN  our own eyes were shut: nothing is concluded from not looking

vLLM can answer `/health` for hours while its engine hangs, so progress is judged from
the engine's own step counter. Falling takes three misses, rising one answer. The
caller stores the facts and passes them in; nothing here remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Health(StrEnum):
    """State of a replica, in words that the console shows."""

    READY = "ready"
    BUSY = "busy"
    LOADING = "loading"
    HUNG = "hung"
    DEAD = "dead"
    UNKNOWN = "unknown"


class Miss(StrEnum):
    """Why the newest probe of `/health` brought no 200."""

    NONE = "none"  # it did
    REFUSED = "refused"  # nobody listens
    SLOW = "slow"  # connected, no whole answer in time
    STATUS = "status"  # answered with another status
    BLIND = "blind"  # we could not look: no name, no route, no free socket


MISSES_TO_FALL = 3
STALL = timedelta(seconds=120)  # no engine step with work pending
SILENCE = timedelta(seconds=300)  # connects, answers nothing, shows no progress
PROBE_INTERVAL = timedelta(seconds=10)
BLIND_AFTER_INTERVALS = 6  # probes not made until we stop trusting the last one
SLOW_STATUSES = (408, 429, 504, 524)  # a proxy gave up waiting; the pod may be at work


@dataclass(frozen=True, slots=True)
class Progress:
    """When the engine last did a step, or last had nothing to do.

    iteration_tokens  engine steps so far; None where vLLM does not say
    pending           requests running and waiting in that sample
    sampled_at        when the counters were read
    progress_at       since when the engine may have been standing still
    """

    iteration_tokens: int | None
    pending: int
    sampled_at: datetime
    progress_at: datetime


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What is known of one replica.

    probed_at         newest attempt, whatever came of it; None before the first
    misses            probes of /health in a row that brought no 200; blind ones apart
    miss, status      why the newest one brought none; status for Miss.STATUS
    answered_at       newest 200 of /health
    ready_before      it has been READY since it was rented
    previous          the health that was judged last
    model_listed      /v1/models names our model; None where that was not answered
    requests_waiting  newest sample; None without one
    progress          from the newest sample of /metrics; None without one
    """

    probed_at: datetime | None
    misses: int = 0
    miss: Miss = Miss.NONE
    status: int | None = None
    answered_at: datetime | None = None
    ready_before: bool = False
    previous: Health = Health.UNKNOWN
    model_listed: bool | None = None
    requests_waiting: int | None = None
    progress: Progress | None = None
    probe_interval: timedelta = PROBE_INTERVAL


@dataclass(frozen=True, slots=True)
class Judgement:
    """A state and the sentence that the operator reads."""

    health: Health
    reason: str


def advance(
    before: Progress | None, *, at: datetime, iteration_tokens: int | None, pending: int
) -> Progress:
    """The progress after a sample read at `at`.

    The engine stands still only from one sample with work pending to another with
    work pending and the same step counter. A request that arrives after an idle hour
    finds an old counter, and that is no stall.
    """
    if (
        before is None
        or iteration_tokens is None
        or iteration_tokens != before.iteration_tokens
        or not before.pending
        or not pending
    ):
        return Progress(iteration_tokens, pending, at, at)
    return Progress(iteration_tokens, pending, at, before.progress_at)


def judge(facts: HealthFacts, now: datetime) -> Judgement:
    """The health of a replica at `now`, with the reason. Never raises."""
    if facts.probed_at is None:
        return Judgement(Health.UNKNOWN, "Not probed yet.")
    unseen = now - facts.probed_at
    if unseen > facts.probe_interval * BLIND_AFTER_INTERVALS:
        return Judgement(
            Health.UNKNOWN, f"We have not looked for {_seconds(unseen)}; no probe was made."
        )
    if facts.miss is Miss.BLIND:
        return Judgement(Health.UNKNOWN, "We could not look: no way to the pod from here.")
    if facts.misses == 0 and facts.miss is Miss.NONE:
        return _judge_answering(facts)
    return _judge_missing(facts, now)


def _judge_answering(facts: HealthFacts) -> Judgement:
    progress = facts.progress
    if progress is not None and progress.pending:
        stalled = progress.sampled_at - progress.progress_at
        if stalled >= STALL:
            return Judgement(
                Health.HUNG,
                f"The engine has made no step for {_seconds(stalled)} with "
                f"{_requests(progress.pending)} pending; /health still answers.",
            )
    if facts.model_listed is False:
        return Judgement(Health.LOADING, "/health answers, the model is not listed yet.")
    if facts.model_listed is None and not facts.ready_before:
        return Judgement(Health.LOADING, "/health answers, /v1/models does not yet.")
    if facts.requests_waiting:
        return Judgement(Health.BUSY, f"{_requests(facts.requests_waiting)} waiting.")
    return Judgement(Health.READY, "Answers and has no queue.")


def _judge_missing(facts: HealthFacts, now: datetime) -> Judgement:
    what = _what_was_missed(facts)
    if not facts.ready_before:
        return Judgement(Health.LOADING, f"Not ready yet: {what}.")
    if facts.misses < MISSES_TO_FALL:
        return Judgement(
            facts.previous,
            f"{what.capitalize()}, miss {facts.misses} of {MISSES_TO_FALL}; "
            f"still taken as {facts.previous}.",
        )
    since = (
        "" if facts.answered_at is None else f" Last answer {facts.answered_at:%H:%M:%S}."
    )
    if not _is_slow(facts):
        return Judgement(Health.DEAD, f"{what.capitalize()}, {facts.misses} times.{since}")
    if _silent_for(facts, now) >= SILENCE:
        return Judgement(
            Health.HUNG, f"Connects and answers nothing, {facts.misses} times.{since}"
        )
    return Judgement(Health.BUSY, f"{what.capitalize()}, {facts.misses} times.{since}")


def _is_slow(facts: HealthFacts) -> bool:
    return facts.miss is Miss.SLOW or facts.status in SLOW_STATUSES


def _silent_for(facts: HealthFacts, now: datetime) -> timedelta:
    """How long neither /health nor the engine's counters have shown life."""
    signs = [facts.answered_at]
    if facts.progress is not None:
        signs.append(facts.progress.progress_at)
    seen = [sign for sign in signs if sign is not None]
    return now - max(seen) if seen else timedelta(0)


def _what_was_missed(facts: HealthFacts) -> str:
    if facts.miss is Miss.REFUSED:
        return "connection refused"
    if facts.miss is Miss.STATUS:
        return f"/health answered {facts.status}"
    return "no answer in time"


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds())} s"


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"
