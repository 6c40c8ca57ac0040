"""Token counts, prices and the mix between them. Formulas: docs/formulas/blended-rate.md"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.money import per_million, per_token
from economics.calc.unknown import Unknown


@dataclass(frozen=True)
class TokenCounts:
    """Tokens [1] of the three classes that have a price. Never negative."""

    uncached_prompt: int = 0
    cached_prompt: int = 0
    completion: int = 0

    def __post_init__(self) -> None:
        if min(self.uncached_prompt, self.cached_prompt, self.completion) < 0:
            raise ValueError(f"token counts must be 0 or more, got {self}")

    def __add__(self, other: TokenCounts) -> TokenCounts:
        return TokenCounts(
            self.uncached_prompt + other.uncached_prompt,
            self.cached_prompt + other.cached_prompt,
            self.completion + other.completion,
        )

    @property
    def total(self) -> int:
        return self.uncached_prompt + self.cached_prompt + self.completion


@dataclass(frozen=True)
class TokenRates:
    """Our price of each class [USD / token]. Never negative."""

    uncached_prompt: Decimal
    cached_prompt: Decimal
    completion: Decimal

    def __post_init__(self) -> None:
        if min(self.uncached_prompt, self.cached_prompt, self.completion) < 0:
            raise ValueError(f"token prices must be 0 or more, got {self}")

    @classmethod
    def from_per_million(
        cls, *, uncached_prompt: Decimal, cached_prompt: Decimal, completion: Decimal
    ) -> TokenRates:
        """Rates from prices in [USD / 1M tokens]."""
        return cls(
            per_token(uncached_prompt), per_token(cached_prompt), per_token(completion)
        )


@dataclass(frozen=True)
class TokenMix:
    """The proportions of the three classes in some traffic of at least one token.

    Kept as counts, not as fractions, so that a blended rate divides only once.
    """

    counts: TokenCounts

    def __post_init__(self) -> None:
        if self.counts.total == 0:
            raise ValueError("a token mix needs at least one token")

    @property
    def shares(self) -> dict[str, Decimal]:
        """Share of each class [1]; they sum to 1 up to the last of 28 digits."""
        total = Decimal(self.counts.total)
        return {
            "uncached_prompt": self.counts.uncached_prompt / total,
            "cached_prompt": self.counts.cached_prompt / total,
            "completion": self.counts.completion / total,
        }


def token_mix(counts: TokenCounts) -> TokenMix | Unknown:
    """The mix of some traffic; unknown while no token was served."""
    if counts.total == 0:
        return Unknown("no tokens were served yet, so there is no token mix")
    return TokenMix(counts)


def revenue(counts: TokenCounts, rates: TokenRates) -> Decimal:
    """Gross revenue of some tokens [USD], unrounded: the sum of count x rate.

    >>> revenue(TokenCounts(1_000_000, 0, 500_000),
    ...     TokenRates(Decimal("6E-7"), Decimal("1.2E-7"), Decimal("1.92E-6")))
    Decimal('1.56000000')
    """
    return (
        counts.uncached_prompt * rates.uncached_prompt
        + counts.cached_prompt * rates.cached_prompt
        + counts.completion * rates.completion
    )


def blended_rate(mix: TokenMix, rates: TokenRates) -> Decimal:
    """What one token of this mix earns [USD / token], gross, unrounded.

    Never the average of an input and an output price: traffic of 35 prompt tokens
    per completion token earns close to the prompt price. Show it with its mix.
    """
    return revenue(mix.counts, rates) / mix.counts.total


def blended_rate_per_million(mix: TokenMix, rates: TokenRates) -> Decimal:
    """The same per million tokens [USD / 1M tokens of this mix]."""
    return per_million(blended_rate(mix, rates))
