"""What to charge for a model on one of its deployments, with every number behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from economics.calc.break_even import (
    NO_PEAK,
    BreakEvenUtilization,
    break_even_revenue,
    break_even_tokens,
)
from economics.calc.hours import SECONDS_PER_DAY, day_bounds, day_of
from economics.calc.market_share import middle, share_prior
from economics.calc.money import MILLION, per_million
from economics.calc.pricing_advice import (
    PAYS_AT,
    UNDERCUT,
    Advice,
    Verdict,
    advise,
    margin,
    measured_cost_per_million,
    price_that_pays,
)
from economics.calc.token_mix import blended_rate_per_million
from economics.calc.unknown import Unknown
from economics.models import MarketSource
from economics.selectors.break_even import (
    MIX_DAYS,
    billed_seconds,
    replica_usd_per_hour,
    tokens_of_machine,
)
from economics.selectors.hour_revenue import rates_of
from economics.selectors.listings import wanted_of
from economics.selectors.market_board import Board, market_board, models_of
from economics.selectors.market_lines import CLASSES
from economics.selectors.take_rates import TakeRates
from fleet.models import Deployment

Figure = Decimal | Unknown
OUR_PRICE = "our price"


@dataclass(frozen=True)
class ClassPrice:
    """A token class: our price, the rivals' floor and middle, the advice [USD / 1M]."""

    words: str
    ours: Figure
    floor: Figure
    middle: Figure
    advised: Figure


@dataclass(frozen=True)
class Effect:
    """What a blended price [USD / 1M tokens] would mean for one replica.

    tokens_per_day  that pay it
    utilization     the same as a share of its peak
    usd_per_day     profit at the tokens of the last days
    share           by price alone, a prior
    """

    words: str
    price: Decimal
    tokens_per_day: Figure
    utilization: BreakEvenUtilization | Unknown
    usd_per_day: Figure
    share: Figure


@dataclass(frozen=True)
class PriceAdvice:
    """Advice for one deployment; every figure may be unknown, with its reason.

    cost          [USD / 1M tokens] measured over the last days
    break_even    [USD / 1M tokens] gross that pays at the utilization of these days
    """

    deployment: Deployment
    others: tuple[Deployment, ...]
    board: Board
    usd_per_hour: Figure
    cost: Figure
    margin: Figure
    break_even: Figure
    utilization: Figure
    advice: Advice | Unknown
    sentence: str
    classes: tuple[ClassPrice, ...]
    effects: tuple[Effect, ...]
    days: int = MIX_DAYS

    @property
    def tag(self) -> str:
        """How its cost is known."""
        return "simulated" if self.deployment.fleet.simulated else "measured"


@dataclass(frozen=True)
class _Sold:
    """What one deployment cost and sold in the last days."""

    usd_per_hour: Figure
    seconds: int
    tokens: int
    peak: Decimal | None
    take_rate: Decimal

    @property
    def tokens_per_replica_day(self) -> Figure:
        if not self.seconds:
            return Unknown("no replica was billed in these days")
        return Decimal(self.tokens) * SECONDS_PER_DAY / self.seconds


def price_advice(
    deployments: list[Deployment], *, slug: str, now: datetime
) -> PriceAdvice | None:
    """Advice for the deployment of that slug, else the first; None without any.

    deployments  of one model
    """
    wanted = wanted_of(deployments)
    if not wanted:
        return None
    chosen = next((each for each in wanted if each.slug == slug), wanted[0])
    model = chosen.variant.served_model
    source = MarketSource(settings.MARKET_SOURCE)
    joined = next(each for each in models_of(source) if each.served_model == model)
    board = market_board(joined, source=source, name_there=settings.MARKET_NAME, now=now)
    sold = _sold(chosen, now=now)
    advice = _advice(board, sold)
    cost = _cost(sold)
    paid = _paid(board, now=now)
    return PriceAdvice(
        deployment=chosen,
        others=tuple(each for each in wanted if each != chosen),
        board=board,
        usd_per_hour=sold.usd_per_hour,
        cost=cost,
        margin=_margin(paid, cost, sold.take_rate),
        break_even=_gross(cost, sold.take_rate),
        utilization=_utilization(sold),
        advice=advice,
        sentence=sentence_of(advice, board),
        classes=_classes(board, advice),
        effects=_effects(board, sold, advice, paid),
    )


