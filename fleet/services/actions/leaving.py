"""Exit: a whole tier down to nothing, the other stays. The founding plan's way out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from fleet.models import WANTED, ActionKind, Deployment, Pod, Tier
from fleet.services import lifecycle
from fleet.services.actions import figures
from fleet.services.actions.ending import BILLED_UNTIL, NOT_BACK
from fleet.services.actions.launching import losses_of
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.launch_guard import LaunchGuard
from fleet.services.refused import Refused


def tier_asked(parameters: Mapping[str, str]) -> Tier:
    """The tier to leave, 2 where none is named. Raises Refused."""
    text = parameters.get("tier", "").strip() or str(Tier.TWO.value)
    if text not in [str(tier.value) for tier in Tier]:
        raise Refused.because(f"Tier is {text[:20]!r}; write 1 or 2.", field="tier")
    return Tier(int(text))


def plan_exit(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """No replica of a tier any more. Raises Refused where none is wanted or runs."""
    tier = tier_asked(parameters)
    members = list(lifecycle.tier_members(tier, simulated=settings.KERNE_SANDBOX))
    if not members:
        raise Refused.because(f"Nothing of tier {tier.value} is wanted or runs.")
    pods = list(
        Pod.objects.filter(deployment__in=members, status__in=WANTED).order_by("pk")
    )
    saved = figures.billed_usd_per_hour(pods)
    kept = Tier.ONE if tier == Tier.TWO else Tier.TWO
    names = ", ".join(each.slug for each in members)
    return CostedPlan(
        kind=ActionKind.EXIT,
        parameters={"tier": str(tier.value)},
        target=f"tier {tier.value}",
        title=f"Exit from tier {tier.value}?",
        button=f"End all of tier {tier.value}",
        changes=tuple(
            Change(f"replicas of {each.slug}", str(each.replicas), "0") for each in members
        ),
        account=figures.account_relieved(pods, now=now),
        saved_usd_per_hour=saved,
        spent_usd=figures.spent_usd(pods, now=now),
        losses=losses_of(pods),
        notes=(
            f"Ends: {names}, with their serverless endpoints. Tier {kept.value} goes on.",
            "Network volumes stay, because they hold data, and bill on.",
            BILLED_UNTIL,
            NOT_BACK,
        ),
        pods=tuple(pods),
        quoted_at=now,
    )


def apply_exit(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Want nothing of the tier and tell what runs to stop."""
    lifecycle.exit_tier(
        tier=tier_asked(plan.parameters),
        simulated=settings.KERNE_SANDBOX,
        acting_user=confirmed.acting_user,
        now=now,
    )
    return None
