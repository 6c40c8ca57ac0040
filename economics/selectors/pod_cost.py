"""What the billed seconds of a pod cost, booked or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from economics.calc.accrual import (
    SecondsInHour,
    compute_cost,
    disk_cost,
    disk_usd_per_hour,
    split_seconds_by_hour,
)
from economics.calc.hours import day_of, hour_start, whole_seconds
from economics.calc.money import stored_difference
from economics.models import CostKind, CostLine, Provenance
from economics.selectors.days import open_day_for
from fleet.models import ENDED, NetworkVolume, Pod
from fleet.selectors.burn import (
    CONTAINER_DISK_USD_PER_GB_MONTH,
    STOPPED_VOLUME_USD_PER_GB_MONTH,
    VOLUME_DISK_USD_PER_GB_MONTH,
)

USD_PER_GB_MONTH = {
    CostKind.DISK: CONTAINER_DISK_USD_PER_GB_MONTH,
    CostKind.VOLUME: VOLUME_DISK_USD_PER_GB_MONTH,
    CostKind.STOPPED_VOLUME: STOPPED_VOLUME_USD_PER_GB_MONTH,
}

Row = TypeVar("Row", Pod, NetworkVolume)
UNCOVERED = (
    Q(billed_until__isnull=True)
    | Q(accrued_until__isnull=True)
    | Q(accrued_until__lt=F("billed_until"))
)


def unaccrued_pods(now: datetime) -> QuerySet[Pod]:
    """Pods with billed time that no accrued line covers yet, with `accrued_until`."""
    return unaccrued(Pod.objects.all(), gpu_lines(), now=now)


# What is asked of a pod to know what it runs up; of a hundred pods, the rest of their
# columns takes longer to build than all of their amounts.
AMOUNT_FIELDS = (
    *("name", "provider_id", "billed_from", "billed_until", "stopped_at"),
    *("container_disk_gb", "volume_disk_gb"),
    *("usd_per_pod_hour", "quoted_usd_per_pod_hour"),
)


def gpu_lines() -> QuerySet[CostLine]:
    """The accrued lines of the pod OuterRef("pk")."""
    return CostLine.objects.filter(
        pod=OuterRef("pk"), kind=CostKind.GPU, observation__isnull=True
    )


def unaccrued(rows: QuerySet[Row], lines: QuerySet[Any], *, now: datetime) -> QuerySet[Row]:
    """Those of `rows` that are billed beyond the end of their newest accrued line.

    lines  the accrued lines of the row OuterRef("pk"); where the newest one ends is
           annotated as `accrued_until`, None before the first
    """
    return (
        with_accrued_until(rows.filter(billed_from__lt=now), lines)
        .filter(UNCOVERED)
        .select_related("deployment__fleet")
        .order_by("pk")
    )


def with_accrued_until(rows: QuerySet[Row], lines: QuerySet[Any]) -> QuerySet[Row]:
    """Rows with the end of their newest accrued line, None before the first."""
    newest = lines.order_by("-hour_start").values("period_end")[:1]
    return rows.annotate(accrued_until=Subquery(newest))


def live_and_unaccrued_pods(now: datetime) -> QuerySet[Pod]:
    """Pods that have not ended, and those with billed time that no line covers yet, with
    `accrued_until`: what a page of now needs of pods."""
    pods = with_accrued_until(Pod.objects.all(), gpu_lines())
    return (
        pods.filter(~Q(status__in=ENDED) | Q(UNCOVERED, billed_from__lt=now))
        .select_related("deployment__fleet")
        .order_by("pk")
    )


def is_unaccrued(pod: Pod, now: datetime) -> bool:
    """Whether a pod with `accrued_until` is one of `unaccrued_pods`."""
    if pod.billed_from is None or pod.billed_from >= now:
        return False
    accrued_until: datetime | None = getattr(pod, "accrued_until", None)
    if pod.billed_until is None or accrued_until is None:
        return True
    return accrued_until < pod.billed_until


def with_lines_due(rows: QuerySet[Row], *, now: datetime) -> QuerySet[Row]:
    """Those of `unaccrued` rows that ended, or have an hour that is over and no line.

    What runs is billed beyond its lines at every moment; most of it waits for its hour.
    """
    hour = hour_start(now)
    return rows.filter(
        Q(billed_until__lte=now)
        | Q(accrued_until__isnull=True, billed_from__lt=hour)
        | Q(accrued_until__lt=hour)
    )


def unaccrued_parts(row: Pod | NetworkVolume, *, until: datetime) -> list[SecondsInHour]:
    """Billed seconds of a row with `accrued_until` up to `until`, per UTC hour.

    They end with the pod or volume where it ended before `until`.
    """
    if row.billed_from is None:
        return []
    if row.billed_until is not None:
        until = min(until, row.billed_until)
    start: datetime = getattr(row, "accrued_until", None) or row.billed_from
    return split_seconds_by_hour(row.billed_from, start, max(start, until))


def unaccrued_amounts(
    pod: Pod, now: datetime, *, newest_closed: date | None
) -> Iterator[tuple[date, CostKind, Decimal, int]]:
    """What a pod from `unaccrued_pods` ran up since its last line.

    Gives (day it will count in, kind, USD as it would be stored, seconds) per hour and
    kind.
    """
    for part in unaccrued_parts(pod, until=now):
        day = open_day_for(day_of(part.start), newest_closed)
        for kind in kinds_of(pod):
            yield day, kind, amount_of(pod, kind, part), seconds_in(pod, kind, part)


def amount_of(pod: Pod, kind: CostKind, part: SecondsInHour) -> Decimal:
    """What a part of an hour costs [USD], as a line stores it."""
    return stored_difference(
        sum_until=cost_of_seconds(pod, kind, part.until_second),
        sum_from=cost_of_seconds(pod, kind, part.from_second),
    )


def kinds_of(pod: Pod) -> list[CostKind]:
    """What a pod pays for, or paid for."""
    kinds = [CostKind.GPU]
    if pod.container_disk_gb > 0:
        kinds.append(CostKind.DISK)
    if pod.volume_disk_gb > 0:
        kinds.append(CostKind.VOLUME)
        if pod.stopped_at is not None:
            kinds.append(CostKind.STOPPED_VOLUME)
    return kinds


def seconds_of(pod: Pod, kind: CostKind, seconds: int) -> int:
    """How many of a pod's first `seconds` are billed for a kind: those until it was
    stopped, and for the volume disk of a stopped pod those since."""
    running = seconds
    if pod.stopped_at is not None and pod.billed_from is not None:
        stopped = whole_seconds(pod.billed_from, max(pod.stopped_at, pod.billed_from))
        running = min(seconds, stopped)
    return seconds - running if kind == CostKind.STOPPED_VOLUME else running


def seconds_in(pod: Pod, kind: CostKind, part: SecondsInHour) -> int:
    """Seconds of a part of an hour that are billed for a kind."""
    until = seconds_of(pod, kind, part.until_second)
    return until - seconds_of(pod, kind, part.from_second)


def cost_of_seconds(pod: Pod, kind: CostKind, seconds: int) -> Decimal:
    """What the first `seconds` of a pod cost [USD], unrounded."""
    billed = seconds_of(pod, kind, seconds)
    if kind == CostKind.GPU:
        return compute_cost(seconds=billed, usd_per_hour=pod.price)
    return disk_cost(
        seconds=billed,
        disk_gb=disk_gb_of(pod, kind),
        usd_per_gb_month=USD_PER_GB_MONTH[kind],
    )


def rate_of(pod: Pod, kind: CostKind) -> Decimal:
    """The price of a kind [USD/h], unrounded."""
    if kind == CostKind.GPU:
        return pod.price
    return disk_usd_per_hour(
        disk_gb=disk_gb_of(pod, kind), usd_per_gb_month=USD_PER_GB_MONTH[kind]
    )


def disk_gb_of(pod: Pod, kind: CostKind) -> int:
    """The size of the disk that a kind is about [GB]."""
    return pod.container_disk_gb if kind == CostKind.DISK else pod.volume_disk_gb


def cost_provenance(pod: Pod) -> Provenance:
    """Accrued; estimated while only the quote of the price is known; or play money."""
    if pod.deployment.fleet.simulated:
        return Provenance.SIMULATED
    if pod.usd_per_pod_hour is None:
        return Provenance.ESTIMATED
    return Provenance.ACCRUED