def sentence_of(advice: Advice | Unknown, board: Board) -> str:
    """The advice in one sentence with its numbers."""
    if isinstance(advice, Unknown):
        return f"No advice: {advice.reason}."
    at = f"{PAYS_AT * 100:.0f} % utilization"
    least, middle_ = _usd(advice.least), _usd_figure(board.standing.middle)
    if advice.price is None:
        return (
            f"No price both sells and pays here: at {at} this machine needs {least}, the "
            f"market's middle is {middle_}. Look for a cheaper or faster machine, or sell "
            "another model."
        )
    why = f"{UNDERCUT * 100:.0f} % below the market's middle of {middle_}"
    if advice.price > advice.target:
        why = f"the least that pays at {at}; {why} would be {_usd(advice.target)}"
    ours = board.standing.ours
    told = {
        Verdict.KEEP: f"Keep {_usd_figure(ours)}",
        Verdict.LOWER: f"Lower {_usd_figure(ours)} to {_usd(advice.price)}",
        Verdict.RAISE: f"Raise {_usd_figure(ours)} to {_usd(advice.price)}",
    }
    begin = told.get(advice.verdict, "")
    if isinstance(ours, Unknown):
        begin = f"Charge {_usd(advice.price)}"
    return f"{begin}: {why}. At {at} this machine needs {least}."


def _sold(deployment: Deployment, *, now: datetime) -> _Sold:
    since = day_bounds(day_of(now) - timedelta(days=MIX_DAYS)).start
    return _Sold(
        usd_per_hour=replica_usd_per_hour(deployment),
        seconds=billed_seconds(deployment, since, now),
        tokens=tokens_of_machine(deployment, since, now).total,
        peak=deployment.peak_tokens_per_second,
        take_rate=TakeRates().on(day_of(now)),
    )


def _cost(sold: _Sold) -> Figure:
    if isinstance(sold.usd_per_hour, Unknown):
        return sold.usd_per_hour
    return measured_cost_per_million(
        usd_per_hour=sold.usd_per_hour, seconds=sold.seconds, tokens=sold.tokens
    )


def _paid(board: Board, *, now: datetime) -> Figure:
    """Our blended price as we are paid it: a discount of the marketplace lowers what the
    buyer pays and not this."""
    if board.our_price is None or isinstance(board.mix, Unknown):
        return board.standing.ours
    return blended_rate_per_million(board.mix.mix, rates_of(board.our_price, at=now))


def _margin(paid: Figure, cost: Figure, take_rate: Decimal) -> Figure:
    if isinstance(paid, Unknown):
        return paid
    if isinstance(cost, Unknown):
        return cost
    return margin(price=paid, cost_per_million=cost, take_rate=take_rate)


def _gross(cost: Figure, take_rate: Decimal) -> Figure:
    if isinstance(cost, Unknown):
        return cost
    return break_even_revenue(cost_usd=cost, take_rate=take_rate)


def _utilization(sold: _Sold) -> Figure:
    if sold.peak is None:
        return NO_PEAK
    if not sold.seconds:
        return Unknown("no replica was billed in these days")
    return sold.tokens / (sold.peak * sold.seconds)


def _advice(board: Board, sold: _Sold) -> Advice | Unknown:
    middle_, ours = board.standing.middle, board.standing.ours
    if isinstance(middle_, Unknown):
        return Unknown(board.why_not or middle_.reason)
    if isinstance(sold.usd_per_hour, Unknown):
        return sold.usd_per_hour
    if sold.peak is None:
        return NO_PEAK
    least = price_that_pays(
        usd_per_hour=sold.usd_per_hour,
        peak_tokens_per_second=sold.peak,
        utilization=PAYS_AT,
        take_rate=sold.take_rate,
    )
    if isinstance(least, Unknown):
        return least
    return advise(
        ours=None if isinstance(ours, Unknown) else ours, middle=middle_, least=least
    )


