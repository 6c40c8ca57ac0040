"""A world of stated facts, for checks whose answer was worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.market import public
from economics.market.public import MarketQuote, MarketTraffic, QuoteKind
from economics.planner.strategy.world import FitAnswer, RentAnswer, Shape, SpeedAnswer

NOT_STATED = Unknown("this world does not say")
SEEN = date(2026, 11, 9)


@dataclass
class StatedWorld:
    """Answers what it was given; the market is the one that ships."""

    fits: bool | None = None
    tokens_per_second: Decimal | None = None
    high: Decimal = Decimal(1)
    usd_per_hour: dict[tuple[str, str], str] = field(default_factory=dict)
    flags: tuple[str, ...] | None = None
    shape: Shape | None = None

    def parameters_billion(self, model: str) -> Decimal | Unknown:
        return Decimal(744) if model == "glm-5" else NOT_STATED

    def max_context(self, model: str) -> int | Unknown:
        return 131_072

    def bytes_against_bf16(self, model: str, precision: str) -> Decimal | Unknown:
        return {"fp8": Decimal(2), "int4": Decimal("3.9")}.get(precision, NOT_STATED)

    def recommended_flags(self, model: str) -> tuple[str, ...] | Unknown:
        return NOT_STATED if self.flags is None else self.flags

    def fit(self, model, precision, gpu, gpu_count, *, tensor_parallel, max_model_len):
        if self.fits is None:
            return NOT_STATED
        reasons = () if self.fits else ("It is short of 200 GiB.",)
        return FitAnswer(self.fits, reasons, Decimal(693), Decimal(633))

    def smallest(self, model: str) -> Shape | Unknown:
        return self.shape or NOT_STATED

    def speed(self, model, precision, gpu, gpu_count) -> SpeedAnswer | Unknown:
        if self.tokens_per_second is None:
            return NOT_STATED
        return SpeedAnswer(
            self.tokens_per_second, Decimal(1), self.high, "measured by hand"
        )

    def rents(self, gpu: str, gpu_count: int) -> dict[tuple[str, str], RentAnswer]:
        return {
            key: RentAnswer(Decimal(usd), SEEN, "a price list")
            for key, usd in self.usd_per_hour.items()
        }

    def kind_fault(self, provider: str, kind: str) -> str | None:
        return f"{provider} sells no {kind} any more" if kind == "spot" else None

    def traffic(self, model: str) -> MarketTraffic | Unknown:
        return public.traffic().get(model, NOT_STATED)

    def quote(self, model: str, kind: QuoteKind) -> MarketQuote | Unknown:
        return public.quote(model, kind) or NOT_STATED
