"""One model of ours among its rivals: prices, how they run, floor, share, successors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from economics.calc.market_share import middle, rank, share_prior, share_priors
from economics.calc.money import per_million
from economics.calc.token_mix import (
    TokenCounts,
    TokenMix,
    TokenRates,
    blended_rate_per_million,
)
from economics.calc.unknown import Unknown
from economics.market import public
from economics.models import MarketModel, MarketPrice, MarketSource, TokenPrice, UsageHour
from economics.selectors.market_join import Joined, joined_models
from economics.selectors.successors import Successor, successors_of
from fleet.models import ServedModel

MIX_DAYS = 7
READ_EVERY = timedelta(hours=1)
STALE_AFTER = 2 * READ_EVERY
BLIND_AFTER = 10 * READ_EVERY
LEAST_UPTIME = Decimal("0.95")
LIVE = (MarketSource.OPENROUTER, MarketSource.SIMULATED)


@dataclass(frozen=True)
class Mix:
    """A token mix and where it is from."""

    mix: TokenMix
    source: str


@dataclass(frozen=True)
class Rival:
    """An offer as it was last told. `blended` [USD / 1M tokens] of the board's mix.

    why_apart  why it does not count in floor, middle and share; "" where it does
    """

    price: MarketPrice
    rates: TokenRates
    blended: Decimal | Unknown
    why_apart: str
    share: Decimal | Unknown = field(default_factory=lambda: Unknown("it is left out"))

    @property
    def name(self) -> str:
        return self.price.endpoint.provider

    @property
    def label(self) -> str:
        """The provider with its weights, since one may offer several."""
        weights = self.price.endpoint.quantization
        return f"{self.name} {weights}" if weights else self.name

    @property
    def has_cached_price(self) -> bool:
        return self.price.cached_prompt is not None

    @property
    def counts(self) -> bool:
        return not self.why_apart


@dataclass(frozen=True)
class Standing:
    """Our price among those that count [USD / 1M tokens of the mix]."""

    ours: Decimal | Unknown
    floor: Decimal | Unknown
    cheapest: str
    middle: Decimal | Unknown
    rank: int | None
    of: int
    share: Decimal | Unknown
    formula: str


@dataclass(frozen=True)
class Board:
    """Everything that the page says of one model.

    read_at  when its offers were told last; None: never
    """

    served_model: ServedModel
    market: MarketModel | None
    why_not: str
    source: MarketSource
    read_at: datetime | None
    is_stale: bool
    rivals: tuple[Rival, ...]
    our_price: TokenPrice | None
    our_rates: TokenRates | None
    mix: Mix | Unknown
    standing: Standing
    successors: tuple[Successor, ...]


def market_board(
    joined: Joined, *, source: MarketSource, name_there: str, now: datetime
) -> Board:
    """The board of a model of ours.

    name_there  our own name on that market; offers under it are not rivals
    """
    model, market = joined.served_model, joined.market
    price = TokenPrice.objects.effective(model.pk, at=now)
    mix = mix_of_model(model, now=now)
    read_at = _read_at(market, source)
    offers = [] if market is None else newest_prices([market]).get(market.pk, [])
    rivals = rivals_of(offers, mix, name_there, read_at)
    blind = blind_reason(read_at, source, now=now)
    rates = None if price is None else price.sheet.buyer_rates(now)
    counted = [] if blind else [each for each in rivals if each.counts]
    return Board(
        served_model=model,
        market=market,
        why_not=joined.why_not,
        source=source,
        read_at=read_at,
        is_stale=source in LIVE and read_at is not None and now - read_at > STALE_AFTER,
        rivals=tuple(_shared(rivals, counted)),
        our_price=price,
        our_rates=rates,
        mix=mix,
        standing=standing(_blended(rates, mix, model), counted, blind=blind),
        successors=() if market is None else tuple(successors_of(market, now=now)),
    )


def chosen(joined: Iterable[Joined], slug: str) -> Joined | None:
    """The model that is asked for; else the first that the market has, else the first."""
    every = list(joined)
    by_slug = {each.served_model.slug: each for each in every}
    if slug in by_slug:
        return by_slug[slug]
    known = [each for each in every if each.market is not None]
    return next(iter([*known, *every]), None)


def models_of(source: MarketSource) -> list[Joined]:
    """Our models as that source knows them, those that it has first."""
    return sorted(joined_models(source), key=lambda each: each.market is None)


def mix_of_model(model: ServedModel, *, now: datetime) -> Mix | Unknown:
    """The mix of our own last days, else of the model's public traffic."""
    sums = UsageHour.objects.filter(
        pod__deployment__variant__served_model=model,
        hour_start__gte=now - timedelta(days=MIX_DAYS),
        hour_start__lt=now,
    ).aggregate(
        uncached=Sum("uncached_prompt_tokens"),
        cached=Sum("cached_prompt_tokens"),
        completion=Sum("completion_tokens"),
    )
    counts = TokenCounts(
        sums["uncached"] or 0, sums["cached"] or 0, sums["completion"] or 0
    )
    if counts.total:
        return Mix(TokenMix(counts), f"our own tokens of the last {MIX_DAYS} days")
    traffic = public.traffic().get(model.slug)
    if traffic is not None:
        return Mix(traffic.mix, f"{traffic.source}, read {traffic.observed_on}")
    return Unknown(f"no token of {model} was served yet and no public traffic is known")