def _classes(board: Board, advice: Advice | Unknown) -> tuple[ClassPrice, ...]:
    """Each class; the advice moves all of ours by one factor."""
    ours = board.standing.ours
    factor: Figure = Unknown("there is no advised price")
    if isinstance(advice, Advice) and advice.price is not None:
        factor = ours
        if isinstance(ours, Decimal):
            factor = (
                advice.price / ours if ours else Unknown("our price is 0, nothing scales")
            )
    found = []
    for words, theirs, token_class in CLASSES.values():
        rivals = [getattr(each.price, theirs) for each in board.rivals if each.counts]
        known = [per_million(each) for each in rivals if each is not None]
        none = Unknown("no rival that counts tells a price of it")
        own: Figure = ours if isinstance(ours, Unknown) else Decimal(0)
        if board.our_rates is not None:
            own = per_million(getattr(board.our_rates, token_class))
        advised = factor if isinstance(factor, Unknown) else own
        if isinstance(advised, Decimal) and isinstance(factor, Decimal):
            advised = advised * factor
        floor: Figure = min(known) if known else none
        found.append(
            ClassPrice(words, own, floor, middle(known) if known else none, advised)
        )
    return tuple(found)


def _effects(
    board: Board, sold: _Sold, advice: Advice | Unknown, paid: Figure
) -> tuple[Effect, ...]:
    """What each price worth a look would mean, cheapest first."""
    s = board.standing
    asked: list[tuple[str, Figure | None]] = [
        (OUR_PRICE, s.ours),
        ("the market's floor", s.floor),
        ("the market's middle", s.middle),
        ("break-even at today's utilization", _gross(_cost(sold), sold.take_rate)),
    ]
    if isinstance(advice, Advice):
        asked.append((f"pays at {PAYS_AT * 100:.0f} % utilization", advice.least))
        asked.append(("advised", advice.price))
    rivals = [
        each.blended
        for each in board.rivals
        if each.counts and isinstance(each.blended, Decimal)
    ]
    known = [(words, each) for words, each in asked if isinstance(each, Decimal) and each]
    return tuple(
        _effect(words, price, sold, rivals, paid=paid if words == OUR_PRICE else price)
        for words, price in sorted(known, key=lambda each: each[1])
    )


def _effect(
    words: str, price: Decimal, sold: _Sold, rivals: list[Decimal], *, paid: Figure
) -> Effect:
    """What a price of the buyer means, of which we are paid `paid`."""
    hour = sold.usd_per_hour
    if isinstance(hour, Unknown):
        return Effect(words, price, hour, hour, hour, share_prior(price, rivals))
    paid = price if isinstance(paid, Unknown) else paid
    tokens = break_even_tokens(
        cost_usd=hour * 24, usd_per_token=paid / MILLION, take_rate=sold.take_rate
    )
    served = sold.tokens_per_replica_day
    profit: Figure = served
    if isinstance(served, Decimal):
        profit = served * paid / MILLION * (1 - sold.take_rate) - hour * 24
    share: Figure = Unknown("no offer that counts is known")
    return Effect(
        words=words,
        price=price,
        tokens_per_day=tokens,
        utilization=_share_of_peak(tokens, sold.peak),
        usd_per_day=profit,
        share=share_prior(price, rivals) if rivals else share,
    )


def _share_of_peak(tokens: Figure, peak: Decimal | None) -> BreakEvenUtilization | Unknown:
    if isinstance(tokens, Unknown):
        return tokens
    if peak is None:
        return NO_PEAK
    return BreakEvenUtilization(tokens / (peak * SECONDS_PER_DAY))


def _usd(price: Decimal) -> str:
    return f"${price:,.4f}/1M"


def _usd_figure(price: Figure) -> str:
    return price.reason if isinstance(price, Unknown) else _usd(price)
