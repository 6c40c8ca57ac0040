"""What economics knows of a pod's time line: when the price of its tokens changed."""

from __future__ import annotations

from datetime import datetime

from economics.models import TokenPrice
from fleet.models import Pod

MOST = 10


def price_changes(pod: Pod, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """Prices of the pod's model that began in [since, until), the newest MOST of them."""
    rows = TokenPrice.objects.filter(
        served_model=pod.deployment.variant.served_model,
        valid_from__gte=since,
        valid_from__lt=until,
    ).order_by("-valid_from")[:MOST]
    return [(row.valid_from, "token price changed") for row in rows]
