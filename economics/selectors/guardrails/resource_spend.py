"""Spend of volumes and endpoints on the open days, per deployment and day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from economics.calc.hours import day_of
from economics.models import ResourceCostLine
from economics.selectors.days import booking_day
from economics.selectors.resource_cost import amount_of, unaccrued_parts, unaccrued_volumes

Place = tuple[int, date]  # deployment id, UTC day


def resource_spend(
    since: date, *, closed: set[date], simulated: bool, now: datetime
) -> dict[Place, Decimal]:
    """Booked lines of the open days, and what volumes ran up since their last line [USD].

    What an endpoint's workers cost is known from the bill alone: until it comes, they
    count in the rate per hour, so that the horizon of a rule has them.
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
    return dict(spent)
