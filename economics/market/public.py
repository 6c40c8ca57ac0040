"""Public market facts that ship with the console, each with its day and source.

They let a plan be compared without a network. They are never live: whoever shows one
shows `observed_on` beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from economics.calc.token_mix import TokenCounts, TokenMix, TokenRates

FOLDER = Path(__file__).resolve().parent
SHARE_STEPS = 10_000  # a share is kept exact to four decimals


class QuoteKind(StrEnum):
    """Whose price it is."""

    CHEAPEST = "cheapest"  # of all endpoints that day
    FIRST_PARTY = "first_party"  # of the model's own maker
    EFFECTIVE = "effective"  # what a token earned in the middle, cache included


@dataclass(frozen=True, slots=True)
class MarketQuote:
    """A price list of a model [USD / 1M tokens] as seen on a day.

    cached_prompt  None: cached tokens cost as much as others, or are in the average
    """

    model: str
    kind: QuoteKind
    uncached_prompt: Decimal
    cached_prompt: Decimal | None
    completion: Decimal
    observed_on: date
    source: str

    @property
    def rates(self) -> TokenRates:
        """The same per token."""
        cached = self.cached_prompt
        return TokenRates.from_per_million(
            uncached_prompt=self.uncached_prompt,
            cached_prompt=self.uncached_prompt if cached is None else cached,
            completion=self.completion,
        )


@dataclass(frozen=True, slots=True)
class MarketTraffic:
    """How much of a model a marketplace carries, and in which mix.

    cached_share  [1] of the prompt tokens, in [0, 1]
    """

    model: str
    prompt_tokens_per_day: Decimal
    completion_tokens_per_day: Decimal
    cached_share: Decimal
    prompt_tokens_per_request: Decimal
    endpoints: int
    observed_on: date
    source: str

    @property
    def prompts_per_completion(self) -> Decimal:
        """Prompt tokens for each completion token [1]."""
        return self.prompt_tokens_per_day / self.completion_tokens_per_day

    @property
    def completion_tokens_per_request(self) -> Decimal:
        return self.prompt_tokens_per_request / self.prompts_per_completion

    @property
    def tokens_per_day(self) -> Decimal:
        return self.prompt_tokens_per_day + self.completion_tokens_per_day

    @property
    def mix(self) -> TokenMix:
        """The mix of this traffic."""
        return mix_of(
            prompt_tokens=int(self.prompt_tokens_per_day),
            cached_share=self.cached_share,
            completion_tokens=int(self.completion_tokens_per_day),
        )


def mix_of(
    *, prompt_tokens: int, cached_share: Decimal, completion_tokens: int
) -> TokenMix:
    """The token mix of requests of one kind, exact.

    cached_share  [1] of the prompt, in [0, 1], kept to four decimals

    Raises ValueError for a share outside of [0, 1] or without any token.

    >>> mix_of(prompt_tokens=1000, cached_share=Decimal("0.25"), completion_tokens=200
    ...     ).shares["cached_prompt"] == Decimal(250) / Decimal(1200)
    True
    """
    if not 0 <= cached_share <= 1:
        raise ValueError(f"cached share must be in [0, 1], got {cached_share}")
    cached = prompt_tokens * int(cached_share * SHARE_STEPS)
    return TokenMix(
        TokenCounts(
            uncached_prompt=prompt_tokens * SHARE_STEPS - cached,
            cached_prompt=cached,
            completion=completion_tokens * SHARE_STEPS,
        )
    )


@cache
def quotes() -> tuple[MarketQuote, ...]:
    """All price lists that ship."""
    return tuple(
        MarketQuote(
            row["model"],
            QuoteKind(row["kind"]),
            Decimal(row["uncached_prompt"]),
            Decimal(row["cached_prompt"]) if row["cached_prompt"] else None,
            Decimal(row["completion"]),
            date.fromisoformat(row["observed_on"]),
            row["source"],
        )
        for row in _rows("public_prices.csv")
    )


@cache
def traffic() -> dict[str, MarketTraffic]:
    """Traffic by model slug."""
    found = [
        MarketTraffic(
            row["model"],
            Decimal(row["prompt_tokens_per_day"]),
            Decimal(row["completion_tokens_per_day"]),
            Decimal(row["cached_share"]),
            Decimal(row["prompt_tokens_per_request"]),
            int(row["endpoints"]),
            date.fromisoformat(row["observed_on"]),
            row["source"],
        )
        for row in _rows("public_traffic.csv")
    ]
    return {each.model: each for each in found}


def quote(model: str, kind: QuoteKind) -> MarketQuote | None:
    """The newest price list of a kind; None where none ships."""
    found = [each for each in quotes() if (each.model, each.kind) == (model, kind)]
    return max(found, key=lambda each: each.observed_on, default=None)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