def standing(ours: Decimal | Unknown, counted: list[Rival], *, blind: str = "") -> Standing:
    """Floor, middle, rank and share among the offers that count."""
    known = [(each.label, each.blended) for each in counted]
    prices = [(label, price) for label, price in known if isinstance(price, Decimal)]
    prices = [(label, price) for label, price in prices if price > 0]
    values = [price for _, price in prices]
    none = Unknown(blind or "no offer that counts is known")
    cheapest = min(prices, key=lambda each: each[1], default=("", none))
    share: Decimal | Unknown = none
    if isinstance(ours, Unknown):
        share = ours
    elif values:
        share = share_prior(ours, values)
    return Standing(
        ours=ours,
        floor=cheapest[1],
        cheapest=cheapest[0],
        middle=middle(values) if values else none,
        rank=rank(ours, values) if values and isinstance(ours, Decimal) else None,
        of=len(values) + 1,
        share=share,
        formula=share_words(ours, values, share),
    )


def share_words(
    ours: Decimal | Unknown, rivals: list[Decimal], share: Decimal | Unknown
) -> str:
    """The formula with its numbers put in; "" where a number is missing."""
    if isinstance(ours, Unknown) or isinstance(share, Unknown):
        return ""
    shown = " + ".join(f"{each:.4f}⁻²" for each in sorted(rivals)[:6])
    more = f" + {len(rivals) - 6} more" if len(rivals) > 6 else ""
    return f"{ours:.4f}⁻² ÷ ({ours:.4f}⁻² + {shown}{more}) = {share * 100:.1f} %"


def _read_at(market: MarketModel | None, source: MarketSource) -> datetime | None:
    return None if market is None else market.endpoints_read_at


def blind_reason(read_at: datetime | None, source: MarketSource, *, now: datetime) -> str:
    """Why nothing may be concluded from what was told; "" where it may."""
    if source not in LIVE or read_at is None or now - read_at <= BLIND_AFTER:
        return ""
    return (
        f"the market was read last at {read_at:%Y-%m-%d %H:%M} UTC, over "
        f"{BLIND_AFTER // timedelta(hours=1)} hours ago"
    )


def newest_prices(markets: Iterable[MarketModel]) -> dict[int, list[MarketPrice]]:
    """The newest price of each offer, by the model's id. One query."""
    rows = MarketPrice.objects.filter(endpoint__model__in=list(markets))
    newest = rows.select_related("endpoint").order_by("endpoint_id", "-observed_from")
    found: dict[int, list[MarketPrice]] = {}
    for row in newest.distinct("endpoint_id"):
        found.setdefault(row.endpoint.model_id, []).append(row)
    return found


def rivals_of(
    prices: Iterable[MarketPrice],
    mix: Mix | Unknown,
    name_there: str,
    read_at: datetime | None,
) -> list[Rival]:
    """These offers as rivals, cheapest first, those that do not count last."""
    rivals = []
    for price in prices:
        rates = rates_told(price)
        blended = mix if isinstance(mix, Unknown) else _million(mix.mix, rates)
        apart = _why_apart(price, name_there, read_at)
        rivals.append(Rival(price, rates, blended, apart))
    return sorted(rivals, key=_cheapest_first)


def rates_told(price: MarketPrice) -> TokenRates:
    """An offer's prices; a cached prompt without one costs as much as another."""
    cached = price.prompt if price.cached_prompt is None else price.cached_prompt
    return TokenRates(price.prompt, cached, price.completion)


def _cheapest_first(rival: Rival) -> tuple[bool, Decimal, str]:
    known = isinstance(rival.blended, Decimal)
    amount = rival.blended if isinstance(rival.blended, Decimal) else rival.price.prompt
    return (bool(rival.why_apart), amount if known else per_million(amount), rival.label)


def _why_apart(price: MarketPrice, name_there: str, read_at: datetime | None) -> str:
    offer = price.endpoint
    if name_there and offer.provider.lower() == name_there.lower():
        return "it is our own"
    if read_at is not None and offer.last_seen_at < read_at:
        return "it is listed no more"
    if offer.status not in (None, 0):
        return f"its status is {offer.status}"
    if offer.uptime_30m is not None and offer.uptime_30m < LEAST_UPTIME:
        return f"its uptime is below {LEAST_UPTIME * 100:.0f} %"
    if not (price.prompt or price.completion):
        return "it is free"
    return ""


def _shared(rivals: list[Rival], counted: list[Rival]) -> list[Rival]:
    """The same with the share that each would get among themselves."""
    prices = {
        str(each.price.pk): each.blended
        for each in counted
        if isinstance(each.blended, Decimal)
    }
    shares = share_priors(prices)
    return [
        Rival(
            each.price,
            each.rates,
            each.blended,
            each.why_apart,
            shares.get(str(each.price.pk), each.share),
        )
        for each in rivals
    ]


def _blended(
    rates: TokenRates | None, mix: Mix | Unknown, model: ServedModel
) -> Decimal | Unknown:
    if rates is None:
        return Unknown(f"no token price is set for {model}")
    return mix if isinstance(mix, Unknown) else _million(mix.mix, rates)


def _million(mix: TokenMix, rates: TokenRates) -> Decimal:
    return blended_rate_per_million(mix, rates)
