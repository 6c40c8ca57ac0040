"""How well a throughput is known: kinds in the order of trust, and the estimate itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from fleet.throughput.latency import Latency
from fleet.throughput.traffic import Traffic


class Evidence(IntEnum):
    """Kinds of evidence; a lower value is trusted more."""

    OWN_MEASUREMENT = 1
    PUBLISHED = 2
    ESTIMATOR_CORRECTED = 3
    ESTIMATOR = 4
    ROOFLINE = 5

    @property
    def words(self) -> str:
        """How a page calls it."""
        return _WORDS[self]


_WORDS = {
    Evidence.OWN_MEASUREMENT: "measured on our own pods",
    Evidence.PUBLISHED: "published measurement",
    Evidence.ESTIMATOR_CORRECTED: "estimate, corrected by measured neighbours",
    Evidence.ESTIMATOR: "estimate, without a measured neighbour",
    Evidence.ROOFLINE: "roofline, without an estimator and a neighbour",
}


@dataclass(frozen=True, slots=True)
class Band:
    """Factors on a rate: eight of ten held-out measurements lay between them.

    low, high  measured / estimated tokens per second, at 10 % and 90 %
    rows       held-out rows that the factors come from; 0 where none could be held out
    """

    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one replica serves at a concurrency, and how well that is known.

    All rates are of the whole replica [tokens/s]; ttft_ms is None where it is not known.
    """

    output_tokens_per_second: float
    uncached_prompt_tokens_per_second: float
    cached_prompt_tokens_per_second: float
    ttft_ms: float | None
    tpot_ms: float
    concurrency: float
    kind: Evidence
    source: str
    dated: date | None
    band: Band
    words: str
    nearest: float | None = None  # distance of the nearest neighbour that corrected it

    @property
    def prompt_tokens_per_second(self) -> float:
        """[tokens/s] of prompt, cached ones included."""
        return self.uncached_prompt_tokens_per_second + self.cached_prompt_tokens_per_second

    @property
    def total_tokens_per_second(self) -> float:
        """[tokens/s] that are billed: prompt, cached prompt and completion."""
        return self.prompt_tokens_per_second + self.output_tokens_per_second

    @property
    def tokens_per_day(self) -> float:
        """[tokens/day] billed at full load."""
        return self.total_tokens_per_second * 86_400


def estimate_at(
    traffic: Traffic,
    latency: Latency,
    *,
    kind: Evidence,
    source: str,
    dated: date | None,
    band: Band,
    words: str,
    output_tokens_per_second: float | None = None,
    ttft_known: bool = True,
    nearest: float | None = None,
) -> Estimate:
    """The rates that follow from latencies at the traffic's concurrency (Little's law).

    `output_tokens_per_second` replaces the law where a rate was measured itself.
    """
    concurrency = traffic.concurrency or 1.0
    requests = latency.requests_per_second(concurrency, traffic.completion_tokens)
    if output_tokens_per_second is not None:
        requests = output_tokens_per_second / traffic.completion_tokens
    return Estimate(
        output_tokens_per_second=requests * traffic.completion_tokens,
        uncached_prompt_tokens_per_second=requests * traffic.uncached_tokens,
        cached_prompt_tokens_per_second=requests * traffic.cached_tokens,
        ttft_ms=latency.ttft_ms if ttft_known else None,
        tpot_ms=latency.tpot_ms,
        concurrency=concurrency,
        kind=kind,
        source=source,
        dated=dated,
        band=band,
        words=words,
        nearest=nearest,
    )
