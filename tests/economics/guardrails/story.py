"""One pod at $8/h without a disk, billed from 10:00 and looked at at 12:00."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from economics.guards import veto
from fleet.models import Deployment, Pod
from fleet.services.launch_guard import LaunchRequest
from tests import factories
from tests.economics.services.rows import at

NOW = at(12)


def rented(deployment: Deployment, **columns: Any) -> Pod:
    """A serving pod at $8/h, billed from 10:00."""
    defaults: dict[str, Any] = {
        "deployment": deployment,
        "requested_at": at(9, 59),
        "billed_from": at(10),
        "ready_at": at(10),
        "container_disk_gb": 0,
        "usd_per_pod_hour": Decimal(8),
    }
    return factories.make_pod(**(defaults | columns))


def asked(deployment: Deployment, now=NOW, usd="8") -> str | None:
    """What the guard says of one pod more of the deployment."""
    request = LaunchRequest(
        deployment=deployment.slug,
        usd_per_hour=Decimal(usd),
        committed_usd_per_hour=Decimal(8),
        provider="runpod",
        now=now,
        fleet_id=deployment.fleet_id,
        deployment_id=deployment.pk,
    )
    return veto(request)
