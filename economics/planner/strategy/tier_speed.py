"""Claims of a tier about how many tokens its machine serves."""

from __future__ import annotations

from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.planner.strategy.finding import Finding, Verdict
from economics.planner.strategy.plan import PlanTier, Range
from economics.planner.strategy.tier_finding import tier_finding
from economics.planner.strategy.world import FitAnswer, SpeedAnswer, World

MILLIONS_A_DAY = Decimal(86_400) / 1_000_000


def capacity(tier: PlanTier, world: World) -> Finding | None:
    """Stated tokens a day against what was measured, or could not be."""
    stated, full, share = tier.tokens_per_day, tier.full_tokens_per_day, tier.at_utilization
    if stated is None or full is None or share is None:
        return None
    claim = f"{tier.title} serves {stated.millions()} tokens a day at {share.percent()}"
    needed = full.high / 86_400
    lines = (
        f"{stated.millions()} / {share.percent()} / 86,400 s: up to {needed:,.0f} tokens/s",
    )
    fit = world.fit(
        tier.model,
        tier.precision,
        tier.gpu,
        tier.gpu_count,
        tensor_parallel=tier.tensor_parallel,
        max_model_len=tier.max_model_len,
    )
    if isinstance(fit, FitAnswer) and not fit.ok:
        return _not_runnable(tier, claim, share, world, lines)
    speed = world.speed(tier.model, tier.precision, tier.gpu, tier.gpu_count)
    if isinstance(speed, Unknown):
        return tier_finding(tier, "capacity", claim, Verdict.UNPROVEN, str(speed), *lines)
    possible = speed.tokens_per_second * speed.high
    verdict = Verdict.HOLDS if full.middle / 86_400 <= possible else Verdict.WRONG
    return tier_finding(
        tier,
        "capacity",
        claim,
        verdict,
        _words(speed, share),
        *lines,
        sources=(speed.source,),
    )


def _not_runnable(
    tier: PlanTier, claim: str, share: Range, world: World, lines: tuple[str, ...]
) -> Finding:
    """The claim is about a machine that does not start: say what one that does would do."""
    shape = world.smallest(tier.model)
    today = "It does not start, so it serves nothing."
    if isinstance(shape, Unknown):
        return tier_finding(tier, "capacity", claim, Verdict.WRONG, today, *lines)
    speed = world.speed(tier.model, shape.precision, shape.gpu, shape.gpu_count)
    if isinstance(speed, Unknown):
        return tier_finding(tier, "capacity", claim, Verdict.WRONG, today, *lines)
    today += f" {shape}: {_words(speed, share)}"
    return tier_finding(
        tier, "capacity", claim, Verdict.WRONG, today, *lines, sources=(speed.source,)
    )


def _words(speed: SpeedAnswer, share: Range) -> str:
    """Tokens a second when full, and a day at the stated utilization."""
    day = speed.tokens_per_second * MILLIONS_A_DAY * share.middle
    return (
        f"{speed.tokens_per_second:,.0f} tokens/s when full, {day:,.0f} M a day at "
        f"{share.middle * 100:.0f} %"
    )
