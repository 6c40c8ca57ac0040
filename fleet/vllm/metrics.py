"""Read vLLM's `/metrics` within hard limits: an allow-list, not a parser.

    MetricsRejected    the text cannot be trusted; the sentence says why

The pod is a public server and may send anything, so nothing is read that is not on
the list, and a listed line that cannot be read rejects the whole text: a counter that
silently went missing would be tokens that nobody is paid for. The scanner works on
bytes with four passes of compiled patterns; `benchmarks/scan_metrics.py` compares it
with `prometheus_client`, whose parser is the reference in the tests.

Series as vLLM 0.32 names them (v1/metrics/loggers.py), with the names of older
versions where those differ. `vllm:prompt_tokens_total` contains the cached tokens.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from fleet.vllm import latency
from fleet.vllm.latency import Latencies

MIB = 2**20
LARGEST_VALUE = 1e15  # beyond it a float no longer counts single tokens safely

PROMPT = b"vllm:prompt_tokens_total"
CACHED = b"vllm:prompt_tokens_cached_total"
BY_SOURCE = b"vllm:prompt_tokens_by_source_total"
GENERATION = b"vllm:generation_tokens_total"
FINISHED = b"vllm:request_success_total"
ITERATIONS = b"vllm:iteration_tokens_total_count"
RUNNING = b"vllm:num_requests_running"
WAITING = b"vllm:num_requests_waiting"
KV_USAGE = b"vllm:kv_cache_usage_perc"
OLD_KV_USAGE = b"vllm:gpu_cache_usage_perc"  # before 0.10
HITS = b"vllm:prefix_cache_hits_total"
QUERIES = b"vllm:prefix_cache_queries_total"
OLD_HITS = b"vllm:gpu_prefix_cache_hits_total"  # before 0.10
OLD_QUERIES = b"vllm:gpu_prefix_cache_queries_total"
STARTED = b"process_start_time_seconds"

REQUIRED = (PROMPT, GENERATION, RUNNING, WAITING)
WHOLE = (
    *(PROMPT, CACHED, BY_SOURCE, GENERATION, FINISHED, ITERATIONS, RUNNING, WAITING),
    *(HITS, QUERIES, OLD_HITS, OLD_QUERIES),
)
FRACTIONS = (KV_USAGE, OLD_KV_USAGE)
NAMES = (*WHOLE, *FRACTIONS, STARTED)
CACHED_SOURCES = (b"local_cache_hit", b"external_kv_transfer")

# Each begins at a line feed, which the engine finds at memory speed; the alternatives
# are tried only there. Longest names first: a shorter one may begin a longer one.
_ENGINE = b"|".join(
    re.escape(name.removeprefix(b"vllm:"))
    for name in sorted(NAMES, key=len, reverse=True)
    if name != STARTED
)
_LINE = re.compile(
    rb"\n(vllm:(?:" + _ENGINE + rb")|" + STARTED + rb")(?![A-Za-z0-9_:])([^\n]*)"
)
# Possessive quantifiers (*+, ++): the text is a stranger's, and a pattern that may try
# again would let one line of blanks keep a worker busy for ever.
_LABEL = rb'[A-Za-z_][A-Za-z0-9_]*+="(?:[^"\\\n]|\\.)*+"'
_REST = re.compile(
    rb"(?:[ \t]*+\{[ \t]*+((?:" + _LABEL + rb"[ \t]*+(?:,[ \t]*+|(?=\})))*+)\})?"
    rb"[ \t]++(\S++)(?:[ \t]++-?[0-9]++)?[ \t]*+"
)
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_REASON = re.compile(rb'(?:^|,)[ \t]*finished_reason="((?:[^"\\]|\\.)*)"')
_SOURCE = re.compile(rb'(?:^|,)[ \t]*source="((?:[^"\\]|\\.)*)"')


class MetricsRejected(ValueError):
    """The text is not metrics that we count by; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a `/metrics` answer is read at most."""

    bytes: int = MIB
    lines: int = 5_000
    line_bytes: int = 2_048


DEFAULT_LIMITS = Limits()


class Finishes(NamedTuple):
    """Finished requests by reason, cumulative. Reasons that are not named here, such as
    "repetition", are in `requests_finished` alone.

    stop      the model ended its answer
    length    cut at the asked or the largest length
    aborted   the client went away
    failed    the engine failed while it answered
    """

    stop: int
    length: int
    aborted: int
    failed: int


REASONS = (b"stop", b"length", b"abort", b"error")  # in the order of `Finishes`


@dataclass(frozen=True, slots=True)
class EngineCounters:
    """vLLM's counters, cumulative since the server started, summed over its engines.

    prompt_tokens          [tokens], those from the cache included
    cached_prompt_tokens   [tokens]; None where this vLLM does not count them
    generation_tokens      [tokens]
    iteration_tokens       [engine steps] `vllm:iteration_tokens_total_count`; frozen
                           with work pending means a hung engine; None where missing
    requests_finished      whatever their finish reason
    requests_running, requests_waiting   now
    kv_cache_usage         [1] mean of the engines, 0..1 although vLLM says "perc"
    process_start_time     [s since 1970]; None where missing; a change is a restart
    prefix_cache_hits, prefix_cache_queries   [tokens]; not a bill: vLLM counts a
                           waiting request again at every attempt to schedule it
    latencies              histograms in seconds, for charts; those that could be read
    finishes               of the finished, by their reason; None where missing.
                           vLLM counts no refusals: it queues, and answers none with 429
    """

    prompt_tokens: int
    cached_prompt_tokens: int | None
    generation_tokens: int
    iteration_tokens: int | None
    requests_finished: int
    requests_running: int
    requests_waiting: int
    kv_cache_usage: float | None
    process_start_time: Decimal | None
    prefix_cache_hits: int | None
    prefix_cache_queries: int | None
    finishes: Finishes | None = None
    latencies: Latencies = field(default_factory=dict)

    @property
    def requests_pending(self) -> int:
        """Requests in the batch and in the queue."""
        return self.requests_running + self.requests_waiting


def parse(text: str | bytes, limits: Limits = DEFAULT_LIMITS) -> EngineCounters:
    """The counters in `text`, an answer of vLLM's `/metrics`.

    Raises MetricsRejected, with a sentence, for a text over the limits, an HTML page,
    a value that is not a number in 0..10^15, and where a needed series is missing.
    """
    body = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    _check_size(body, limits)
    series = _scan(body)
    missing = [name.decode() for name in REQUIRED if name not in series]
    if missing:
        raise MetricsRejected(f"/metrics has no {missing[0]}; it is not vLLM's")
    prompt = _whole(series, PROMPT)
    cached = _cached(series)
    if cached is not None and prompt is not None and cached > prompt:
        raise MetricsRejected(
            f"/metrics counts {cached} cached prompt tokens of {prompt} prompt tokens"
        )
    return EngineCounters(
        prompt_tokens=prompt or 0,
        cached_prompt_tokens=cached,
        generation_tokens=_whole(series, GENERATION) or 0,
        iteration_tokens=_whole(series, ITERATIONS),
        requests_finished=_whole(series, FINISHED) or 0,
        requests_running=_whole(series, RUNNING) or 0,
        requests_waiting=_whole(series, WAITING) or 0,
        kv_cache_usage=_kv_usage(series),
        process_start_time=_started(series),
        prefix_cache_hits=_whole(series, HITS, OLD_HITS),
        prefix_cache_queries=_whole(series, QUERIES, OLD_QUERIES),
        finishes=_finishes(series),
        latencies=latency.read(body),
    )


_Series = dict[bytes, dict[bytes, float]]  # name -> labels -> value


def _check_size(body: bytes, limits: Limits) -> None:
    if len(body) > limits.bytes:
        raise MetricsRejected(too_large(len(body), limits))
    if body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise MetricsRejected("/metrics is an HTML page, not metrics")
    lines = body.count(b"\n") + 1
    if lines > limits.lines:
        raise MetricsRejected(
            f"/metrics has {lines} lines, more than the limit of {limits.lines}"
        )
    longest = max(map(len, body.split(b"\n")))
    if longest > limits.line_bytes:
        raise MetricsRejected(
            f"/metrics has a line of {longest} bytes, more than the limit of "
            f"{limits.line_bytes}"
        )


def too_large(size: int, limits: Limits) -> str:
    """The sentence for an answer of `size` bytes or more."""
    limit = f"{limits.bytes / MIB:g} MiB"
    return f"/metrics is {size / 10**6:.1f} MB, more than the limit of {limit}"


def _scan(body: bytes) -> _Series:
    series: _Series = defaultdict(dict)
    for name, rest in _LINE.findall(b"\n" + body):
        found = _REST.fullmatch(rest)
        if found is None:
            raise MetricsRejected(
                f"/metrics has a line of {name.decode()} that is unreadable"
            )
        labels = found[1] or b""
        if labels in series[name]:
            raise MetricsRejected(f"/metrics has a series of {name.decode()} twice")
        series[name][labels] = _number(name, found[2])
    return series


def _number(name: bytes, word: bytes) -> float:
    # The pattern first: float() would also take "nan", "inf" and "1_000".
    value = float(word) if _NUMBER.fullmatch(word) else None
    if value is None or not 0 <= value <= LARGEST_VALUE:
        shown = word[:40].decode(errors="replace")
        raise MetricsRejected(
            f"/metrics has {name.decode()} = {shown}; a count from 0 to 10^15 is right"
        )
    if name in WHOLE and not value.is_integer():
        raise MetricsRejected(f"/metrics has {name.decode()} = {value}, not a whole number")
    if name in FRACTIONS and value > 1:
        raise MetricsRejected(f"/metrics has {name.decode()} = {value}; 0 to 1 is right")
    return value


def _whole(series: _Series, *names: bytes) -> int | None:
    """The sum over engines and models of the first of `names` that is there."""
    for name in names:
        if name in series:
            return sum(int(value) for value in series[name].values())
    return None


def _cached(series: _Series) -> int | None:
    cached = _whole(series, CACHED)
    if cached is not None or BY_SOURCE not in series:
        return cached
    total = 0
    for labels, value in series[BY_SOURCE].items():
        source = _SOURCE.search(labels)
        if source is not None and source[1] in CACHED_SOURCES:
            total += int(value)
    return total


def _finishes(series: _Series) -> Finishes | None:
    if FINISHED not in series:
        return None
    counts = dict.fromkeys(REASONS, 0)
    for labels, value in series[FINISHED].items():
        reason = _REASON.search(labels)
        if reason is not None and reason[1] in counts:
            counts[reason[1]] += int(value)
    return Finishes(*(counts[reason] for reason in REASONS))


def _kv_usage(series: _Series) -> float | None:
    for name in FRACTIONS:
        if name in series:
            return sum(series[name].values()) / len(series[name])
    return None


def _started(series: _Series) -> Decimal | None:
    values = series.get(STARTED)
    return Decimal(repr(max(values.values()))) if values else None
