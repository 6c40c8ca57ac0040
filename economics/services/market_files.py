"""Datasets of the market from files: prices of offers, and tokens of models per day.

What others publish, or what an operator copied from a page. Rows stand under the source
*an imported file* and never among those that were read from an API.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from economics.models import (
    BookImport,
    MarketEndpoint,
    MarketModel,
    MarketPrice,
    MarketSource,
)
from economics.openrouter.parse import SLUG, EndpointReading, VolumeReading
from economics.services.book_imports import Importer, Shown
from economics.services.market_watch import newest_prices, take_price, take_volumes
from fleet.csv_files import Column, Row, Sheet, counted, name_repeats, read_sheet

FIRST_DAY = date(2023, 1, 1)  # before the first marketplace of tokens
MOST_PER_TOKEN, MOST_PER_MILLION = Decimal(1), Decimal(100_000)
TOKEN_DECIMALS, MILLION_DECIMALS = 28, 20  # what a row keeps exactly
MILLION_DIGITS = 6
UNITS = {"token": "token", "million": "million"}
PROVIDER = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
PRICE_COLUMNS = (
    Column("model", longest=120),
    Column("provider", longest=80),
    Column("quantization", needed=False, longest=12),
    Column("unit"),
    Column("prompt", number=True),
    Column("cached_prompt", needed=False, number=True),
    Column("completion", number=True),
    Column("observed_on"),
)
TOKEN_COLUMNS = (
    Column("model", longest=120, also=("model_permaslug",)),
    Column("day", also=("date",)),
    Column("tokens", number=True, also=("total_tokens",)),
)
MOST_TOKENS = Decimal(10) ** 18


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price of an offer on a day [USD / token]."""

    model: str
    provider: str
    quantization: str
    prompt: Decimal
    cached_prompt: Decimal | None
    completion: Decimal
    observed_at: datetime

    @property
    def tag(self) -> str:
        return f"{self.provider}/{self.quantization or 'default'}".lower()[:120]

    @property
    def reading(self) -> EndpointReading:
        """As an API would have told it; what a file does not say is unknown."""
        return EndpointReading(
            provider=self.provider,
            tag=self.tag,
            quantization=self.quantization,
            context_tokens=None,
            prompt=self.prompt,
            cached_prompt=self.cached_prompt,
            completion=self.completion,
            discount=None,
            is_conditional=False,
            status=None,
            uptime_30m=None,
            uptime_1d=None,
            latency_p50_seconds=None,
            throughput_p50=None,
        )


def read_prices(content: bytes, now: datetime) -> list[PriceRow]:
    """The prices of a file, oldest first. Raises FileRefused with every fault."""
    sheet = read_sheet(content, PRICE_COLUMNS)
    found = [(row, _price(row, now=now)) for row in sheet.rows]
    good = [(row, price) for row, price in found if price is not None]
    name_repeats(
        ((row, (price.model, price.tag, price.observed_at)) for row, price in good),
        "observed_on",
        "line {line} has a price of the same offer and day.",
    )
    _name_older(good)
    _refuse_faults(sheet)
    return sorted((price for _, price in good), key=lambda each: each.observed_at)


def read_tokens(content: bytes, now: datetime) -> list[VolumeReading]:
    """The days of a file. Raises FileRefused with every fault."""
    sheet = read_sheet(content, TOKEN_COLUMNS)
    found = [(row, _tokens(row, now=now)) for row in sheet.rows]
    good = [(row, each) for row, each in found if each is not None]
    name_repeats(
        ((row, (each.slug, each.day)) for row, each in good),
        "day",
        "line {line} has the same model and day.",
    )
    _refuse_faults(sheet)
    return [each for _, each in good]


def book_prices(rows: list[PriceRow], book_import: BookImport, now: datetime) -> str:
    """Append what changed; a price that is told again was seen again."""
    changed = 0
    by_model: dict[str, list[PriceRow]] = defaultdict(list)
    for row in rows:
        by_model[row.model].append(row)
    for slug, told in by_model.items():
        changed += _book_model(slug, told, now=now)
    return f"{len(rows)} prices of {len(by_model)} models, {changed} new or changed"


def book_tokens(rows: list[VolumeReading], book_import: BookImport, now: datetime) -> str:
    """Keep the days; a day that is told again replaces the one before."""
    count = take_volumes(rows, source=MarketSource.CSV, as_of=now, now=now)
    return f"{count} days of tokens"


def show_prices(rows: list[PriceRow], now: datetime) -> Shown:
    cells = [
        (
            *(row.model, row.provider, row.quantization or "not told"),
            *(f"{row.prompt:f}", _text(row.cached_prompt), f"{row.completion:f}"),
            f"{row.observed_at:%Y-%m-%d}",
        )
        for row in rows
    ]
    headings = ("Model", "Provider", "Weights", "Prompt, USD/token", "Cached, USD/token")
    return Shown((*headings, "Completion, USD/token", "Day"), cells)


def show_tokens(rows: list[VolumeReading], now: datetime) -> Shown:
    cells = [(row.slug, f"{row.day}", f"{row.tokens:,.0f}") for row in rows]
    return Shown(("Model", "Day", "Tokens"), cells)


