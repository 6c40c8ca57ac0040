"""Claims of a tier about money, first by the plan's own numbers, then by today's."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from economics.calc.money import per_million, shown_usd
from economics.calc.token_mix import TokenRates, blended_rate_per_million
from economics.calc.unknown import Unknown
from economics.market.public import QuoteKind
from economics.planner.strategy.finding import Finding, Verdict
from economics.planner.strategy.plan import PlanTier, Range
from economics.planner.strategy.tier_finding import tier_finding
from economics.planner.strategy.world import World

ROUNDED = Decimal("0.02")  # a plan rounds; what is nearer than this is the same
MOST_MARKET_SHARE = Decimal("0.05")  # of a whole market, for a newcomer to count on


def money_findings(tier: PlanTier, world: World) -> Iterator[Finding]:
    """What is found about the money of a tier."""
    for check in (day_cost, blended, break_even, revenue, market_share, profit):
        found = check(tier, world)
        if found is not None:
            yield found


def day_cost(tier: PlanTier, world: World) -> Finding | None:
    """Price × hours against the cost of a day that is stated."""
    if tier.usd_per_hour is None or tier.usd_per_day is None:
        return None
    computed = tier.usd_per_hour.times(tier.hours_per_day)
    same = near(computed.low, tier.usd_per_day.low) and near(
        computed.high, tier.usd_per_day.high
    )
    return tier_finding(
        tier,
        "day-cost",
        f"{tier.title} costs {tier.usd_per_day.usd()} a day",
        Verdict.HOLDS if same else Verdict.INCONSISTENT,
        f"{computed.usd()} a day at its own price",
        f"{tier.usd_per_hour.usd()}/h × {tier.hours_per_day} h = {computed.usd()}",
    )


def blended(tier: PlanTier, world: World) -> Finding | None:
    """One price for all tokens, against the mix that is really asked for."""
    prompt, completion = tier.prompt_usd_per_million, tier.completion_usd_per_million
    if prompt is None or completion is None or tier.blended_usd_per_million is None:
        return None
    stated = tier.blended_usd_per_million
    claim = f"{tier.title}: {prompt} and {completion} USD/1M blend to {stated.usd()}/1M"
    traffic = world.traffic(tier.model)
    if isinstance(traffic, Unknown):
        return tier_finding(tier, "blended", claim, Verdict.UNPROVEN, str(traffic))
    rates = TokenRates.from_per_million(
        uncached_prompt=prompt, cached_prompt=prompt, completion=completion
    )
    real = blended_rate_per_million(traffic.mix, rates)
    ratio = traffic.prompts_per_completion
    lines = [
        f"({ratio:.1f} × {prompt} + {completion}) / ({ratio:.1f} + 1) = {real:.3f} USD/1M"
    ]
    today = f"{shown_usd(real)}/1M at {ratio:.1f} prompt tokens per completion token"
    cost = tier.cost_usd_per_day
    if cost is not None:
        needed = cost.low / real
        lines.append(
            f"break-even: {shown_usd(cost.low)} / {real:.3f} = {needed:,.0f} M tokens a day"
        )
        today += f", so {needed:,.0f} M tokens a day to break even"
        if tier.break_even_tokens_per_day is not None:
            millions = tier.break_even_tokens_per_day / 1_000_000
            today += f" and not {millions:,.0f} M"
    return tier_finding(
        tier,
        "blended",
        claim,
        Verdict.HOLDS if stated.contains(real) else Verdict.WRONG,
        today,
        *lines,
        sources=(f"{traffic.source}, {traffic.observed_on}",),
    )


def break_even(tier: PlanTier, world: World) -> Finding | None:
    """Break-even utilization by the plan's own cost, price and capacity."""
    stated, price = tier.break_even_utilization, tier.blended_usd_per_million
    cost, full = tier.cost_usd_per_day, tier.full_tokens_per_day
    if stated is None or price is None or cost is None or full is None:
        return None
    if price.low <= 0 or full.low <= 0:
        return None
    needed = Range(cost.low / price.high, cost.high / price.low).times(Decimal(1_000_000))
    share = Range(needed.low / full.high, needed.high / full.low)
    lines = [
        f"{cost.usd()} / {price.usd()} per 1M = {needed.millions()} tokens a day",
        f"capacity at 100 %: {full.millions()} tokens a day",
        f"{needed.millions()} / {full.millions()} = {share.percent()}",
    ]
    if share.low > 1:
        best = Range(full.low * price.low / 1_000_000, full.high * price.high / 1_000_000)
        lines.append(f"all of it sold earns {best.usd()} a day, less than {cost.usd()}")
        today = f"{share.percent()} of its own capacity: impossible, not difficult"
        verdict = Verdict.INCONSISTENT
    else:
        today = f"{share.percent()} of its own capacity"
        verdict = Verdict.HOLDS if share.meets(stated) else Verdict.INCONSISTENT
    claim = f"{tier.title} breaks even at {stated.percent()} utilization"
    return tier_finding(tier, "break-even", claim, verdict, today, *lines)


