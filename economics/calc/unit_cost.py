"""What a million tokens cost, by the time they take. Formulas: docs/formulas/unit-cost.md

A replica sells its time. A token of each class takes some of it when the replica is
full: a completion token most, an uncached prompt token less, a cached one next to
nothing. Cost is shared out by that time, never by the number of tokens: by number, the
cheap cached tokens would carry the rent of the dear ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.hours import SECONDS_PER_HOUR
from economics.calc.money import per_million
from economics.calc.token_mix import TokenCounts, TokenMix, TokenRates


@dataclass(frozen=True)
class TokenSeconds:
    """Seconds of a full replica that one token of each class takes [s / token].

    Never negative, and a completion token takes some time. Raises ValueError otherwise.
    """

    uncached_prompt: Decimal
    cached_prompt: Decimal
    completion: Decimal

    def __post_init__(self) -> None:
        times = (self.uncached_prompt, self.cached_prompt, self.completion)
        if not all(time.is_finite() and time >= 0 for time in times):
            raise ValueError(f"seconds per token must be 0 or more, got {self}")
        if self.completion == 0:
            raise ValueError("a completion token must take more than 0 seconds")

    def of(self, counts: TokenCounts) -> Decimal:
        """Seconds of a full replica [s] that these tokens take together."""
        return (
            counts.uncached_prompt * self.uncached_prompt
            + counts.cached_prompt * self.cached_prompt
            + counts.completion * self.completion
        )


def peak_tokens_per_second(seconds: TokenSeconds, mix: TokenMix) -> Decimal | None:
    """Tokens of this mix [tokens / s] that a full replica serves, all classes counted.

    None for a mix that takes no time at all (cached prompts only, at 0 s each).

    >>> times = TokenSeconds(Decimal("0.0001"), Decimal(0), Decimal("0.0005"))
    >>> peak_tokens_per_second(times, TokenMix(TokenCounts(2_000, 6_000, 1_000)))
    Decimal('12857.14285714285714285714286')
    """
    taken = seconds.of(mix.counts)
    return mix.counts.total / taken if taken else None


@dataclass(frozen=True)
class UnitCost:
    """Cost of one million tokens of each class, and of the mix [USD / 1M tokens]."""

    uncached_prompt: Decimal
    cached_prompt: Decimal
    completion: Decimal
    blended: Decimal

    def as_rates(self) -> TokenRates:
        """The prices [USD / token] that would earn exactly the cost."""
        return TokenRates.from_per_million(
            uncached_prompt=self.uncached_prompt,
            cached_prompt=self.cached_prompt,
            completion=self.completion,
        )


def unit_cost(
    *, usd_per_hour: Decimal, seconds: TokenSeconds, mix: TokenMix, utilization: Decimal
) -> UnitCost:
    """Cost per million tokens at a utilization, shared out by time, unrounded.

    usd_per_hour  [USD / replica-hour] rent and disk
    utilization   [1] time that is filled / time that is paid, in (0, 1]

    Raises ValueError for a utilization outside of that.
    """
    if not 0 < utilization <= 1:
        raise ValueError(f"utilization must be in (0, 1], got {utilization}")
    usd_per_second = usd_per_hour / SECONDS_PER_HOUR / utilization
    return UnitCost(
        per_million(usd_per_second * seconds.uncached_prompt),
        per_million(usd_per_second * seconds.cached_prompt),
        per_million(usd_per_second * seconds.completion),
        per_million(usd_per_second * seconds.of(mix.counts) / mix.counts.total),
    )
