"""Accrual: billed seconds of pods become cost lines, before the provider's bill comes."""

from __future__ import annotations

from collections.abc import Iterable
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
    with_lines_due,
)
from economics.services.books import locked
from economics.services.resource_books import accrue_volumes
from fleet.models import Pod

PODS_AT_ONCE = 10  # booked under one lock: after a month of silence about 15,000 lines
LINES_AT_ONCE = 1_000


def accrue(now: datetime) -> int:
    """Append the cost lines of all pod and volume hours that are over; how many lines.

    A pod gets a line per kind and hour when the hour is over, or when the pod has
    ended. Running it twice adds none: each pod goes on where its lines end.
    """
    booked = 0
    due = with_lines_due(unaccrued_pods(now), now=now)
    waiting = list(due.values_list("pk", flat=True))
    for start in range(0, len(waiting), PODS_AT_ONCE):
        with locked():
            pods = due.filter(pk__in=waiting[start : start + PODS_AT_ONCE])
            booked += accrue_pods(pods, now=now)
    return booked + accrue_volumes(now)


def accrue_pods(pods: Iterable[Pod], *, now: datetime) -> int:
    """Append the missing lines of pods from `unaccrued_pods`; how many. Under the lock."""
    parts = [(pod, part) for pod in pods for part in parts_over(pod, now=now)]
    if not parts:
        return 0
    closed = closed_days(min(day_of(part.start) for _, part in parts))
    lines = [
        cost_line(pod, kind, part, day=booking_day(day_of(part.start), closed), now=now)
        for pod, part in parts
        for kind in kinds_of(pod)
        if kind == CostKind.GPU or seconds_in(pod, kind, part)
    ]
    CostLine.objects.bulk_create(lines, batch_size=LINES_AT_ONCE)
    return len(lines)


def parts_over(pod: Pod, *, now: datetime) -> list[SecondsInHour]:
    """The hours of a pod that have no line and are over, or that it ended in."""
    ended = pod.billed_until is not None and pod.billed_until <= now
    return unaccrued_parts(pod, until=now if ended else hour_start(now))


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
