"""Claims beside the tiers: prices of nodes, models as such, totals, losses, words."""

from __future__ import annotations

from decimal import Decimal

from economics.calc.money import shown_usd
from economics.calc.token_mix import blended_rate_per_million
from economics.calc.unknown import Unknown
from economics.market.public import QuoteKind
from economics.planner.strategy.finding import Finding, Verdict
from economics.planner.strategy.plan import (
    KindClaim,
    ModelClaim,
    PlanTier,
    Range,
    RentClaim,
    StrategyPlan,
    SumClaim,
    WordClaim,
)
from economics.planner.strategy.tier_money import near
from economics.planner.strategy.world import RentAnswer, World

QUANTISED = ("fp8", "int4")


def rent(claim: RentClaim, world: World) -> Finding:
    """A stated price of a node against today's."""
    node = f"{claim.gpu_count}× {claim.gpu} at {claim.provider} {claim.cloud}".strip()
    stated = claim.usd_per_hour
    words = f"{node}: {stated.usd()}/h" if stated else f"{node}: not offered"
    prices = world.rents(claim.gpu, claim.gpu_count)
    today = prices.get((claim.provider, claim.cloud))
    if today is None:
        verdict = Verdict.UNPROVEN if stated else Verdict.HOLDS
        return _found(claim, words, verdict, "no price of it is known")
    others = {key: each for key, each in prices.items() if key[0] == claim.provider}
    shown = "; ".join(_price(key, each) for key, each in sorted(others.items()))
    if stated is None:
        verdict = Verdict.WRONG
    elif stated.contains(today.usd_per_hour) or near(stated.low, today.usd_per_hour):
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.STALE
    return _found(claim, words, verdict, shown, sources=(today.source,))


def _price(key: tuple[str, str], answer: RentAnswer) -> str:
    name = " ".join(part for part in key if part)
    return f"{name} {shown_usd(answer.usd_per_hour)}/h on {answer.observed_on}"


def tier_rent(tier: PlanTier, world: World) -> Finding | None:
    """The price of a tier's machine, whoever rents it out, against today's."""
    stated = tier.usd_per_hour
    if stated is None and tier.usd_per_day is not None:
        stated = tier.usd_per_day.times(1 / tier.hours_per_day)
    prices = world.rents(tier.gpu, tier.gpu_count)
    if stated is None or not prices:
        return None
    met = [key for key, each in prices.items() if _matches(stated, each.usd_per_hour)]
    lowest = min(prices.items(), key=lambda item: item[1].usd_per_hour)
    listed = "; ".join(_price(key, each) for key, each in sorted(prices.items()))
    verdict = Verdict.HOLDS if met else Verdict.STALE
    today = f"cheapest today: {_price(*lowest)}"
    if met:
        names = ", ".join(" ".join(part for part in key if part) for key in sorted(met))
        today = f"the price of {names} only; {listed}"
    return Finding(
        f"{tier.key}:rent",
        tier.section,
        f"{tier.title} is rented for {stated.usd()}/h",
        verdict,
        today,
        (listed,),
        tuple(sorted({each.source for each in prices.values()})),
    )


def _matches(stated: Range, price: Decimal) -> bool:
    return stated.contains(price) or near(stated.low, price) or near(stated.high, price)


def model(claim: ModelClaim, world: World) -> list[Finding]:
    """Claims about a model and its market."""
    checks = (_size, _shrinks, _market_rate, _below_market, _providers, _blended)
    return [found for check in checks if (found := check(claim, world)) is not None]


def _size(claim: ModelClaim, world: World) -> Finding | None:
    if claim.parameters_billion is None:
        return None
    words = f"{claim.model} has {claim.parameters_billion} billion parameters"
    real = world.parameters_billion(claim.model)
    if isinstance(real, Unknown):
        return _found(claim, words, Verdict.UNPROVEN, str(real))
    verdict = Verdict.HOLDS if near(real, claim.parameters_billion) else Verdict.WRONG
    return _found(claim, words, verdict, f"{real:.0f} billion by its configuration")


def _shrinks(claim: ModelClaim, world: World) -> Finding | None:
    if claim.shrinks_by is None:
        return None
    low, high = claim.shrinks_by.low, claim.shrinks_by.high
    words = f"Quantised weights of {claim.model} need {low} to {high} times less memory"
    parts, least = [], None
    for precision in QUANTISED:
        factor = world.bytes_against_bf16(claim.model, precision)
        if isinstance(factor, Unknown):
            return _found(claim, words, Verdict.UNPROVEN, str(factor))
        parts.append(f"{precision.upper()} {factor:.1f} times")
        least = factor if least is None else min(least, factor)
    assert least is not None
    verdict = Verdict.HOLDS if least >= low * (1 - Decimal("0.05")) else Verdict.WRONG
    return _found(claim, words, verdict, f"{', '.join(parts)} less than BF16")


def _market_rate(claim: ModelClaim, world: World) -> Finding | None:
    if claim.market_prompt is None or claim.market_completion is None:
        return None
    words = (
        f"The market charges {claim.market_prompt.usd()} per 1M prompt tokens and "
        f"{claim.market_completion.usd()} per 1M completion tokens of {claim.model}"
    )
    cheap = world.quote(claim.model, QuoteKind.CHEAPEST)
    maker = world.quote(claim.model, QuoteKind.FIRST_PARTY)
    if isinstance(cheap, Unknown) or isinstance(maker, Unknown):
        return _found(claim, words, Verdict.UNPROVEN, "no price of it is known")
    prompt = Range(cheap.uncached_prompt, maker.uncached_prompt)
    completion = Range(cheap.completion, maker.completion)
    both = prompt.meets(claim.market_prompt) and completion.meets(claim.market_completion)
    return _found(
        claim,
        words,
        Verdict.HOLDS if both else Verdict.WRONG,
        f"{prompt.usd()} and {completion.usd()} on {cheap.observed_on}, from the cheapest "
        "to the model's maker",
        sources=(cheap.source, maker.source),
    )


