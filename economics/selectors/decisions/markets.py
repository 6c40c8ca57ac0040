"""The markets of all models at once: prices, tokens by day, successors, our own traffic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.urls import reverse

from economics.calc.gates import Evidence, change_of_week
from economics.calc.hours import day_of
from economics.calc.market_share import middle, quantile
from economics.calc.token_mix import (
    TokenCounts,
    TokenMix,
    TokenRates,
    blended_rate_per_million,
)
from economics.calc.unknown import Unknown
from economics.market import public
from economics.market.public import MarketTraffic, QuoteKind
from economics.models import (
    MarketModel,
    MarketPrice,
    MarketSource,
    TokenPrice,
)
from economics.selectors.decisions.volumes import market_volumes, served_by_hour
from economics.selectors.hour_revenue import rates_of
from economics.selectors.listings import prices_in_force
from economics.selectors.market_board import (
    MIX_DAYS,
    Mix,
    blind_reason,
    newest_prices,
    rivals_of,
)
from economics.selectors.market_join import (
    Joined,
    hub_name,
    joined_models,
    market_by_hub,
)
from economics.selectors.planned_models import known_models
from economics.selectors.successors import follows
from economics.selectors.take_rates import TakeRates
from fleet.models import ServedModel

LEAST_RIVALS = 3  # for a spread of prices
QUOTED = (QuoteKind.CHEAPEST, QuoteKind.EFFECTIVE)
QUARTER = Decimal("0.25")


@dataclass(frozen=True)
class ModelMarket:
    """What is known of one model's market and of our own traffic in it.

    served_pk    of our row of the model; None where we have none
    rates        [USD / token] our price in force by class, as a buyer pays it
    mix          that everything of it is blended by
    ours         [USD / 1M tokens] our price in force, as a buyer pays it
    earned       the same as it is paid to us, before the take rate
    own_tokens   [tokens / day] that we served, mean of the last days; Unknown: none
    own_hours    [tokens] of the same days by their hour of the day, UTC; empty: none
    rivals       [USD / 1M tokens] of the offers that count
    tokens       [tokens] of the last days that are known, by day
    take_rate    [1] what the marketplace keeps of today's tokens
    looked_at    when all of it was read from our rows
    market_tokens  [tokens / day] in the middle of them, else as a file that ships says
    """

    slug: str
    served_pk: int | None
    rates: TokenRates | None
    mix: Mix | Unknown
    ours: Decimal | Unknown
    earned: Decimal | Unknown
    own_tokens: Decimal | Unknown
    own_hours: Mapping[int, int]
    rivals: tuple[Decimal, ...]
    rivals_source: str
    rivals_as_of: datetime | None
    floor: Decimal | Unknown
    middle: Decimal | Unknown
    tokens: Mapping[date, Decimal]
    market_tokens: Evidence
    launched_at: datetime | None
    has_successor: bool | None
    successor_share: Evidence
    link: str
    take_rate: Decimal
    looked_at: datetime

    def price_at(self, share: Decimal) -> Decimal | Unknown:
        """The market's price at a quantile [USD / 1M tokens].

        Of fewer than three rivals the floor stands for every quantile up to a quarter,
        and the middle for the others.
        """
        if len(self.rivals) >= LEAST_RIVALS:
            return quantile(self.rivals, share)
        return self.floor if share <= QUARTER else self.middle

    def at(self, anchor: str) -> str:
        """The line of this market's page that shows a figure."""
        return f"{self.link}#{anchor}"

    def price(self, value: Decimal | Unknown, anchor: str) -> Evidence:
        """A price of this market with where it came from, and the line that shows it."""
        return Evidence(value, self.rivals_source, self.rivals_as_of, self.at(anchor))

    def trend(self, *, now: datetime) -> Evidence:
        """Tokens of the last week against the week before."""
        last = now.date() - timedelta(days=1)
        value = change_of_week(self.tokens, last=last)
        source = self.market_tokens.source if self.tokens else "no day of it was told"
        return Evidence(value, source, self.market_tokens.as_of, self.at("week"))

    def age_days(self, *, now: datetime) -> Evidence:
        """Days since its launch."""
        source = "launch as the marketplace says"
        if self.launched_at is None:
            why = Unknown("the marketplace has not told when it was launched")
            return Evidence(why, source, None, self.at("age"))
        days = Decimal((now - self.launched_at).days)
        return Evidence(days, source, self.rivals_as_of, self.at("age"))


