"""Market: our price among rivals, prices over time, how they run, share, successors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.money import per_million
from economics.calc.unknown import Unknown
from economics.charts.chart import Chart
from economics.charts.price_dots import PriceDot, price_dots
from economics.charts.token_price_lines import token_price_lines
from economics.models import MarketModel, MarketSource, MarketVolume
from economics.selectors.market_board import (
    LIVE,
    Board,
    Rival,
    chosen,
    market_board,
    models_of,
)
from economics.selectors.market_join import Joined
from economics.selectors.market_lines import CLASSES, price_lines
from economics.views.plan_charts import chart_json
from fleet.access import viewer_required
from fleet.csv_files import write_rows

HISTORY_DAYS = 90
GAP_AFTER = timedelta(hours=25)  # of hourly readings a day may be missed unseen
NO_RIVALS = "No price of a rival is known, so there is nothing to draw."
CSV_COLUMNS = (
    *("model", "market_model", "provider", "tag", "quantization", "context_tokens"),
    *("prompt_usd_per_token", "cached_prompt_usd_per_token", "completion_usd_per_token"),
    *("discount", "is_conditional", "blended_usd_per_million", "share_prior", "left_out"),
    *("status", "uptime_30m", "uptime_1d", "first_token_p50_seconds"),
    *("tokens_per_second_p50", "price_since_utc", "price_seen_utc", "source"),
)


@dataclass(frozen=True)
class Asked:
    """What the address asks for; anything unknown is left out."""

    source: MarketSource
    models: list[Joined]
    joined: Joined | None
    token_class: str
    provider: str

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        source = request.GET.get("source", "")
        known = source if source in MarketSource.values else settings.MARKET_SOURCE
        models = models_of(MarketSource(known))
        kind = request.GET.get("class", "")
        provider = request.GET.get("provider", "").replace("\x00", "").strip()[:80]
        return cls(
            source=MarketSource(known),
            models=models,
            joined=chosen(models, request.GET.get("model", "")),
            token_class=kind if kind in CLASSES else "completion",
            provider=provider,
        )

    def board(self, *, now: datetime) -> Board | None:
        if self.joined is None:
            return None
        name = settings.MARKET_NAME
        return market_board(self.joined, source=self.source, name_there=name, now=now)

    def takes(self, rival: Rival) -> bool:
        return self.provider.lower() in rival.label.lower()

    @property
    def simulated(self) -> bool:
        return self.source == MarketSource.SIMULATED


@require_GET
@viewer_required
def market(request: HttpRequest) -> HttpResponse:
    """The page."""
    now = timezone.now()
    asked = Asked.of(request)
    board = asked.board(now=now)
    context: dict[str, Any] = {
        "now": now,
        "asked": asked,
        "board": board,
        "rivals": [each for each in board.rivals if asked.takes(each)] if board else [],
        "tag": "simulated" if asked.simulated else "estimated",
        "is_live": asked.source in LIVE,
        "model_choices": [
            (each.served_model.slug, each.served_model.name) for each in asked.models
        ],
        "class_choices": [(name, words) for name, (words, _, _) in CLASSES.items()],
        "source_choices": _sources(asked.source),
        "dots": _panels(board, asked) if board else [],
        "lines": _lines(asked, now=now),
        "volume": _volume(board, now=now) if board else None,
        "history_days": HISTORY_DAYS,
        "watched": settings.MARKET_WATCH,
    }
    return render(request, "economics/market.html", context)


def _sources(asked: MarketSource) -> list[tuple[str, str]]:
    """Sources that told anything, and the one that is asked for."""
    told = set(MarketModel.objects.values_list("source", flat=True).distinct())
    known = told | {asked.value, settings.MARKET_SOURCE}
    return [(each.value, each.label) for each in MarketSource if each.value in known]


def _volume(board: Board, *, now: datetime) -> MarketVolume | None:
    """Tokens of the last day that is over and known."""
    if board.market is None:
        return None
    rows = MarketVolume.objects.filter(
        source=board.source, slug=board.market.slug, day__lt=now.date()
    )
    return rows.order_by("-day").first()


def _panels(board: Board, asked: Asked) -> list[tuple[str, Chart]]:
    return [(name, dots_of(board, name, asked)) for name in CLASSES]


def dots_of(board: Board, token_class: str, asked: Asked) -> Chart:
    """The panel of one token class."""
    words, theirs, ours = CLASSES[token_class]
    prices = [(each, getattr(each.price, theirs)) for each in board.rivals]
    dots = [
        PriceDot(each.label, per_million(price), apart=not each.counts)
        for each, price in prices
        if price is not None and each.why_apart != "it is our own"
    ]
    own: Decimal | None = None
    if board.our_rates is not None:
        own = per_million(getattr(board.our_rates, ours))
    return price_dots(dots, own, of=words, simulated=asked.simulated)


def _lines(asked: Asked, *, now: datetime) -> Chart | None:
    if asked.joined is None:
        return None
    since = now - timedelta(days=HISTORY_DAYS)
    lines = price_lines(
        asked.joined.served_model,
        asked.joined.market,
        token_class=asked.token_class,
        since=since,
        now=now,
    )
    return token_price_lines(
        [
            each
            for each in lines
            if each.ours or asked.provider.lower() in each.label.lower()
        ],
        of=CLASSES[asked.token_class][0],
        since=since,
        now=now,
        gap_after=GAP_AFTER,
        simulated=asked.simulated,
    )


@require_GET
@viewer_required
def market_dots(request: HttpRequest, token_class: str) -> JsonResponse:
    """The dots of one token class for plotly.js."""
    asked = Asked.of(request)
    board = asked.board(now=timezone.now())
    if token_class not in CLASSES or board is None or not board.rivals:
        return chart_json(NO_RIVALS)
    return chart_json(dots_of(board, token_class, asked))


@require_GET
@viewer_required
def market_lines(request: HttpRequest) -> JsonResponse:
    """The step lines for plotly.js."""
    chart = _lines(Asked.of(request), now=timezone.now())
    if chart is None or not chart.figure["data"]:
        return chart_json(NO_RIVALS)
    return chart_json(chart)


@require_GET
@viewer_required
def market_csv(request: HttpRequest) -> HttpResponse:
    """The offers that are filtered, with every digit."""
    asked = Asked.of(request)
    board = asked.board(now=timezone.now())
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="market.csv"'},
    )
    rivals = [each for each in board.rivals if asked.takes(each)] if board else []
    rows = [_cells(board, each) for each in rivals if board]
    write_rows(CSV_COLUMNS, rows, response.write)
    return response


def _cells(board: Board, rival: Rival) -> list[object]:
    price, offer = rival.price, rival.price.endpoint
    return [
        *(board.served_model.slug, board.market.slug if board.market else None),
        *(offer.provider, offer.tag, offer.quantization, offer.context_tokens),
        *map(exact, (price.prompt, price.cached_prompt, price.completion)),
        *(exact(price.discount), str(price.is_conditional).lower()),
        *(exact(rival.blended), exact(rival.share), rival.why_apart),
        *(offer.status, exact(offer.uptime_30m), exact(offer.uptime_1d)),
        *(exact(offer.latency_p50_seconds), exact(offer.throughput_p50)),
        f"{price.observed_from:%Y-%m-%dT%H:%M:%SZ}",
        f"{price.last_observed_at:%Y-%m-%dT%H:%M:%SZ}",
        board.source.value,
    ]


def exact(value: Decimal | Unknown | None) -> str:
    """Every digit without an exponent and zeros behind; empty where it is not known."""
    if value is None or isinstance(value, Unknown):
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
