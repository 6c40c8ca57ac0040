"""The traffic that a replica is asked to serve: the mean request, and how many at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MOST_TOKENS = 10_000_000  # beyond any context that is sold
MOST_CONCURRENCY = 65_536.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """One mean request, and either its concurrency or the latency that must hold.

    prompt_tokens      [tokens per request], cached ones included
    completion_tokens  [tokens per request], reasoning included
    cached_share       0 <= share < 1 of the prompt whose KV is in the prefix cache
    concurrency        requests in flight on one replica; None to ask for the highest
    max_tpot_ms        [ms per output token after the first], a target
    max_ttft_ms        [ms to the first token], a target

    Raises ValueError with a sentence for anything that is no traffic.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_share: float = 0.0
    concurrency: float | None = None
    max_tpot_ms: float | None = None
    max_ttft_ms: float | None = None

    def __post_init__(self) -> None:
        faults = traffic_faults(self)
        if faults:
            raise ValueError(" ".join(faults))

    @property
    def cached_tokens(self) -> float:
        """[tokens per request] of the prompt that need no prefill."""
        return self.prompt_tokens * self.cached_share

    @property
    def uncached_tokens(self) -> float:
        """[tokens per request] of the prompt that are computed."""
        return self.prompt_tokens - self.cached_tokens

    def at(self, concurrency: float) -> Traffic:
        """The same requests, `concurrency` at once and without a target."""
        return replace(self, concurrency=concurrency, max_tpot_ms=None, max_ttft_ms=None)


def traffic_faults(traffic: Traffic) -> list[str]:
    """What is wrong with `traffic`, one sentence each; empty when nothing is."""
    faults = [
        *_token_faults("prompt_tokens", traffic.prompt_tokens),
        *_token_faults("completion_tokens", traffic.completion_tokens),
    ]
    if not 0 <= traffic.cached_share < 1:  # NaN fails this too
        faults.append(
            f"cached_share is {traffic.cached_share}; it must be 0 or more and less than "
            "1, such as 0.6."
        )
    targets = (traffic.max_tpot_ms, traffic.max_ttft_ms)
    if (traffic.concurrency is None) == (targets == (None, None)):
        faults.append(
            "Give either concurrency or a latency target (max_tpot_ms, max_ttft_ms), not "
            "both and not neither."
        )
    if traffic.concurrency is not None and not 0 < traffic.concurrency <= MOST_CONCURRENCY:
        faults.append(
            f"concurrency is {traffic.concurrency}; it must be above 0 and at most "
            f"{MOST_CONCURRENCY:,.0f}."
        )
    for name, target in zip(("max_tpot_ms", "max_ttft_ms"), targets, strict=True):
        if target is not None and not 0 < target < math.inf:
            faults.append(f"{name} is {target}; it must be above 0, in milliseconds.")
    return faults


def _token_faults(name: str, tokens: int) -> list[str]:
    if 1 <= tokens <= MOST_TOKENS:
        return []
    return [f"{name} is {tokens}; it must be 1 to {MOST_TOKENS:,}."]
