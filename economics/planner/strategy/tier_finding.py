"""A finding about one tier of a plan, named by the tier and what is claimed of it."""

from __future__ import annotations

from economics.planner.strategy.finding import Finding, Verdict
from economics.planner.strategy.plan import PlanTier


def tier_finding(
    tier: PlanTier,
    aspect: str,
    claim: str,
    verdict: Verdict,
    today: str,
    *arithmetic: str,
    sources: tuple[str, ...] = (),
) -> Finding:
    """A finding; `aspect` is unique within the tier, the other fields are the finding's."""
    key = f"{tier.key}:{aspect}"
    return Finding(key, tier.section, claim, verdict, today, arithmetic, sources)
