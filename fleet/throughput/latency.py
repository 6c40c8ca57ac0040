"""Two latencies, and the throughput that follows from them by Little's law."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A figure without a number, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Latency:
    """Means over the requests.

    ttft_ms  [ms] from the request to its first token
    tpot_ms  [ms] per output token after the first
    """

    ttft_ms: float
    tpot_ms: float

    def request_seconds(self, completion_tokens: float) -> float:
        """[s] that one request takes from its start to its last token."""
        return (self.ttft_ms + self.tpot_ms * max(0.0, completion_tokens - 1)) / 1000

    def stream_ms(self, completion_tokens: float) -> float:
        """[ms per output token] of one request, its TTFT spread over its tokens."""
        return 1000 * self.request_seconds(completion_tokens) / completion_tokens

    def requests_per_second(self, concurrency: float, completion_tokens: float) -> float:
        """[1/s] finished by `concurrency` requests in flight at all times (Little)."""
        return concurrency / self.request_seconds(completion_tokens)
