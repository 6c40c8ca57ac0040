"""Today's world for the check of a written plan: sizing, speed, offers, market."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.market import public
from economics.market.public import MarketQuote, MarketTraffic, QuoteKind
from economics.planner.strategy.world import (
    FitAnswer,
    RentAnswer,
    Shape,
    SpeedAnswer,
    World,
)

NOT_YET = Unknown("nothing here computes it yet")


class TodayWorld:
    """Answers from the console's own parts, as of `now`."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now

    def parameters_billion(self, model: str) -> Decimal | Unknown:
        return NOT_YET

    def bytes_against_bf16(self, model: str, precision: str) -> Decimal | Unknown:
        return NOT_YET

    def recommended_flags(self, model: str) -> tuple[str, ...] | Unknown:
        return NOT_YET

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
        return NOT_YET

    def smallest(self, model: str) -> Shape | Unknown:
        return NOT_YET

    def speed(
        self, model: str, precision: str, gpu: str, gpu_count: int
    ) -> SpeedAnswer | Unknown:
        return NOT_YET

    def rents(self, gpu: str, gpu_count: int) -> dict[tuple[str, str], RentAnswer]:
        return {}

    def kind_fault(self, provider: str, kind: str) -> str | None:
        return None

    def traffic(self, model: str) -> MarketTraffic | Unknown:
        return public.traffic().get(model) or Unknown(f"no traffic of {model} is known")

    def quote(self, model: str, kind: QuoteKind) -> MarketQuote | Unknown:
        return public.quote(model, kind) or Unknown(f"no price of {model} is known")


def today_world(*, now: datetime) -> World:
    """The world as the console knows it now."""
    return TodayWorld(now=now)
