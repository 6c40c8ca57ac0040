"""What a check may ask of today's world. The console answers from its own parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from economics.calc.unknown import Unknown
from economics.market.public import MarketQuote, MarketTraffic, QuoteKind


@dataclass(frozen=True, slots=True)
class FitAnswer:
    """Whether a deployment can start.

    reasons     sentences, when not
    weights_gib [GiB] of all weights
    memory_gib  [GiB] of all GPUs together, as CUDA reports it
    instead     the smallest shape that fits, in words; "" where none was looked for
    """

    ok: bool
    reasons: tuple[str, ...]
    weights_gib: Decimal
    memory_gib: Decimal
    instead: str = ""


@dataclass(frozen=True, slots=True)
class SpeedAnswer:
    """Tokens of a kind of traffic that a full deployment serves.

    tokens_per_second  [tokens / s] prompt and completion
    low, high          [1] factors of the error band
    """

    tokens_per_second: Decimal
    low: Decimal
    high: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A precision and the GPUs to run it on."""

    precision: str
    gpu: str
    gpu_count: int

    def __str__(self) -> str:
        return f"{self.precision.upper()} on {self.gpu_count}× {self.gpu}"


@dataclass(frozen=True, slots=True)
class RentAnswer:
    """Today's price of a node [USD / h], and where it was read."""

    usd_per_hour: Decimal
    observed_on: date
    source: str


class World(Protocol):
    """Today, as far as it is known. An answer that is not known says why."""

    def parameters_billion(self, model: str) -> Decimal | Unknown:
        """All parameters of a model, in 10^9."""

    def max_context(self, model: str) -> int | Unknown:
        """[tokens] that a model was made for."""

    def bytes_against_bf16(self, model: str, precision: str) -> Decimal | Unknown:
        """How many times smaller the weights are than in BF16 [1]."""

    def recommended_flags(self, model: str) -> tuple[str, ...] | Unknown:
        """Flags of vLLM that this model needs to be sold with tools and reasoning."""

    def fit(
        self,
        model: str,
        precision: str,
        gpu: str,
        gpu_count: int,
        *,
        tensor_parallel: int | None,
        max_model_len: int | None,
    ) -> FitAnswer | Unknown:
        """Whether vLLM would start."""

    def smallest(self, model: str) -> Shape | Unknown:
        """The cheapest shape on which a model can start at all."""

    def speed(
        self, model: str, precision: str, gpu: str, gpu_count: int
    ) -> SpeedAnswer | Unknown:
        """How fast it is with the model's real traffic."""

    def rents(self, gpu: str, gpu_count: int) -> dict[tuple[str, str], RentAnswer]:
        """Today's price of a node by (provider, cloud)."""

    def kind_fault(self, provider: str, kind: str) -> str | None:
        """Why a provider does not sell a kind, with day and source; None: it does."""

    def traffic(self, model: str) -> MarketTraffic | Unknown:
        """What a marketplace carries of it."""

    def quote(self, model: str, kind: QuoteKind) -> MarketQuote | Unknown:
        """A market's price of it."""
