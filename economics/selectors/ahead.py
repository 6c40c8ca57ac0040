"""The rest of the day of a deployment: what it will cost, and how much of it is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from economics.calc.hours import SECONDS_PER_HOUR, day_bounds, day_of
from fleet.models import Deployment
from fleet.schedule import rented, replica_seconds
from fleet.selectors.burn import container_disk_usd_per_hour


@dataclass(frozen=True)
class Ahead:
    """What is left of a deployment's UTC day.

    cost_usd    [USD] until midnight, if it goes on as it is wanted now
    open_share  [1] part of its open hours that is over; None: nothing is wanted today
    """

    cost_usd: Decimal
    open_share: Decimal | None


def ahead_of(deployment: Deployment, *, usd_per_hour: Decimal, now: datetime) -> Ahead:
    """The rest of the day. `usd_per_hour` is what its pods cost now, disks included.

    What is rented now is counted at its own price until its window ends. Windows that
    have not begun, and a baseline that will follow, are counted at the price limit of
    the order: nothing is rented yet, and more than that it can not cost.
    """
    if deployment.replicas == 0:
        return Ahead(cost_usd=Decimal(0), open_share=None)
    day = day_bounds(day_of(now))
    schedule = deployment.schedule
    if schedule is None:
        cost = usd_per_hour * seconds(now, day.end) / SECONDS_PER_HOUR
        return Ahead(cost, seconds(day.start, now) / seconds(day.start, day.end))
    whole, passed = (
        replica_seconds(replace(schedule, lead_seconds=0), day.start, until)
        for until in (day.end, now)
    )
    return Ahead(
        cost_usd=scheduled_cost(deployment, usd_per_hour=usd_per_hour, now=now),
        open_share=passed / whole if whole else None,
    )


def scheduled_cost(
    deployment: Deployment, *, usd_per_hour: Decimal, now: datetime
) -> Decimal:
    """What the rest of the UTC day will cost [USD] by the schedule."""
    schedule, end = deployment.schedule, day_bounds(day_of(now)).end
    assert schedule is not None
    left = rented(schedule, now, end)
    inside = bool(left) and left[0].start == now
    until = left[0].end if inside else left[0].start if left else end
    wanted = schedule.inside if inside else schedule.baseline
    held = usd_per_hour * seconds(now, until) if wanted else Decimal(0)
    at_limit = replica_seconds(schedule, until, end) * replica_limit_usd_per_hour(
        deployment
    )
    return (held + at_limit) / SECONDS_PER_HOUR


def replica_limit_usd_per_hour(deployment: Deployment) -> Decimal:
    """The most that one replica may cost [USD/h], with its disk."""
    gpus = deployment.max_usd_per_gpu_hour * deployment.gpu_count
    return gpus + container_disk_usd_per_hour(deployment.container_disk_gb)


def seconds(start: datetime, end: datetime) -> Decimal:
    """Whole seconds of [start, end); 0 when it is empty."""
    return Decimal(max(int((end - start).total_seconds()), 0))
