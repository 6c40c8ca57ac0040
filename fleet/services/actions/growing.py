"""A larger network volume: only up, and never back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from fleet.models import ActionKind, Deployment, NetworkVolume, ResourceStatus
from fleet.providers.resources import LARGEST_VOLUME_GB, SMALLEST_VOLUME_GB
from fleet.selectors.resources import volume_usd_per_hour, volume_usd_per_month
from fleet.services import resource_grow
from fleet.services.actions import figures, targets
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.actions.resources import named, weights_warning
from fleet.services.actions.vetoes import vetoed_more
from fleet.services.launch_guard import LaunchGuard
from fleet.services.refused import Refused

FIELDS = ("volume", "size_gb")


def plan_grow_volume(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """Make a volume larger, with its price per month before and after. Raises Refused."""
    volume = named(NetworkVolume, targets.word(parameters, "volume"), "volume")
    size_gb = targets.whole(parameters, "size_gb", SMALLEST_VOLUME_GB, LARGEST_VOLUME_GB)
    check_growable(volume, size_gb)
    before, after = volume_usd_per_hour(volume.size_gb), volume_usd_per_hour(size_gb)
    added, saved = max(after - before, Decimal(0)), max(before - after, Decimal(0))
    deployment = volume.deployment
    return CostedPlan(
        kind=ActionKind.GROW_VOLUME,
        parameters={"volume": volume.name, "size_gb": str(size_gb)},
        target=volume.name,
        title=f"Grow {volume.name} to {size_gb} GB?",
        button=f"Grow to {size_gb} GB",
        changes=(Change("size", f"{volume.size_gb} GB", f"{size_gb} GB"),),
        account=figures.account_change(added=added, saved=saved, now=now),
        added_usd_per_hour=added,
        saved_usd_per_hour=saved,
        notes=(
            f"{volume_usd_per_month(volume.size_gb):.2f} USD a month now, "
            f"{volume_usd_per_month(size_gb):.2f} USD a month from then on.",
            "What is on it stays. It is sent until the provider's list shows the size.",
        ),
        losses=("It can not shrink again: the way back is a new volume.",),
        warnings=weights_warning(deployment, size_gb),
        blocked=vetoed_more(deployment, added, guard=guard, now=now),
        deployment=deployment,
        quoted_at=now,
    )


def check_growable(volume: NetworkVolume, size_gb: int) -> None:
    """Raises Refused for a volume that is not there yet, or a size that is not larger."""
    if volume.status != ResourceStatus.LIVE:
        raise Refused.because(
            f"{volume} is {volume.get_status_display()}; it can grow once it is there.",
            field="volume",
        )
    least = max(volume.size_gb, volume.growing_to_gb or 0)
    if size_gb <= least:
        raise Refused.because(
            f"Size gb is {size_gb}, and {volume} has {least} GB already or on its way; a "
            f"volume can not shrink. Write {least + 1} to {LARGEST_VOLUME_GB}.",
            field="size_gb",
        )


def apply_grow_volume(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Write the wish; the next tick sends it."""
    volume = named(NetworkVolume, plan.target, "volume")
    size_gb = int(plan.parameters["size_gb"])
    check_growable(volume, size_gb)
    resource_grow.request_growth(
        volume, size_gb, acting_user=confirmed.acting_user, now=now
    )
    return plan.deployment
