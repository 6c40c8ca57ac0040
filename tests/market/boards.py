"""A market of three rivals for our GLM, told at NOON."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from economics.models import MarketModel, MarketSource
from economics.openrouter.parse import endpoint_readings
from economics.selectors.market_board import Board, market_board
from economics.selectors.market_join import joined_models
from economics.services.market_watch import take_endpoints
from fleet.models import ServedModel
from tests.clock import NOON
from tests.factories import make_model, make_price, make_variant
from tests.market.market_server import offer

SLUG = "z-ai/glm-5"
RIVALS = (("Alder", "0.60", "0.12", "1.92"), ("Birch", "1", "0.2", "3.2"))


def per_token(usd_per_million: str) -> str:
    return f"{Decimal(usd_per_million) / 1_000_000:f}"


def told(provider: str, prompt: str, cached: str, completion: str, **more: Any) -> Any:
    """An offer with prices in USD per million, as the market tells them."""
    pricing = {
        "prompt": per_token(prompt),
        "input_cache_read": per_token(cached),
        "completion": per_token(completion),
    }
    return offer(provider, pricing=pricing, **more)


def make_market(
    *offers: Any, source: str = "simulated", slug: str = SLUG, now: datetime = NOON
) -> MarketModel:
    """The market's GLM-5 with offers told at `now`; without any, those of RIVALS."""
    row, _ = MarketModel.objects.get_or_create(
        source=source,
        slug=slug,
        defaults={
            "name": "Z.AI: GLM 5",
            "hugging_face_id": "zai-org/GLM-5",
            "launched_at": datetime.fromisoformat("2026-02-11T00:00:00Z"),
            "first_seen_at": now,
            "last_seen_at": now,
        },
    )
    readings, _ = endpoint_readings(offers or [told(*each) for each in RIVALS])
    take_endpoints(row, readings, now=now)
    return row


def make_glm(*, priced: bool = True) -> ServedModel:
    """Our GLM-5 at 0.60 / 0.12 / 1.92 USD per million."""
    glm = ServedModel.objects.filter(slug="glm-5").first() or make_model(
        slug="glm-5", name="GLM-5"
    )
    if not glm.variants.exists():
        make_variant(served_model=glm, repository="zai-org/GLM-5-FP8")
    if priced:
        make_price(
            served_model=glm,
            uncached_prompt_usd_per_token=Decimal("6E-7"),
            cached_prompt_usd_per_token=Decimal("1.2E-7"),
            completion_usd_per_token=Decimal("1.92E-6"),
        )
    return glm


def board_of(
    glm: ServedModel,
    *,
    source: str = "simulated",
    now: datetime = NOON,
    name_there: str = "",
) -> Board:
    joined = next(e for e in joined_models(source) if e.served_model == glm)
    return market_board(joined, source=MarketSource(source), name_there=name_there, now=now)