@dataclass(frozen=True)
class _Read:
    """Everything that was read, for all models."""

    now: datetime
    source: MarketSource
    take_rate: Decimal
    joined: Mapping[str, Joined]
    markets: Mapping[str, MarketModel | None]
    offers: Mapping[int, list[MarketPrice]]
    prices: Mapping[int, TokenPrice]
    served: Mapping[int, Mapping[int, TokenCounts]]
    later: Mapping[str, list[MarketModel]]
    volumes: Mapping[str, Mapping[date, Decimal]]


@dataclass(frozen=True)
class Markets:
    """The markets of models by their slugs, and what of ours was read for them.

    served  each model of ours, with its listing
    prices  in force, by the id of our model
    """

    by_slug: Mapping[str, ModelMarket]
    served: tuple[ServedModel, ...]
    prices: Mapping[int, TokenPrice]


def model_markets(slugs: Iterable[str], *, now: datetime) -> Markets:
    """The markets of models. Seven queries, however many there are.

    A model that we do not serve is known by the repository of its weights.
    """
    wanted = list(dict.fromkeys(slugs))
    read = _read(wanted, now=now)
    return Markets(
        by_slug={slug: _market_of(slug, read) for slug in wanted},
        served=tuple(each.served_model for each in read.joined.values()),
        prices=read.prices,
    )


def _read(slugs: list[str], *, now: datetime) -> _Read:
    source = MarketSource(settings.MARKET_SOURCE)
    listed = list(MarketModel.objects.filter(source=source))
    joined = {each.served_model.slug: each for each in joined_models(source, listed=listed)}
    launched = [each for each in listed if each.launched_at is not None]
    known = {slug: _market_row(slug, joined.get(slug), launched) for slug in slugs}
    markets = [each for each in known.values() if each is not None]
    later = {each.slug: _later(each, launched, now=now) for each in markets}
    names = {*later, *(each.slug for group in later.values() for each in group)}
    return _Read(
        now=now,
        source=source,
        take_rate=TakeRates().on(day_of(now)),
        joined=joined,
        markets=known,
        offers=newest_prices(markets),
        prices=prices_in_force(now=now),
        served=served_by_hour(now=now),
        later=later,
        volumes=market_volumes(source, names, now=now),
    )


def _market_row(
    slug: str, joined: Joined | None, launched: Iterable[MarketModel]
) -> MarketModel | None:
    """The market's row of a model: as its listing says, else by its weights."""
    if joined is not None:
        return joined.market
    by_hub, model = market_by_hub(launched), known_models().get(slug)
    for weights in model.weights if model else ():
        found = by_hub.get(hub_name(weights.repository))
        if found is not None:
            return found
    return None


def _later(
    market: MarketModel, launched: Iterable[MarketModel], *, now: datetime
) -> list[MarketModel]:
    """Newer models of the same maker and family that are launched by now."""
    if market.launched_at is None:
        return []
    maker = market.slug.partition("/")[0]
    return [
        each
        for each in launched
        if each.slug.startswith(f"{maker}/")
        and each.launched_at is not None
        and market.launched_at < each.launched_at <= now
        and follows(each.slug, market.slug)
    ]


def _market_of(slug: str, read: _Read) -> ModelMarket:
    joined = read.joined.get(slug)
    market = read.markets[slug]
    pk = joined.served_model.pk if joined else None
    hours = None if pk is None else read.served.get(pk)
    counts = sum(hours.values(), TokenCounts()) if hours else None
    price = None if pk is None else read.prices.get(pk)
    mix = _mix(slug, counts)
    days = read.volumes.get(market.slug, {}) if market else {}
    link = reverse("economics:decide-market", args=[slug])
    successors = read.later.get(market.slug, []) if market else []
    knows = market is not None and market.launched_at is not None
    told = _told_prices(slug, mix, market, read)
    rates = None if price is None else price.sheet.buyer_rates(read.now)
    return ModelMarket(
        slug=slug,
        served_pk=pk,
        rates=rates,
        mix=mix,
        ours=_blended(mix, rates),
        earned=_blended(mix, None if price is None else rates_of(price, at=read.now)),
        own_tokens=_own_tokens(counts),
        own_hours={hour: each.total for hour, each in (hours or {}).items()},
        rivals=told.rivals,
        rivals_source=told.source,
        rivals_as_of=told.as_of,
        floor=told.floor,
        middle=told.middle,
        tokens=days,
        market_tokens=_market_tokens(slug, days, read.source, f"{link}#market-tokens"),
        launched_at=market.launched_at if market else None,
        has_successor=bool(successors) if knows else None,
        successor_share=Evidence(
            _share_of(market, successors, read),
            "tokens of both models on the last day that both were counted",
            market.endpoints_read_at if market else None,
            f"{link}#successor",
        ),
        link=link,
        take_rate=read.take_rate,
        looked_at=read.now,
    )


