"""At whose clouds we rent: the main account, and the spot market where one is connected."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from fleet.models import Pod


def main_provider() -> str:
    """Where pods are rented on demand, and whose balance is the console's."""
    name: str = settings.PROVIDER_NAME
    return name


def spot_provider() -> str:
    """Where interruptible pods are rented; "" where nobody sells them."""
    name: str = settings.SPOT_PROVIDER_NAME
    return name


def provider_names() -> tuple[str, ...]:
    """Every connected provider, the main one first."""
    return tuple(dict.fromkeys(filter(None, (main_provider(), spot_provider()))))


def job_name(job: str, provider: str) -> str:
    """Under which name runs of `job` for `provider` are kept: each has rows of its own,
    so that one provider's failure is not taken for the other's."""
    return job if provider == main_provider() else f"{job}@{provider}"


def disconnected_pods(*, now: datetime) -> list[Pod]:
    """Pods that may be billed at a provider that is not connected: nobody lists, probes
    or ends them. Play pods are none of a console's business that spends real money."""
    rows = (
        Pod.objects.maybe_billed()
        .without_past()
        .exclude(provider__in=provider_names())
        .exclude(provider="")
        .filter(requested_at__lte=now)
    )
    if not settings.KERNE_SANDBOX:
        rows = rows.filter(Q(deployment__fleet__simulated=False))
    return list(rows.select_related("deployment").order_by("provider", "pk"))
