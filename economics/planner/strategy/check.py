"""The whole check of a written plan: every claim it makes, beside today."""

from __future__ import annotations

from economics.planner.strategy import claims
from economics.planner.strategy.finding import Finding
from economics.planner.strategy.plan import PlanTier, StrategyPlan
from economics.planner.strategy.tier_fit import fit_findings
from economics.planner.strategy.tier_money import money_findings
from economics.planner.strategy.tier_speed import capacity
from economics.planner.strategy.world import World


def check_plan(plan: StrategyPlan, world: World) -> list[Finding]:
    """One finding a claim, in the order of the plan."""
    found = [each for tier in plan.tiers for each in check_tier(tier, world)]
    found += [claims.rent(each, world) for each in plan.rents]
    found += [each for claim in plan.models for each in claims.model(claim, world)]
    found += [claims.total(each) for each in plan.sums]
    found += [claims.kind(each, world) for each in plan.kinds]
    loss = claims.maximum_loss(plan)
    if loss is not None:
        found.append(loss)
    return found + [claims.word(each) for each in plan.words]


def check_tier(tier: PlanTier, world: World) -> list[Finding]:
    """Every claim of one tier."""
    found = list(fit_findings(tier, world))
    found += [
        each
        for each in (claims.tier_rent(tier, world), capacity(tier, world))
        if each is not None
    ]
    return found + list(money_findings(tier, world))