MARKET_PRICES: Importer[list[PriceRow]] = Importer(
    kind="market-prices", read=read_prices, count=len, show=show_prices, book=book_prices
)
MARKET_TOKENS: Importer[list[VolumeReading]] = Importer(
    kind="market-tokens", read=read_tokens, count=len, show=show_tokens, book=book_tokens
)


def _refuse_faults(sheet: Sheet) -> None:
    if sheet.faults:
        raise counted(sheet.faults)


def _price(row: Row, *, now: datetime) -> PriceRow | None:
    model = _slug(row)
    provider = row.text("provider")
    if not PROVIDER.fullmatch(provider):
        row.fault("provider", "write the provider's name, such as DeepInfra.")
    # What the prices are per decides what is wrong with them: of no unit, nothing is.
    unit = row.one_of("unit", UNITS) or "million"
    prompt, completion = _amount(row, "prompt", unit), _amount(row, "completion", unit)
    cached = _amount(row, "cached_prompt", unit) if row.text("cached_prompt") else None
    observed = _day(row, "observed_on", now=now)
    if row.faults or prompt is None or completion is None or observed is None:
        return None
    return PriceRow(
        model=model,
        provider=provider,
        quantization=row.text("quantization").lower(),
        prompt=prompt,
        cached_prompt=cached,
        completion=completion,
        observed_at=datetime(observed.year, observed.month, observed.day, tzinfo=UTC),
    )


def _amount(row: Row, column: str, unit: str) -> Decimal | None:
    """A price [USD / token], exact."""
    by_million = unit == "million"
    most = MOST_PER_MILLION if by_million else MOST_PER_TOKEN
    amount = row.number(
        column,
        f"write USD per {unit}, 0 to {most:,}, such as "
        f"{'0.60' if by_million else '0.0000006'}.",
        at_least=Decimal(0),
        at_most=most,
        decimals=MILLION_DECIMALS if by_million else TOKEN_DECIMALS,
    )
    if amount is None or not by_million:
        return amount
    return amount.scaleb(-MILLION_DIGITS)


def _tokens(row: Row, *, now: datetime) -> VolumeReading | None:
    slug, day = _slug(row), _day(row, "day", now=now)
    tokens = row.number(
        "tokens",
        "write a whole number of tokens, such as 25700000000.",
        at_least=Decimal(0),
        at_most=MOST_TOKENS,
        decimals=0,
    )
    if row.faults or day is None or tokens is None:
        return None
    return VolumeReading(slug, day, tokens)


def _slug(row: Row) -> str:
    slug = row.text("model")
    if not SLUG.fullmatch(slug):
        row.fault("model", "write author/name, such as z-ai/glm-5.")
    return slug


def _day(row: Row, column: str, *, now: datetime) -> date | None:
    day = row.day(column, "write a day such as 2026-11-09.")
    if day is not None and not FIRST_DAY <= day <= now.date():
        row.fault(column, f"write a day from {FIRST_DAY} to today.")
        return None
    return day


def _name_older(found: Iterable[tuple[Row, PriceRow]]) -> None:
    """A fault for each price that is not later than what is known of its offer."""
    listed = list(found)
    slugs = {price.model for _, price in listed}
    last = {
        (slug, tag): at
        for slug, tag, at in MarketEndpoint.objects.filter(
            model__source=MarketSource.CSV, model__slug__in=slugs
        ).values_list("model__slug", "tag", "last_seen_at")
    }
    for row, price in listed:
        known = last.get((price.model, price.tag))
        if known is not None and price.observed_at <= known:
            row.fault("observed_on", f"a price of {known:%Y-%m-%d} is known; write later.")


def _book_model(slug: str, rows: list[PriceRow], *, now: datetime) -> int:
    """Append the prices of one model, oldest first; how many are new or changed."""
    model = _model(slug, rows)
    known = {each.tag: each for each in model.endpoints.all()}
    newest: dict[int, MarketPrice] = newest_prices(known.values())
    changed = 0
    for row in rows:
        offer = known.get(row.tag)
        if offer is None:
            offer = known[row.tag] = MarketEndpoint(
                model=model,
                tag=row.tag,
                provider=row.provider,
                quantization=row.quantization,
                first_seen_at=row.observed_at,
            )
        offer.last_seen_at = row.observed_at
        offer.save()
        before = newest.get(offer.pk)
        if take_price(offer, row.reading, before, now=row.observed_at):
            changed += 1
            newest[offer.pk] = offer.prices.latest("observed_from")
    return changed


def _model(slug: str, rows: list[PriceRow]) -> MarketModel:
    """The model under the source of files, with what another source knows of it."""
    last = rows[-1].observed_at
    other = MarketModel.objects.filter(slug=slug).exclude(source=MarketSource.CSV).first()
    row, _ = MarketModel.objects.get_or_create(
        source=MarketSource.CSV,
        slug=slug,
        defaults={
            "name": other.name if other else slug,
            "hugging_face_id": other.hugging_face_id if other else "",
            "launched_at": other.launched_at if other else None,
            "first_seen_at": rows[0].observed_at,
            "last_seen_at": last,
        },
    )
    row.last_seen_at = max(row.last_seen_at, last)
    row.endpoints_read_at = max(row.endpoints_read_at or last, last)
    row.save(update_fields=["last_seen_at", "endpoints_read_at"])
    return row


def _text(value: Decimal | None) -> str:
    return "not told" if value is None else f"{value:f}"