def revenue(tier: PlanTier, world: World) -> Finding | None:
    """Stated revenue against the tokens and the price that the plan states itself."""
    stated, price = tier.revenue_usd_per_day, tier.blended_usd_per_million
    if stated is None or price is None or tier.tokens_per_day is None or price.low <= 0:
        return None
    own = earned(tier.tokens_per_day, price)
    needed = Range(stated.low / price.high, stated.high / price.low).times(
        Decimal(1_000_000)
    )
    lines = [f"{tier.tokens_per_day.millions()} × {price.usd()} per 1M = {own.usd()} a day"]
    lines.append(f"{stated.usd()} needs {needed.millions()} tokens a day")
    full, possible = tier.full_tokens_per_day, True
    if full is not None and full.low > 0:
        share = Range(needed.low / full.high, needed.high / full.low)
        lines.append(f"that is {share.percent()} of its own capacity")
        possible = share.high <= 1
    holds = own.meets(stated) and possible
    return tier_finding(
        tier,
        "revenue",
        f"{tier.title} earns {stated.usd()} a day",
        Verdict.HOLDS if holds else Verdict.INCONSISTENT,
        f"{own.usd()} a day by its own tokens and price",
        *lines,
    )


def market_share(tier: PlanTier, world: World) -> Finding | None:
    """Stated revenue as a share of all that is paid for these models."""
    stated = tier.revenue_usd_per_day
    if stated is None:
        return None
    models = (tier.model, *tier.beside)
    market = [market_usd_per_day(model, world) for model in models]
    known = [usd for usd in market if not isinstance(usd, Unknown)]
    if len(known) < len(market) or not sum(known):
        return None
    whole = sum(known, Decimal(0))
    share = Range(stated.low / whole, stated.high / whole)
    parts = " + ".join(
        f"{model} {shown_usd(usd)}" for model, usd in zip(models, known, strict=True)
    )
    return tier_finding(
        tier,
        "market-share",
        f"{tier.title}: {stated.usd()} a day can be had from the market",
        Verdict.HOLDS if share.low <= MOST_MARKET_SHARE else Verdict.WRONG,
        f"{share.percent()} of the whole market of {shown_usd(whole)} a day",
        f"tokens × price paid: {parts} = {shown_usd(whole)} a day",
        f"{stated.usd()} / {shown_usd(whole)} = {share.percent()}; above "
        f"{MOST_MARKET_SHARE * 100:.0f} % nobody should count on it",
    )


def profit(tier: PlanTier, world: World) -> Finding | None:
    """Stated profit against the plan's own numbers, then against a full machine."""
    stated, cost = tier.profit_usd_per_day, tier.cost_usd_per_day
    if stated is None or cost is None:
        return None
    claim = f"{tier.title} makes {stated.usd()} a day"
    lines, own = [], None
    price, tokens = tier.blended_usd_per_million, tier.tokens_per_day
    if price is not None and tokens is not None:
        gross = earned(tokens, price)
        own = Range(gross.low - cost.high, gross.high - cost.low)
        lines.append(f"{gross.usd()} − {cost.usd()} = {own.usd()} a day by its own numbers")
    elif tier.revenue_usd_per_day is not None:
        gross = tier.revenue_usd_per_day
        own = Range(gross.low - cost.low, gross.high - cost.high)
        lines.append(f"{gross.usd()} − {cost.usd()} = {own.usd()} a day by its own numbers")
    most = most_earned(tier, world)
    today = f"{own.usd()} a day by its own numbers" if own else ""
    if not isinstance(most, Unknown):
        lines += most[1]
        today = f"{today}; full at the market's price it earns {shown_usd(most[0])}".strip(
            "; "
        )
    return tier_finding(
        tier, "profit", claim, _profit_verdict(stated, own, most), today, *lines
    )


def _profit_verdict(
    stated: Range, own: Range | None, most: tuple[Decimal, list[str]] | Unknown
) -> Verdict:
    """Wrong: a loss by its own numbers, or more than a full machine earns."""
    if own is not None and own.high < 0 < stated.high:
        return Verdict.WRONG
    if not isinstance(most, Unknown) and most[0] < stated.low:
        return Verdict.WRONG
    if own is None:
        return Verdict.UNPROVEN
    return Verdict.HOLDS if own.meets(stated) else Verdict.INCONSISTENT


def most_earned(tier: PlanTier, world: World) -> tuple[Decimal, list[str]] | Unknown:
    """Gross [USD / day] of a full machine at the price that the market pays."""
    speed = world.speed(tier.model, tier.precision, tier.gpu, tier.gpu_count)
    traffic = world.traffic(tier.model)
    paid = world.quote(tier.model, QuoteKind.EFFECTIVE)
    if isinstance(speed, Unknown):
        return speed
    if isinstance(traffic, Unknown):
        return traffic
    if isinstance(paid, Unknown):
        return paid
    rate = blended_rate_per_million(traffic.mix, paid.rates)
    tokens = speed.tokens_per_second * speed.high * 86_400 / 1_000_000
    line = (
        f"full, at the high end of its band: {tokens:,.0f} M tokens a day × {rate:.4f} "
        f"USD/1M = {shown_usd(tokens * rate)} gross ({speed.source}; {paid.source})"
    )
    return tokens * rate, [line]


def market_usd_per_day(model: str, world: World) -> Decimal | Unknown:
    """All that is paid for a model in a day [USD]: its tokens times the price paid."""
    traffic, paid = world.traffic(model), world.quote(model, QuoteKind.EFFECTIVE)
    if isinstance(traffic, Unknown):
        return traffic
    if isinstance(paid, Unknown):
        return paid
    rate = blended_rate_per_million(traffic.mix, paid.rates)
    return traffic.tokens_per_day * rate / per_million(Decimal(1))


def earned(tokens: Range, usd_per_million: Range) -> Range:
    """Gross [USD] of so many tokens at such prices."""
    return Range(
        tokens.low * usd_per_million.low / 1_000_000,
        tokens.high * usd_per_million.high / 1_000_000,
    )


def near(one: Decimal, other: Decimal) -> bool:
    """Whether two figures are the same but for a plan's rounding."""
    return abs(one - other) <= ROUNDED * max(abs(one), abs(other))
