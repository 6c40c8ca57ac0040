"""vLLM's latency histograms: read from `/metrics`, subtracted, and asked for percentiles.

Three of them, in seconds, cumulative since the server started: the time to the first
token, the gap between tokens, and the time in the queue. They are for charts, not for
bills: what cannot be read is left out, and never rejects the counters beside it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

NAMES = {
    b"time_to_first_token_seconds": "ttft",
    b"inter_token_latency_seconds": "itl",
    b"request_queue_time_seconds": "queue",
}
MOST_BUCKETS = 64
LARGEST = 1e15

_LINE = re.compile(
    rb"\nvllm:(" + b"|".join(NAMES) + rb")_(bucket|sum|count)\{([^}\n]{0,1000})\} "
    rb"([0-9][0-9.eE+-]{0,30})"
)
_LE = re.compile(rb'(?:^|,)le="([0-9.eE+-]{1,20})"')


@dataclass(frozen=True, slots=True)
class Histogram:
    """Observations so far: how many, their sum [s], and how many within each bound [s].

    `within` maps a finite upper bound to the observations at or below it.
    """

    count: int
    sum_seconds: float
    within: Mapping[float, int]

    @property
    def mean(self) -> float | None:
        """[s] of one observation; None of none."""
        return self.sum_seconds / self.count if self.count else None


Latencies = dict[str, Histogram]  # "ttft", "itl", "queue"


def read(body: bytes) -> Latencies:
    """The histograms of an answer, summed over its engines; those that are whole."""
    counts: dict[str, int] = {}
    sums: dict[str, float] = {}
    within: dict[str, dict[float, int]] = defaultdict(lambda: defaultdict(int))
    for name, part, labels, word in _LINE.findall(b"\n" + body):
        key = NAMES[name]
        try:
            value = float(word)
        except ValueError:
            continue
        if not 0 <= value <= LARGEST:
            continue
        if part == b"count":
            counts[key] = counts.get(key, 0) + int(value)
        elif part == b"sum":
            sums[key] = sums.get(key, 0.0) + value
        elif (bound := _LE.search(labels)) and len(within[key]) < MOST_BUCKETS:
            within[key][float(bound[1])] += int(value)
    return {
        key: Histogram(count, sums[key], dict(sorted(within[key].items())))
        for key, count in counts.items()
        if key in sums
    }


def increase(before: Histogram, after: Histogram) -> Histogram | None:
    """What was observed between two readings of one server; None after a reset."""
    if after.count < before.count or after.sum_seconds < before.sum_seconds:
        return None
    grown = {
        bound: after.within[bound] - before.within.get(bound, 0) for bound in after.within
    }
    if any(value < 0 for value in grown.values()):
        return None
    return Histogram(
        after.count - before.count, after.sum_seconds - before.sum_seconds, grown
    )


def add(one: Histogram, other: Histogram) -> Histogram:
    """Both together."""
    bounds = sorted({*one.within, *other.within})
    within = {b: one.within.get(b, 0) + other.within.get(b, 0) for b in bounds}
    return Histogram(one.count + other.count, one.sum_seconds + other.sum_seconds, within)


def percentile(seen: Histogram, share: float) -> tuple[float, bool] | None:
    """[s] below which `share` of the observations lie, and whether it is only a floor.

    Estimated as Prometheus does: the observations of a bucket are taken to lie evenly
    between its bounds. Above the last bound nothing is known but that bound. None
    without observations or buckets.
    """
    if not seen.count or not seen.within:
        return None
    rank = share * seen.count
    lower, below = 0.0, 0
    for bound, count in seen.within.items():
        if count >= rank:
            inside = count - below
            part = (rank - below) / inside if inside else 1.0
            return lower + (bound - lower) * part, False
        lower, below = bound, count
    return lower, True
