"""The two tiers of the plan, as fleets that a first order can choose from."""

from __future__ import annotations

from fleet.models import Fleet, Tier

TIERS = (
    (Tier.ONE, "tier-1", "Tier 1: small models, always on"),
    (Tier.TWO, "tier-2", "Tier 2: large models, by demand"),
)
SANDBOX_PREFIX = "sandbox-"


def slugs(tier: Tier) -> list[str]:
    """The names of a tier's own fleet, of real and of play money."""
    own = [slug for each, slug, _ in TIERS if each == tier]
    return own + [SANDBOX_PREFIX + slug for slug in own]


def ensure_tiers(*, simulated: bool) -> None:
    """Make the fleets of both tiers where they are missing; play money has its own two."""
    for tier, slug, name in TIERS:
        Fleet.objects.get_or_create(
            slug=SANDBOX_PREFIX + slug if simulated else slug,
            defaults={
                "name": f"{name} (sandbox)" if simulated else name,
                "tier": tier,
                "simulated": simulated,
            },
        )
