"""What an operator asks of a plan, checked: page, command and API ask the same way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from typing import Any

from economics.calc.token_mix import TokenMix, TokenRates
from economics.market.public import mix_of
from economics.planner.mix import MixShares, mix_of_shares, turned_mix

MOST_TOKENS = 10_000_000
MOST_CONCURRENCY = 4_096
MOST_MILLISECONDS = Decimal(600_000)
MOST_USD_PER_MILLION = Decimal(100_000)
MOST_FACTOR = Decimal(20)
SHARE_SLACK = Decimal("0.001")  # thirds do not sum to 1 in decimals
CONTEXT_OF_MEANS = 4  # mean requests that the longest one is planned to have


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices [USD / 1M tokens] of the three classes."""

    uncached_prompt: Decimal
    cached_prompt: Decimal
    completion: Decimal

    def rates(self, factor: Decimal = Decimal(1)) -> TokenRates:
        """The same per token, times a factor."""
        return TokenRates.from_per_million(
            uncached_prompt=self.uncached_prompt * factor,
            cached_prompt=self.cached_prompt * factor,
            completion=self.completion * factor,
        )


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A model, the traffic it is to serve, and what is assumed beside it.

    `mix`, `cached_if` and `completion_if` leave the speed that of the requests, so that
    they can be turned without a new estimate.

    prompt_tokens, completion_tokens  [tokens per request], cached ones included
    cached_share         [1] of the prompt, 0 <= share < 1
    concurrency          requests at once; None: as many as the latency allows
    max_tpot_ms          [ms] per output token, a target; None: none
    max_ttft_ms          [ms] to the first token, a target; None: none (a queue may grow)
    max_model_len        [tokens] of one request; None: four mean requests, see context_of
    utilization          [1] of the serving time
    prices               ours; None: the ones in force, else the market's cheapest
    price_factor         [1] on our prices; gpu_price_factor: on the price of GPUs
    mix                  (uncached, cached, completion) shares that replace the traffic's
    cached_if            [1] another share of the prompt that is cached, for the money
    completion_if        [1] another share of all tokens that is completion, for the money
    hours, starts        of a day; see ServingDay
    load_gb_per_second   [GB / s] at which weights arrive
    """

    model: str
    prompt_tokens: int
    completion_tokens: int
    cached_share: Decimal = Decimal(0)
    concurrency: int | None = None
    max_tpot_ms: Decimal | None = Decimal(50)
    max_ttft_ms: Decimal | None = Decimal(5_000)
    max_model_len: int | None = None
    gpu_memory_utilization: Decimal = Decimal("0.90")
    utilization: Decimal = Decimal("0.5")
    prices: PriceList | None = None
    price_factor: Decimal = Decimal(1)
    gpu_price_factor: Decimal = Decimal(1)
    take_rate: Decimal = Decimal(0)
    mix: MixShares | None = None
    cached_if: Decimal | None = None
    completion_if: Decimal | None = None
    hours: Decimal = Decimal(24)
    starts: int = 0
    load_gb_per_second: Decimal = Decimal("0.3")

    @property
    def token_mix(self) -> TokenMix:
        """The mix that money is worked out with."""
        return turned_mix(
            self.start_mix,
            cached_share=self.cached_if,
            completion_share=self.completion_if,
        )

    @property
    def start_mix(self) -> TokenMix:
        """The mix before its shares are turned."""
        if self.mix is not None:
            return mix_of_shares(self.mix)
        return mix_of(
            prompt_tokens=self.prompt_tokens,
            cached_share=self.cached_share,
            completion_tokens=self.completion_tokens,
        )

    @property
    def mean_tokens(self) -> int:
        """[tokens] of the mean request, prompt and completion."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def needed_model_len(self) -> int:
        """[tokens] of the longest request that is planned for; see `context_of`."""
        return self.max_model_len or self.mean_tokens

    def context_of(self, most: int | None) -> int:
        """[tokens] of the longest request that a model with `most` is launched for.

        Four mean requests, in whole 1,024s: the long ones of real traffic are longer
        than its mean, and an engine refuses what is longer than its context. Never more
        than the model has, never less than the mean request.
        """
        if self.max_model_len is not None:
            return self.max_model_len
        wanted = -(-self.mean_tokens * CONTEXT_OF_MEANS // 1_024) * 1_024
        return max(min(wanted, most or wanted), self.mean_tokens)

    def faults(self) -> dict[str, list[str]]:
        """What is wrong, by field, in sentences; empty when nothing is."""
        found: dict[str, list[str]] = {}
        for field, sentence in (
            *self._traffic_faults(),
            *self._share_faults(),
            *self._money_faults(),
            *self._mix_faults(),
        ):
            found.setdefault(field, []).append(sentence)
        return found

    def _traffic_faults(self) -> Iterator[tuple[str, str]]:
        for field, word, count in (
            ("prompt_tokens", "Prompt", self.prompt_tokens),
            ("completion_tokens", "Completion", self.completion_tokens),
        ):
            if not 1 <= count <= MOST_TOKENS:
                yield field, f"{word} is {count} tokens; use 1 to {MOST_TOKENS:,}."
        if not 0 <= self.cached_share < 1:
            yield (
                "cached_share",
                f"Cached share is {self.cached_share}; it is a share of the prompt, from "
                "0 to below 1, such as 0.6.",
            )
        for field, word, share in (
            ("cached_if", "Cached share of a what-if", self.cached_if),
            ("completion_if", "Completion share of a what-if", self.completion_if),
        ):
            if share is not None and not 0 <= share <= 1:
                yield field, f"{word} is {share}; use 0 to 1."
        if self.concurrency is not None and not 1 <= self.concurrency <= MOST_CONCURRENCY:
            yield (
                "concurrency",
                f"Concurrency is {self.concurrency}; use 1 to {MOST_CONCURRENCY:,} "
                "requests at once, or leave it empty for as many as the latency allows.",
            )
        for field, word, target in (
            ("max_tpot_ms", "Time per output token", self.max_tpot_ms),
            ("max_ttft_ms", "Time to first token", self.max_ttft_ms),
        ):
            if target is not None and not 0 < target <= MOST_MILLISECONDS:
                yield field, f"{word} is {target} ms; use more than 0, such as 50."
        if (
            self.concurrency is None
            and self.max_tpot_ms is None
            and self.max_ttft_ms is None
        ):
            yield (
                "max_tpot_ms",
                "Give a latency target or a concurrency; without either there is no load.",
            )
        if self.max_model_len is not None and self.max_model_len < 1:
            yield (
                "max_model_len",
                f"Context is {self.max_model_len} tokens; use 1 or more, or "
                "leave it empty.",
            )
        elif self.max_model_len is not None and self.max_model_len < self.mean_tokens:
            yield (
                "max_model_len",
                f"Context is {self.max_model_len:,} tokens, and the mean request has "
                f"{self.mean_tokens:,}: it would be refused; use at least that, or leave "
                "it empty.",
            )

    def _share_faults(self) -> Iterator[tuple[str, str]]:
        for field, word, share in (
            ("utilization", "Utilization", self.utilization),
            ("take_rate", "Take rate", self.take_rate),
        ):
            if not 0 <= share <= 1:
                yield field, f"{word} is {share}; use a share from 0 to 1, such as 0.5."
        if not 0 < self.gpu_memory_utilization < 1:
            yield (
                "gpu_memory_utilization",
                f"GPU memory share is {self.gpu_memory_utilization}; use more than 0 and "
                "less than 1, such as 0.90.",
            )
        if not 0 < self.hours <= 24:
            yield "hours", f"Hours a day is {self.hours}; use more than 0, up to 24."
        if not 0 <= self.starts <= 100:
            yield "starts", f"Starts a day is {self.starts}; use 0 to 100."

    def _money_faults(self) -> Iterator[tuple[str, str]]:
        for field, word, factor in (
            ("price_factor", "Price factor", self.price_factor),
            ("gpu_price_factor", "GPU price factor", self.gpu_price_factor),
        ):
            if not 0 <= factor <= MOST_FACTOR:
                yield field, f"{word} is {factor}; use 0 to {MOST_FACTOR}, 1 for as it is."
        if not Decimal("0.001") <= self.load_gb_per_second <= 1_000:
            yield (
                "load_gb_per_second",
                f"Load speed is {self.load_gb_per_second} GB/s; use 0.001 to 1,000, such "
                "as 0.3 for a network volume.",
            )
        if self.prices is None:
            return
        for field, word, price in (
            ("price_prompt", "Prompt price", self.prices.uncached_prompt),
            ("price_cached", "Cached prompt price", self.prices.cached_prompt),
            ("price_completion", "Completion price", self.prices.completion),
        ):
            if not 0 <= price <= MOST_USD_PER_MILLION:
                yield (
                    field,
                    f"{word} is {price:f}; use 0 to {MOST_USD_PER_MILLION:,} USD per "
                    "million tokens.",
                )

    def _mix_faults(self) -> Iterator[tuple[str, str]]:
        if self.mix is None:
            return
        total = sum(self.mix, Decimal(0))
        if any(not 0 <= share <= 1 for share in self.mix):
            shown = ", ".join(f"{share:f}" for share in self.mix)
            yield "mix", f"Mix is {shown}; each share is from 0 to 1."
        elif abs(total - 1) > SHARE_SLACK:
            shown = " + ".join(f"{share:f}" for share in self.mix)
            yield (
                "mix",
                f"Mix is {shown} = {total:f}; uncached, cached and completion "
                "shares must sum to 1.",
            )


# What a question takes where nothing else is said.
DEFAULTS: dict[str, Any] = {
    each.name: each.default for each in fields(PlanQuestion) if each.default is not MISSING
}