def _below_market(claim: ModelClaim, world: World) -> Finding | None:
    own = claim.own_prompt_is_below_market
    if own is None:
        return None
    words = f"{shown_usd(own)} per 1M prompt tokens of {claim.model} is below the market"
    cheap = world.quote(claim.model, QuoteKind.CHEAPEST)
    if isinstance(cheap, Unknown):
        return _found(claim, words, Verdict.UNPROVEN, str(cheap))
    verdict = Verdict.HOLDS if own < cheap.uncached_prompt else Verdict.WRONG
    today = f"the cheapest asks {shown_usd(cheap.uncached_prompt)} on {cheap.observed_on}"
    return _found(claim, words, verdict, today, sources=(cheap.source,))


def _providers(claim: ModelClaim, world: World) -> Finding | None:
    if not claim.few_providers:
        return None
    words = f"Few providers serve {claim.model}"
    traffic = world.traffic(claim.model)
    if isinstance(traffic, Unknown):
        return _found(claim, words, Verdict.UNPROVEN, str(traffic))
    verdict = Verdict.HOLDS if traffic.endpoints <= 3 else Verdict.WRONG
    today = f"{traffic.endpoints} endpoints on {traffic.observed_on}"
    return _found(claim, words, verdict, today, sources=(traffic.source,))


def _blended(claim: ModelClaim, world: World) -> Finding | None:
    stated = claim.blended_usd_per_million
    if stated is None:
        return None
    words = f"{claim.model} earns {stated.usd()} per 1M tokens"
    traffic = world.traffic(claim.model)
    paid = world.quote(claim.model, QuoteKind.EFFECTIVE)
    if isinstance(traffic, Unknown) or isinstance(paid, Unknown):
        return _found(claim, words, Verdict.UNPROVEN, "no price of it is known")
    real = blended_rate_per_million(traffic.mix, paid.rates)
    times = ""
    if 0 < real < stated.low:
        off = stated.times(1 / real)
        times = f", {off.low:.1f} to {off.high:.1f} times less"
    return _found(
        claim,
        words,
        Verdict.HOLDS if stated.contains(real) else Verdict.WRONG,
        f"{real:.4f} USD/1M is paid in the middle{times}",
        sources=(f"{paid.source}, {paid.observed_on}",),
    )


def total(claim: SumClaim) -> Finding:
    """A stated total against the sum of its parts."""
    real = Range(
        sum((part.low for part in claim.parts), Decimal(0)),
        sum((part.high for part in claim.parts), Decimal(0)),
    )
    same = near(real.low, claim.total.low) and near(real.high, claim.total.high)
    parts = " plus ".join(f"({part.usd()})" for part in claim.parts)
    return Finding(
        f"{claim.key}:sum",
        claim.section,
        f"{claim.title}: {claim.total.usd()} a day",
        Verdict.HOLDS if same else Verdict.INCONSISTENT,
        f"{real.usd()} a day by its own parts",
        (f"{parts} = {real.usd()}",),
    )


def kind(claim: KindClaim, world: World) -> Finding:
    """A rental kind that is counted on, against what the provider sells."""
    fault = world.kind_fault(claim.provider, claim.kind)
    verdict = Verdict.HOLDS if fault is None else Verdict.STALE
    today = fault or f"{claim.provider} sells it; its price is on the price page"
    return Finding(f"{claim.key}:kind", claim.section, claim.claim, verdict, today)


def word(claim: WordClaim) -> Finding:
    """A statement that no figure can check: said so, never passed over."""
    today = f"Nothing here can tell. It needs {claim.needs}."
    return Finding(f"{claim.key}:word", claim.section, claim.claim, Verdict.UNPROVEN, today)


def maximum_loss(plan: StrategyPlan) -> Finding | None:
    """The loss that is said to be the most, against the plan's own rent."""
    stated, days = plan.maximum_loss_usd, plan.maximum_loss_days
    tried = [tier for tier in plan.tiers if tier.key in plan.experiment]
    costs = [cost for tier in tried if (cost := tier.cost_usd_per_day) is not None]
    if stated is None or days is None or not costs:
        return None
    day = Range(min(each.low for each in costs), max(each.high for each in costs))
    real = Range(day.low * days.low, day.high * days.high)
    return Finding(
        "maximum-loss",
        "8. Risk mitigation",
        f"At most {stated.usd()} can be lost in {days.low} to {days.high} days",
        Verdict.HOLDS if real.high <= stated.high else Verdict.WRONG,
        f"{real.usd()} of rent at the plan's own prices",
        (f"{days.low} to {days.high} days × {day.usd()} a day = {real.usd()}",),
    )


def _found(
    claim: RentClaim | ModelClaim,
    words: str,
    verdict: Verdict,
    today: str,
    sources: tuple[str, ...] = (),
) -> Finding:
    return Finding(claim.key, claim.section, words, verdict, today, (), sources)
