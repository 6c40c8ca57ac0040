"""What Decide reckons with of one model's market, each figure with the sum that it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from economics.calc.decide import Input
from economics.calc.decide.changes import figure_words, shown_input
from economics.calc.pricing_advice import UNDERCUT
from economics.calc.unknown import Unknown
from economics.selectors.decisions.figures import (
    demand_figure,
    price_figure,
    share_by_price,
)
from economics.selectors.decisions.markets import ModelMarket, model_markets
from economics.selectors.planned_models import planned_model
from economics.selectors.policies import policies


@dataclass(frozen=True)
class Known:
    """One line: what it is, its value in words, the sum it is, and where it came from."""

    name: str
    value: str
    how: str
    source: str
    as_of: datetime | None


@dataclass(frozen=True)
class KnownMarket:
    """Everything that is known of one model's market.

    days     tokens of the days that are known, the newest first
    is_ours  whether we have the model, so that its rivals stand on the market's page
    """

    slug: str
    name: str
    lines: tuple[Known, ...]
    days: tuple[tuple[date, Decimal], ...]
    is_ours: bool


def known_market(slug: str, *, now: datetime) -> KnownMarket | None:
    """None for a model that nobody can plan. Nine queries at most."""
    model = planned_model(slug)
    if model is None:
        return None
    market = model_markets([slug], now=now).by_slug[slug]
    return KnownMarket(
        slug=slug,
        name=model.name,
        lines=(*_prices(market), *_demand(market)),
        days=tuple(sorted(market.tokens.items(), reverse=True)),
        is_ours=market.served_pk is not None,
    )


def _prices(market: ModelMarket) -> Iterator[Known]:
    told = market.rivals_source, market.rivals_as_of
    mix = market.mix
    blended = "unknown" if isinstance(mix, Unknown) else f"blended by {mix.source}"
    yield Known("Offers that count", f"{len(market.rivals)}", "", *told)
    yield Known("Lowest of them", _shown(Input.PRICE, market.floor), blended, *told)
    yield Known("Middle of them", _shown(Input.PRICE, market.middle), blended, *told)
    ours = f"what a buyer pays, {blended}"
    yield Known(
        "Our price in force",
        _shown(Input.PRICE, market.ours),
        ours,
        "prices",
        market.looked_at,
    )
    net = price_figure(market, 1 - market.take_rate)
    words = figure_words(Input.PRICE, net)
    yield Known("Net price", words, _net_words(market), net.source, net.as_of)


def _net_words(market: ModelMarket) -> str:
    """The sum that the net price is."""
    keep = f"× (1 − {_percent(market.take_rate)} take rate)"
    if isinstance(market.earned, Decimal):
        return f"{_shown(Input.PRICE, market.earned)} earned {keep}"
    undercut = f"× (1 − {_percent(UNDERCUT)}) {keep}"
    return f"{_shown(Input.PRICE, market.middle)} in the middle {undercut}"


def _demand(market: ModelMarket) -> Iterator[Known]:
    whole = market.market_tokens
    yield Known(
        "Tokens of the market",
        _shown(Input.DEMAND, whole.value),
        "the middle of the days below" if market.tokens else "",
        whole.source,
        whole.as_of,
    )
    served = "tokens of our last days / days"
    yield Known(
        "Our tokens",
        _shown(Input.DEMAND, market.own_tokens),
        served,
        "usage",
        market.looked_at,
    )
    share = share_by_price(market)
    told = market.rivals_source, market.rivals_as_of
    words = share.reason if isinstance(share, Unknown) else _percent(share)
    how = "our price^-2 / the sum of all price^-2: a prior, not a measurement"
    yield Known("Share by price", words, how, *told)
    for name, counting in sorted(policies().items()):
        figure = demand_figure(market, counting.policy)
        yield Known(
            f"Demand, policy {name}",
            figure_words(Input.DEMAND, figure),
            _share_words(market, share, counting.policy.most_market_share),
            figure.source,
            figure.as_of,
        )


def _share_words(market: ModelMarket, share: Decimal | Unknown, most: Decimal) -> str:
    """The sum that the demand is."""
    whole = market.market_tokens.value
    if isinstance(market.own_tokens, Decimal):
        return "our own tokens"
    if isinstance(share, Unknown) or isinstance(whole, Unknown):
        return ""
    counted = min(share, most)
    cap = f", at most {_percent(most)} by this policy" if share > most else ""
    return f"{_shown(Input.DEMAND, whole)} × {_percent(counted)} share{cap}"


def _shown(name: Input, value: Decimal | Unknown) -> str:
    if isinstance(value, Unknown):
        return f"unknown: {value.reason}"
    return shown_input(name, value)


def _percent(share: Decimal) -> str:
    return f"{share * 100:.1f} %"
