"""The inputs of a candidate as figures: a range, the source, and the page that shows it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from economics.calc.decide import Figure
from economics.calc.gates import Policy
from economics.calc.hours import SECONDS_PER_DAY
from economics.calc.market_share import quantile, share_prior
from economics.calc.pricing_advice import UNDERCUT
from economics.calc.unit_cost import peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.market import public
from economics.planner.option import Machine
from economics.selectors.decisions.markets import LEAST_RIVALS, ModelMarket

LOW, HIGH = Decimal("0.1"), Decimal("0.9")
LEAST_DAYS = 5  # of a market, for a spread of demand
RENT_MOVES = Decimal("0.33")  # in a quarter, either way
FEW_DAYS = Decimal("0.5"), Decimal("1.5")
FEW_RIVALS = Decimal("0.6"), Decimal(1)


def price_figure(market: ModelMarket, keep: Decimal) -> Figure:
    """Our net price; without one, slightly below the market's middle. keep [1]."""
    mid, words = market.earned, "our price in force"
    if isinstance(mid, Unknown):
        mid, words = market.middle, f"{UNDERCUT * 100:.0f} % below the market's middle"
        if isinstance(mid, Decimal):
            mid = mid * (1 - UNDERCUT)
    if isinstance(mid, Unknown):
        return Figure.unknown(mid.reason, market.rivals_source, market.at("net-price"))
    ends = tuple(mid * factor for factor in FEW_RIVALS)
    if len(market.rivals) >= LEAST_RIVALS:
        low, high = quantile(market.rivals, LOW), quantile(market.rivals, HIGH)
        assert isinstance(low, Decimal) and isinstance(high, Decimal)
        ends = min(low, mid), max(high, mid)
    return Figure(
        low=ends[0] * keep,
        mid=mid * keep,
        high=ends[1] * keep,
        source=f"{words}; {market.rivals_source}",
        as_of=market.rivals_as_of,
        link=market.at("net-price"),
    )


def demand_figure(market: ModelMarket, policy: Policy) -> Figure:
    """Our own tokens; without any, our share by price of the market's, as far as the
    policy counts on a market."""
    mid: Decimal | Unknown = market.own_tokens
    words = "our own tokens of the last days"
    as_of: datetime | None = market.looked_at
    link = market.at(demand_anchor(policy))
    if isinstance(mid, Unknown):
        whole = market.market_tokens.value
        if isinstance(whole, Unknown):
            return Figure.unknown(whole.reason, market.market_tokens.source, link)
        share = share_by_price(market)
        if isinstance(share, Unknown):
            return Figure.unknown(share.reason, market.rivals_source, link)
        counted = min(share, policy.most_market_share)
        mid = whole * counted
        words = f"{counted * 100:.1f} % of the market; {market.market_tokens.source}"
        as_of = market.market_tokens.as_of
    low, high = spread_of(market)
    return Figure(mid * low, mid, mid * high, words, as_of, link)


def demand_anchor(policy: Policy) -> str:
    """The line of a market's page with the demand that a policy counts on: the same for
    policies that count on the same share of a market."""
    return f"demand-at-{policy.most_market_share.normalize():f}"


def quantile_anchor(policy: Policy) -> str:
    """The same of the price that a policy reckons with."""
    return f"price-at-{policy.price_quantile.normalize():f}"


def share_by_price(market: ModelMarket) -> Decimal | Unknown:
    """The share that our price would get by itself; without known rivals an equal one."""
    price = market.ours
    if isinstance(price, Unknown):
        price = market.middle
        if isinstance(price, Unknown):
            return price
        price = price * (1 - UNDERCUT)
    if market.rivals:
        return share_prior(price, market.rivals)
    traffic = public.traffic().get(market.slug)
    if traffic is None:
        return Unknown("no rival of it is known")
    return Decimal(1) / (traffic.endpoints + 1)


def spread_of(market: ModelMarket) -> tuple[Decimal, Decimal]:
    """(P10, P90) of the market's days over their median [1]."""
    days = list(market.tokens.values())
    if len(days) < LEAST_DAYS:
        return FEW_DAYS
    low, mid, high = (quantile(days, share) for share in (LOW, Decimal("0.5"), HIGH))
    assert isinstance(low, Decimal) and isinstance(mid, Decimal)
    assert isinstance(high, Decimal)
    return (low / mid, high / mid) if mid else FEW_DAYS


def rent_figure(machine: Machine, link: str) -> Figure:
    """Today's rent, and what a quarter moved it."""
    price = machine.price
    stale = ", older than it should be" if price.stale else ""
    return Figure(
        low=price.usd_per_hour * (1 - RENT_MOVES),
        mid=price.usd_per_hour,
        high=price.usd_per_hour * (1 + RENT_MOVES),
        source=f"{machine.where}: {rent_words(machine)}; {machine.price_source}{stale}",
        as_of=price.observed_at,
        link=link,
    )


def rent_words(machine: Machine) -> str:
    """The sum that the rent is: the GPUs as they are offered, and the disk."""
    price = machine.price
    gpus = machine.gpu_count * price.usd_per_gpu_hour
    words = f"{machine.gpu_count} × ${price.usd_per_gpu_hour:.2f}"
    disk = price.usd_per_hour - gpus
    return words if not disk else f"{words} + ${disk:.4f} for {machine.disk_gb} GB of disk"


def speed_figure(machine: Machine, market: ModelMarket, link: str) -> Figure:
    """Tokens of the model's mix in a day of a full replica."""
    speed, mix = machine.speed, market.mix
    if isinstance(speed, Unknown):
        return Figure.unknown(speed.reason, "no evidence", link)
    if isinstance(mix, Unknown):
        return Figure.unknown(mix.reason, speed.source, link)
    peak = peak_tokens_per_second(speed.throughput.seconds, mix.mix)
    if peak is None:
        return Figure.unknown(
            "this mix takes no time, so it has no peak", speed.source, link
        )
    day = peak * SECONDS_PER_DAY
    source = f"{speed.kind}: {speed.source}; mix: {mix.source}"
    return Figure(day * speed.low, day, day * speed.high, source, None, link)
