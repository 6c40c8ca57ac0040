"""The rest of the day of a deployment: what it will cost, and how much of it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from economics.calc.hours import SECONDS_PER_HOUR, Interval, day_bounds, day_of
from fleet.models import Deployment, RentalKind
from fleet.selectors.burn import container_disk_usd_per_hour


@dataclass(frozen=True)
class Ahead:
    """What is left of a deployment's UTC day.

    cost_usd    [USD] until midnight, if it goes on as it is wanted now
    open_share  [1] part of its open hours that is over; None: nothing is wanted
    """

    cost_usd: Decimal
    open_share: Decimal | None


def ahead_of(deployment: Deployment, *, usd_per_hour: Decimal, now: datetime) -> Ahead:
    """The rest of the day. `usd_per_hour` is what its pods cost now, disks included.

    Hours that have not begun are counted at the price limit of the order: nothing is
    rented yet, and more than that it can not cost.
    """
    hours = open_hours(deployment, now=now)
    left = seconds(max(now, hours.start), hours.end)
    rate = usd_per_hour
    if hours.start > now:
        rate = replica_limit_usd_per_hour(deployment) * deployment.replicas
    cost = rate * left / SECONDS_PER_HOUR
    if deployment.replicas == 0:
        return Ahead(cost_usd=Decimal(0), open_share=None)
    passed = seconds(hours.start, min(now, hours.end))
    return Ahead(cost_usd=cost, open_share=passed / seconds(hours.start, hours.end))


def open_hours(deployment: Deployment, *, now: datetime) -> Interval:
    """The part [start, end) of the UTC day of `now` in which the deployment rents."""
    day = day_bounds(day_of(now))
    if deployment.rental_kind != RentalKind.SCHEDULED:
        return day
    assert deployment.start_hour is not None and deployment.end_hour is not None
    return Interval(
        day.start + timedelta(hours=deployment.start_hour),
        day.start + timedelta(hours=deployment.end_hour),
    )


def replica_limit_usd_per_hour(deployment: Deployment) -> Decimal:
    """The most that one replica may cost [USD/h], with its disk."""
    gpus = deployment.max_usd_per_gpu_hour * deployment.gpu_count
    return gpus + container_disk_usd_per_hour(deployment.container_disk_gb)


def seconds(start: datetime, end: datetime) -> Decimal:
    """Whole seconds of [start, end); 0 when it is empty."""
    return Decimal(max(int((end - start).total_seconds()), 0))
