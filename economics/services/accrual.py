"""Accrual: billed seconds of pods become cost lines, before the provider's bill comes."""

from __future__ import annotations

from datetime import date, datetime

from economics.calc.accrual import SecondsInHour
from economics.calc.hours import day_of, hour_start
from economics.calc.money import round_stored_rate
from economics.models import CostKind, CostLine
from economics.selectors.days import booking_day, closed_days
from economics.selectors.pod_cost import (
    amount_of,
    cost_provenance,
    kinds_of,
    rate_of,
    seconds_in,
    unaccrued_parts,
    unaccrued_pods,
)
from economics.services.books import locked
from economics.services.resource_books import accrue_volumes
from fleet.models import Pod


def accrue(now: datetime) -> int:
    """Append the cost lines of all pod and volume hours that are over; how many lines.

    A pod gets a line per kind and hour when the hour is over, or when the pod has
    ended. Running it twice adds none: each pod goes on where its lines end.
    """
    booked = 0
    for pod_id in list(unaccrued_pods(now).values_list("pk", flat=True)):
        with locked():
            pod = unaccrued_pods(now).filter(pk=pod_id).first()
            if pod is not None:
                booked += accrue_pod(pod, now=now)
    return booked + accrue_volumes(now)


def accrue_pod(pod: Pod, *, now: datetime) -> int:
    """Append the missing lines of one pod from `unaccrued_pods`; how many."""
    ended = pod.billed_until is not None and pod.billed_until <= now
    parts = unaccrued_parts(pod, until=now if ended else hour_start(now))
    if not parts:
        return 0
    closed = closed_days(day_of(parts[0].start))
    lines = [
        cost_line(pod, kind, part, day=booking_day(day_of(part.start), closed), now=now)
        for part in parts
        for kind in kinds_of(pod)
        if kind == CostKind.GPU or seconds_in(pod, kind, part)
    ]
    CostLine.objects.bulk_create(lines)
    return len(lines)


def cost_line(
    pod: Pod, kind: CostKind, part: SecondsInHour, *, day: date, now: datetime
) -> CostLine:
    """The accrued line of one kind for a part of an hour."""
    return CostLine(
        pod=pod,
        kind=kind,
        hour_start=part.hour_start,
        period_start=part.start,
        period_end=part.end,
        seconds=seconds_in(pod, kind, part),
        usd_per_hour=round_stored_rate(rate_of(pod, kind)),
        listed_usd_per_hour=pod.listed_usd_per_pod_hour if kind == CostKind.GPU else None,
        amount_usd=amount_of(pod, kind, part),
        provenance=cost_provenance(pod),
        day=day,
        booked_at=now,
    )
