"""What forbids new rent now, asked for a plan."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from fleet.models import Deployment
from fleet.selectors.burn import exposed_usd_per_hour
from fleet.selectors.providers import main_provider, provider_names
from fleet.services import spending
from fleet.services.actions.figures import renting_provider
from fleet.services.launch_guard import LaunchGuard, LaunchRequest


def vetoed(
    slug: str,
    added: Decimal,
    *,
    fleet_id: int,
    deployment_id: int | None,
    guard: LaunchGuard,
    now: datetime,
    provider: str = "",
) -> str:
    """Why the money forbids the new rent now; "" where it does not.

    A preview: what decides is the same question at the moment of each claim.
    """
    request = LaunchRequest(
        deployment=slug,
        usd_per_hour=added,
        committed_usd_per_hour=exposed_usd_per_hour(*provider_names()),
        account_usd_per_hour=exposed_usd_per_hour(provider or main_provider()),
        provider=provider or main_provider(),
        now=now,
        fleet_id=fleet_id,
        deployment_id=deployment_id,
    )
    return spending.refusal(request, guard=guard) or ""


def vetoed_more(
    deployment: Deployment, added: Decimal, *, guard: LaunchGuard, now: datetime
) -> str:
    """The same for more rent of a deployment; nothing vetoes what rents no more."""
    if not added:
        return ""
    return vetoed(
        deployment.slug,
        added,
        fleet_id=deployment.fleet_id,
        deployment_id=deployment.pk,
        guard=guard,
        now=now,
        provider=renting_provider(deployment),
    )
