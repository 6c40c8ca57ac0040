"""Spend of volumes and endpoints on the open days, per deployment and day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

from django.db.models import OuterRef, Subquery, Sum

from economics.calc.hours import SECONDS_PER_HOUR, day_of, split_into_days, whole_seconds
from economics.models import ResourceCostLine
from economics.selectors.days import booking_day
from economics.selectors.resource_cost import amount_of, unaccrued_parts, unaccrued_volumes
from fleet.models import RESOURCE_MAYBE_BILLED, ServerlessEndpoint
from fleet.selectors.resources import endpoint_usd_per_hour

Place = tuple[int, date]  # deployment id, UTC day


def resource_spend(
    since: date, *, closed: set[date], simulated: bool, now: datetime
) -> dict[Place, Decimal]:
    """Booked lines of the open days, and what volumes ran up since their last line [USD].

    What an endpoint's workers cost is known from the bill alone; until it comes, the
    workers seen now count as if they had run since what is billed.
    """
    spent: defaultdict[Place, Decimal] = defaultdict(Decimal)
    lines = ResourceCostLine.objects.filter(
        day__gte=since, deployment__fleet__simulated=simulated
    )
    sums = lines.order_by().values_list("deployment", "day").annotate(Sum("amount_usd"))
    for deployment, day, usd in sums:
        spent[deployment, day] += usd
    for volume in unaccrued_volumes(now):
        if volume.deployment.fleet.simulated != simulated:
            continue
        for part in unaccrued_parts(volume, until=now):
            day = booking_day(day_of(part.start), closed)
            if day >= since:
                spent[volume.deployment_id, day] += amount_of(volume, part)
    for endpoint in running_endpoints(simulated=simulated):
        rent = endpoint_usd_per_hour(endpoint)
        for stretch in split_into_days(billed_until(endpoint), now):
            day = booking_day(day_of(stretch.start), closed)
            if day >= since:
                hours = Decimal(whole_seconds(*stretch)) / SECONDS_PER_HOUR
                spent[endpoint.deployment_id, day] += rent * hours
    return dict(spent)


def running_endpoints(*, simulated: bool) -> list[ServerlessEndpoint]:
    """Endpoints that may be billed, with the newest hour that the bill has named."""
    line = ResourceCostLine.objects.filter(endpoint=OuterRef("pk")).order_by(
        "-period_end", "-booked_at"
    )
    return list(
        ServerlessEndpoint.objects.filter(
            status__in=RESOURCE_MAYBE_BILLED,
            billed_from__isnull=False,
            deployment__fleet__simulated=simulated,
        ).annotate(
            bill_ends=Subquery(line.values("period_end")[:1]),
            bill_read=Subquery(line.values("booked_at")[:1]),
        )
    )


def billed_until(endpoint: ServerlessEndpoint) -> datetime:
    """Up to when one of `running_endpoints` is billed; its last hour may still grow."""
    ends: datetime | None = getattr(endpoint, "bill_ends", None)
    read: datetime | None = getattr(endpoint, "bill_read", None)
    assert endpoint.billed_from is not None
    if ends is None or read is None:
        return endpoint.billed_from
    return max(endpoint.billed_from, min(ends, read))
