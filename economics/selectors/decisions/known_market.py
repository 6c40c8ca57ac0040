"""What Decide reckons with of one model's market, each figure with the sum that it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings

from economics.calc.decide import Input
from economics.calc.decide.changes import figure_words, shown_input
from economics.calc.gates import Unit, shown
from economics.calc.pricing_advice import PAYS_AT, UNDERCUT, Advice
from economics.calc.unknown import Unknown
from economics.selectors.break_even import NEVER_RENTED
from economics.selectors.decisions.books import pasts
from economics.selectors.decisions.deployments import advised_price, price_advice_of
from economics.selectors.decisions.figures import (
    demand_anchor,
    demand_figure,
    price_figure,
    quantile_anchor,
    share_by_price,
)
from economics.selectors.decisions.known import Known
from economics.selectors.decisions.known_machine import KnownMachine, known_machine
from economics.selectors.decisions.markets import ModelMarket, model_markets
from economics.selectors.planned_models import planned_model
from economics.selectors.policies import policies
from fleet.models import Deployment


@dataclass(frozen=True)
class KnownMarket:
    """Everything that is known of one model's market.

    days     tokens of the days that are known, the newest first
    is_ours  whether we have the model, so that its rivals stand on the market's page
    option   the machine that was asked for; machine: its lines, None where it is not there
    """

    slug: str
    name: str
    lines: tuple[Known, ...]
    days: tuple[tuple[date, Decimal], ...]
    is_ours: bool
    option: str
    machine: KnownMachine | None


def known_market(slug: str, *, now: datetime, option: str = "") -> KnownMarket | None:
    """None for a model that nobody can plan. Fourteen queries at most.

    option  the key of a machine whose rent and speed are asked for
    """
    model = planned_model(slug)
    if model is None:
        return None
    market = model_markets([slug], now=now).by_slug[slug]
    return KnownMarket(
        slug=slug,
        name=model.name,
        lines=(*_prices(market), *_advised(market), *_demand(market, now=now)),
        days=tuple(sorted(market.tokens.items(), reverse=True)),
        is_ours=market.served_pk is not None,
        option=option,
        machine=known_machine(model, market, option, now=now) if option else None,
    )


def _prices(market: ModelMarket) -> Iterator[Known]:
    told = market.rivals_source, market.rivals_as_of
    mix = market.mix
    blended = "unknown" if isinstance(mix, Unknown) else f"blended by {mix.source}"
    yield Known("Offers that count", f"{len(market.rivals)}", "", *told, "offers")
    lowest, middle = _shown(Input.PRICE, market.floor), _shown(Input.PRICE, market.middle)
    yield Known("Lowest of them", lowest, blended, *told, "lowest")
    yield Known("Middle of them", middle, blended, *told, "middle")
    taken: set[str] = set()
    for name, counting in sorted(policies().items()):
        share = counting.policy.price_quantile
        price = market.price_at(share)
        kept = price if isinstance(price, Unknown) else price * (1 - market.take_rate)
        yield Known(
            f"Price at the quantile, policy {name}",
            _shown(Input.PRICE, price),
            f"below which {_percent(share)} of them lie; {_shown(Input.PRICE, kept)} "
            f"less the {_percent(market.take_rate)} take rate",
            *told,
            first(quantile_anchor(counting.policy), taken),
        )
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
    how = _net_words(market)
    yield Known("Net price", words, how, net.source, net.as_of, "net-price")


def _advised(market: ModelMarket) -> Iterator[Known]:
    """The net price that each deployment of the model is advised, with what it pays."""
    rows = list(
        Deployment.objects.filter(
            variant__served_model=market.served_pk, fleet__simulated=settings.KERNE_SANDBOX
        ).order_by("slug")
    )
    rents = {pk: each.usd_per_hour for pk, each in pasts(row.pk for row in rows).items()}
    keep = 1 - market.take_rate
    for row in rows:
        rent = rents.get(row.pk)
        peak = row.peak_tokens_per_second
        found = price_advice_of(market, NEVER_RENTED if rent is None else rent, peak)
        advised = advised_price(found, market, keep, row.slug)
        yield Known(
            f"Advised net price, {row.slug}",
            _shown(Input.PRICE, advised.value),
            _advice_words(found, market),
            advised.source,
            advised.as_of,
            f"advised-{row.slug}",
        )


def _advice_words(found: Advice | Unknown, market: ModelMarket) -> str:
    """The sum that the advice is."""
    if isinstance(found, Unknown):
        return ""
    words = (
        f"the larger of {_shown(Input.PRICE, found.target)}, "
        f"{_percent(UNDERCUT)} below the middle, and {_shown(Input.PRICE, found.least)}, "
        f"which pays a replica at {_percent(PAYS_AT)} utilization"
    )
    if found.price is None:
        return f"{words}; the latter is above the middle of the market"
    return f"{words}; × (1 − {_percent(market.take_rate)} take rate)"


def first(anchor: str, taken: set[str]) -> str:
    """The anchor for the first line that asks for it; "" for others, which say the same."""
    if anchor in taken:
        return ""
    taken.add(anchor)
    return anchor


def _net_words(market: ModelMarket) -> str:
    """The sum that the net price is."""
    keep = f"× (1 − {_percent(market.take_rate)} take rate)"
    if isinstance(market.earned, Decimal):
        return f"{_shown(Input.PRICE, market.earned)} earned {keep}"
    undercut = f"× (1 − {_percent(UNDERCUT)}) {keep}"
    return f"{_shown(Input.PRICE, market.middle)} in the middle {undercut}"


def _demand(market: ModelMarket, *, now: datetime) -> Iterator[Known]:
    whole = market.market_tokens
    yield Known(
        "Tokens of the market",
        _shown(Input.DEMAND, whole.value),
        "the middle of the days below" if market.tokens else "",
        whole.source,
        whole.as_of,
        "market-tokens",
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
    yield Known("Share by price", words, how, *told, "share")
    taken: set[str] = set()
    for name, counting in sorted(policies().items()):
        figure = demand_figure(market, counting.policy)
        yield Known(
            f"Demand, policy {name}",
            figure_words(Input.DEMAND, figure),
            _share_words(market, share, counting.policy.most_market_share),
            figure.source,
            figure.as_of,
            first(demand_anchor(counting.policy), taken),
        )
    yield from _life(market, now=now)


def _life(market: ModelMarket, *, now: datetime) -> Iterator[Known]:
    """How the model fares: its week, its age, and who takes its tokens."""
    for name, seen, unit, how, anchor in (
        (
            "Its tokens, week on week",
            market.trend(now=now),
            Unit.SHARE,
            "the last seven days below against the seven before, less one",
            "week",
        ),
        (
            "Age",
            market.age_days(now=now),
            Unit.DAYS,
            "whole days since its launch",
            "age",
        ),
        (
            "Tokens that went to a successor",
            market.successor_share,
            Unit.SHARE,
            "the successor's tokens / those of both; of several the largest",
            "successor",
        ),
    ):
        value = seen.value
        words = f"unknown: {value.reason}" if isinstance(value, Unknown) else ""
        if isinstance(value, Decimal):
            words = shown(value, unit)
        yield Known(name, words, how, seen.source, seen.as_of, anchor)


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
