"""How the time of a full replica falls on prompt, cached prompt and output tokens.

The estimate answers for one mix; a price list needs each class of tokens for itself. The
same estimate is asked again with a little less of each class; the differences, scaled so
that the asked mix takes exactly its time, are the seconds of a token. Formula and worked
examples: docs/formulas/class-seconds.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fleet.throughput.latency import Unknown
from fleet.throughput.traffic import Traffic

STEP = 0.2  # of the tokens of a class that are taken away to see what they cost
LEAST_COMPLETION_SECONDS = 1e-9

RequestSeconds = Callable[[Traffic], float | Unknown]
"""Seconds of the whole replica [s] for one mean request at the traffic's concurrency."""


@dataclass(frozen=True, slots=True)
class ClassSeconds:
    """[s] of a full replica per token; they make up one request of the asked mix."""

    uncached_prompt: float
    cached_prompt: float
    completion: float


def class_seconds(
    traffic: Traffic, request_seconds: float, ask: RequestSeconds
) -> ClassSeconds | Unknown:
    """The seconds per token of each class around `traffic`.

    request_seconds  [s] of the whole replica per request, as the best evidence has it
    ask              the estimate, which is asked about neighbouring traffic

    Unknown, with the reason, where the estimate does not answer. A class whose tokens
    seem to save time costs nothing; a cached token never costs more than a prompt token.
    """
    whole = ask(traffic)
    if isinstance(whole, Unknown):
        return whole
    if request_seconds <= 0 or whole <= 0:
        return Unknown("A request that takes no time tells nothing of its tokens.")
    uncached, cached = traffic.uncached_tokens, traffic.cached_tokens
    parts: dict[str, float] = {}
    for name, fewer in (
        ("uncached", with_tokens(traffic, uncached * (1 - STEP), cached, 1.0)),
        ("cached", with_tokens(traffic, uncached, cached * (1 - STEP), 1.0)),
        ("completion", with_tokens(traffic, uncached, cached, 1 - STEP)),
    ):
        less = ask(fewer)
        if isinstance(less, Unknown):
            return less
        gone = tokens_between(traffic, fewer)
        parts[name] = max(0.0, (whole - less) / gone) if gone else 0.0
    return scaled(traffic, request_seconds, parts)


def with_tokens(
    traffic: Traffic, uncached: float, cached: float, completion: float
) -> Traffic:
    """The same traffic with other amounts; `completion` is a factor."""
    prompt = max(1, round(uncached + cached))
    share = min(cached / prompt, 0.999_999)
    return Traffic(
        prompt_tokens=prompt,
        completion_tokens=max(1, round(traffic.completion_tokens * completion)),
        cached_share=share,
        concurrency=traffic.concurrency,
    )


def tokens_between(more: Traffic, fewer: Traffic) -> float:
    """[tokens per request] that were taken away, rounding included."""
    return (
        more.prompt_tokens
        + more.completion_tokens
        - fewer.prompt_tokens
        - fewer.completion_tokens
    )


def scaled(
    traffic: Traffic, request_seconds: float, parts: dict[str, float]
) -> ClassSeconds:
    """The parts so that one request of the traffic takes `request_seconds`."""
    cached = min(parts["cached"], parts["uncached"])
    completion = max(parts["completion"], LEAST_COMPLETION_SECONDS)
    told = (
        traffic.uncached_tokens * parts["uncached"]
        + traffic.cached_tokens * cached
        + traffic.completion_tokens * completion
    )
    factor = request_seconds / told
    return ClassSeconds(parts["uncached"] * factor, cached * factor, completion * factor)