def _mix(slug: str, counts: TokenCounts | None) -> Mix | Unknown:
    """The mix of our own last days, else of the model's public traffic."""
    if counts is not None and counts.total:
        return Mix(TokenMix(counts), f"our own tokens of the last {MIX_DAYS} days")
    traffic = public.traffic().get(slug)
    if traffic is not None:
        return Mix(traffic.mix, f"{traffic.source}, read {traffic.observed_on}")
    return Unknown("no token of it was served yet and no public traffic is known")


def _blended(mix: Mix | Unknown, rates: TokenRates | None) -> Decimal | Unknown:
    if rates is None:
        return Unknown("no price of ours is set")
    return mix if isinstance(mix, Unknown) else blended_rate_per_million(mix.mix, rates)


def _own_tokens(counts: TokenCounts | None) -> Decimal | Unknown:
    if counts is None or not counts.total:
        return Unknown(f"we served none of it in the last {MIX_DAYS} days")
    return Decimal(counts.total) / MIX_DAYS


@dataclass(frozen=True)
class _Prices:
    rivals: tuple[Decimal, ...]
    floor: Decimal | Unknown
    middle: Decimal | Unknown
    source: str
    as_of: datetime | None


def _told_prices(
    slug: str, mix: Mix | Unknown, market: MarketModel | None, read: _Read
) -> _Prices:
    """Prices of the offers that count; without any, of the file that ships."""
    read_at = market.endpoints_read_at if market else None
    offers = read.offers.get(market.pk, []) if market else []
    blind = blind_reason(read_at, read.source, now=read.now)
    rivals = [] if blind else rivals_of(offers, mix, settings.MARKET_NAME, read_at)
    blended = [each.blended for each in rivals if each.counts]
    known = tuple(each for each in blended if isinstance(each, Decimal) and each > 0)
    if known:
        words = f"{len(known)} offers, {read.source.label}"
        return _Prices(known, min(known), middle(known), words, read_at)
    why = Unknown(blind or "no offer of it that counts is known")
    floor, mid = (_quoted(slug, mix, kind, why) for kind in QUOTED)
    quote = public.quote(slug, QuoteKind.EFFECTIVE)
    if quote is None:
        return _Prices((), floor, mid, why.reason, None)
    words = f"a file that ships: {quote.source}"
    return _Prices((), floor, mid, words, midnight(quote.observed_on))


def _quoted(
    slug: str, mix: Mix | Unknown, kind: QuoteKind, why: Unknown
) -> Decimal | Unknown:
    quote = public.quote(slug, kind)
    if quote is None:
        return why
    return (
        mix if isinstance(mix, Unknown) else blended_rate_per_million(mix.mix, quote.rates)
    )


def _market_tokens(
    slug: str, days: Mapping[date, Decimal], source: MarketSource, link: str
) -> Evidence:
    """Tokens a day of the whole market: the middle of its days, else as a file says."""
    if days:
        words = f"median of {len(days)} days, {source.label}"
        return Evidence(middle(list(days.values())), words, midnight(max(days)), link)
    traffic: MarketTraffic | None = public.traffic().get(slug)
    if traffic is None:
        why = Unknown("no tokens of it on the market are known")
        return Evidence(why, "no market tells it", None, link)
    words = f"a file that ships: {traffic.source}"
    return Evidence(traffic.tokens_per_day, words, midnight(traffic.observed_on), link)


def _share_of(
    market: MarketModel | None, successors: Iterable[MarketModel], read: _Read
) -> Decimal | Unknown:
    """The largest share of the tokens of both that a successor has [1]."""
    if market is None:
        return Unknown("the market was not read for this model")
    shares = []
    for each in successors:
        theirs = read.volumes.get(each.slug, {})
        ours = read.volumes.get(market.slug, {})
        both = set(theirs) & set(ours)
        day = max(both, default=None)
        if day is not None and theirs[day] + ours[day]:
            shares.append(theirs[day] / (theirs[day] + ours[day]))
    if not shares:
        return Unknown("no day with tokens of both models is known")
    return max(shares)


def midnight(day: date) -> datetime:
    """The start of a UTC day."""
    return datetime.combine(day, time(), tzinfo=UTC)
