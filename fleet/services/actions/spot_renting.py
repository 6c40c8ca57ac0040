"""What another way to rent means for replicas on spot, and for those on demand."""

from __future__ import annotations

from decimal import Decimal

from fleet.models import Deployment
from fleet.selectors.providers import main_provider
from fleet.services import replicas


def on_demand_price(deployment: Deployment) -> Decimal:
    """Today's price on demand [USD / GPU-hour]; the limit where the catalog has none."""
    price = replicas.todays_price(deployment, provider=main_provider())
    return price or deployment.max_usd_per_gpu_hour


def moving_notes(deployment: Deployment, changed: Deployment) -> tuple[str, ...]:
    """What becomes of the replicas that run, where they are rented elsewhere then."""
    if deployment.is_spot == changed.is_spot or not deployment.pods.wanted().exists():
        return ()
    if changed.is_spot:
        return (
            "Replicas that run stay on demand; one after the other moves to spot, and ends "
            "when the spot one serves.",
        )
    return (
        "Replicas that run on spot stay until they are interrupted or end; each is then "
        "replaced on demand.",
    )
