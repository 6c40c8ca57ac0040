"""A play market that speaks OpenRouter's public API: for the demo, and for tests.

Every provider here is invented. Prices, speeds and tokens follow from the UTC day alone,
so that the past can be asked for as well as the present, and both tell one story.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fleet.sandbox.problems import Problem
from fleet.sandbox.wire import answer

PREFIX = "/openrouter/api/v1"
MILLION = Decimal(1_000_000)
MOST_DAYS = 366
FIRST_PRICES = date(2026, 10, 1)
Admit = Callable[[Request], object]
Now = Callable[[], float]


@dataclass(frozen=True, slots=True)
class PlayOffer:
    """An invented provider's offer.

    prices   USD per 1M tokens: prompt, cached prompt or "", completion
    cut_per  every so many days it takes `cut` off its price, at most `cuts` times
    """

    provider: str
    quantization: str
    prices: tuple[str, str, str]
    tokens_per_second: int
    cut: str = "0.1"
    cut_per: int = 20
    cuts: int = 3


@dataclass(frozen=True, slots=True)
class PlayModel:
    """A model of the play market. `launched` is the day on which it came."""

    slug: str
    name: str
    hub: str
    context: int
    launched: date
    tokens_per_day: int
    offers: tuple[PlayOffer, ...]


MODELS = (
    PlayModel(
        "meta-llama/llama-3.1-8b-instruct",
        "Meta: Llama 3.1 8B Instruct (play)",
        "meta-llama/Llama-3.1-8B-Instruct",
        131_072,
        date(2024, 7, 23),
        7_000_000_000,
        (
            PlayOffer("Alder", "fp8", ("0.022", "", "0.04"), 62),
            PlayOffer("Birch", "bf16", ("0.028", "0.014", "0.05"), 48, cut_per=31),
            PlayOffer("Cedar", "", ("0.05", "0.025", "0.08"), 105, cuts=0),
            PlayOffer("Dogwood", "fp8", ("0.15", "", "0.29"), 40, cuts=0),
        ),
    ),
    PlayModel(
        "qwen/qwen-2.5-7b-instruct",
        "Qwen: Qwen 2.5 7B Instruct (play)",
        "Qwen/Qwen2.5-7B-Instruct",
        32_768,
        date(2024, 10, 16),
        1_600_000_000,
        (
            PlayOffer("Birch", "bf16", ("0.11", "", "0.20"), 52, cuts=0),
            PlayOffer("Elm", "bf16", ("0.30", "", "0.30"), 71, cuts=0),
        ),
    ),
    PlayModel(
        "z-ai/glm-5",
        "Z.AI: GLM 5 (play)",
        "zai-org/GLM-5",
        202_752,
        date(2026, 2, 11),
        26_000_000_000,
        (
            PlayOffer("Alder", "fp4", ("0.62", "0.125", "2.1"), 38, cut="0.15"),
            PlayOffer("Birch", "fp8", ("0.96", "0.2", "2.6"), 33),
            PlayOffer("Elm", "fp8", ("1.00", "0.20", "3.20"), 55, cuts=0),
            PlayOffer("Fir", "fp8", ("0.75", "0.2", "2.4"), 29, cut="0.2", cut_per=14),
        ),
    ),
    PlayModel(
        "z-ai/glm-5.2",
        "Z.AI: GLM 5.2 (play)",
        "zai-org/GLM-5.2",
        202_752,
        date(2026, 6, 16),
        470_000_000_000,
        (PlayOffer("Elm", "fp8", ("1.40", "0.26", "4.40"), 60),),
    ),
)
BY_SLUG = {model.slug: model for model in MODELS}


def routes(admit: Admit, now: Now) -> list[BaseRoute]:
    """The three addresses that are read; each asks for a key, as the sandbox does."""

    def at(request: Request) -> datetime:
        admit(request)
        return datetime.fromtimestamp(now(), UTC)

    async def models(request: Request) -> Response:
        told = listed_models(at(request))
        offset = _number(request, "offset", 0)
        limit = max(1, min(_number(request, "limit", 1000), 1000))
        page = told[offset : offset + limit]
        return answer({"data": page, "total_count": len(told)})

    async def endpoints(request: Request) -> Response:
        moment = at(request)
        slug = f"{request.path_params['author']}/{request.path_params['slug']}"
        if slug not in BY_SLUG:
            raise Problem(404, f"no model {slug[:80]}")
        told = listed_endpoints(slug, moment)
        return answer({"data": {"id": slug, "endpoints": told}})

    async def rankings(request: Request) -> Response:
        moment = at(request)
        first = _day(request, "start_date", moment.date() - timedelta(days=30))
        last = min(_day(request, "end_date", moment.date()), moment.date())
        return answer(ranked(first, last, moment))

    base = f"{PREFIX}/models"
    return [
        Route(base, models, methods=["GET"]),
        Route(f"{base}/{{author}}/{{slug}}/endpoints", endpoints, methods=["GET"]),
        Route(f"{PREFIX}/datasets/rankings-daily", rankings, methods=["GET"]),
    ]


def listed_models(at: datetime) -> list[dict[str, Any]]:
    """What GET /models tells at that instant."""
    return [
        {
            "id": model.slug,
            "canonical_slug": model.slug,
            "name": model.name,
            "created": int(
                datetime(*model.launched.timetuple()[:3], tzinfo=UTC).timestamp()
            ),
            "hugging_face_id": model.hub,
            "context_length": model.context,
            "architecture": {"modality": "text->text"},
            "pricing": prices_of(model.offers[0], at),
        }
        for model in MODELS
        if model.launched <= at.date()
    ]


def listed_endpoints(slug: str, at: datetime) -> list[dict[str, Any]]:
    """What GET /models/{slug}/endpoints tells at that instant."""
    model = BY_SLUG[slug]
    return [
        {
            "name": f"{offer.provider} | {slug}",
            "model_id": slug,
            "provider_name": offer.provider,
            "tag": f"{offer.provider.lower()}/{offer.quantization or 'default'}",
            "quantization": offer.quantization or "unknown",
            "context_length": model.context,
            "pricing": prices_of(offer, at),
            "status": 0,
            "uptime_last_30m": 100 - _mille(at, slug, offer.provider, "up") / Decimal(250),
            "uptime_last_1d": 100 - _mille(at, slug, offer.provider, "day") / Decimal(500),
            "latency_last_30m": {"p50": 300 + _mille(at, slug, offer.provider, "ttft")},
            "throughput_last_30m": {
                "p50": offer.tokens_per_second - _mille(at, slug, offer.provider) // 100
            },
        }
        for offer in model.offers
    ]


def prices_of(offer: PlayOffer, at: datetime) -> dict[str, str]:
    """Strings in USD per token, as OpenRouter gives them, without a zero behind."""
    day = at.date().toordinal()
    seed = _mille(None, offer.provider, offer.quantization) % offer.cut_per
    # Counted from a day at which every offer stood at its first price.
    steps = (day + seed) // offer.cut_per - (
        FIRST_PRICES.toordinal() + seed
    ) // offer.cut_per
    factor = (1 - Decimal(offer.cut)) ** max(0, min(steps, offer.cuts))
    names = ("prompt", "input_cache_read", "completion")
    told = {
        name: f"{(Decimal(price) / MILLION * factor).normalize():f}"
        for name, price in zip(names, offer.prices, strict=True)
        if price
    }
    return told | {"request": "0", "image": "0"}


def ranked(first: date, last: date, at: datetime) -> dict[str, Any]:
    """Tokens of each model per day in [first, last], and what is said of them."""
    days = min((last - first).days + 1, MOST_DAYS)
    rows = [
        {
            "date": f"{first + timedelta(days=n)}",
            "model_permaslug": model.slug,
            "total_tokens": f"{tokens_on(model, first + timedelta(days=n))}",
        }
        for n in range(max(days, 0))
        for model in MODELS
        if model.launched <= first + timedelta(days=n)
    ]
    as_of = at.replace(minute=0, second=0, microsecond=0).isoformat()
    return {
        "data": rows,
        "meta": {"as_of": as_of, "start_date": f"{first}", "end_date": f"{last}"},
    }


def tokens_on(model: PlayModel, day: date) -> int:
    """Up to 20 % above or below its mean."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return model.tokens_per_day * (800 + _mille(moment, model.slug, "day") * 2 // 5) // 1000


def _mille(at: datetime | None, *words: str) -> int:
    """A number 0..999 that follows from the words and, if given, the UTC hour."""
    hour = f"{at.astimezone(UTC):%Y%m%d%H}" if at is not None else ""
    told = "|".join((*words, hour)).encode()
    return int.from_bytes(blake2b(told, digest_size=4).digest(), "big") % 1000


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default


def _day(request: Request, name: str, default: date) -> date:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(400, f"{name} must be a day such as 2026-01-01") from None
