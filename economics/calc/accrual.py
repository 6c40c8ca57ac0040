"""Rent and disk of billed seconds. Formulas: docs/formulas/accrual.md

The provider bills compute per whole second from the pod's creation to its end. Every
offset is counted from that creation, so the parts of any cut add up to the whole:
a full hour is exactly 3600 s, whatever fraction of a second the pod began at.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.hours import (
    SECONDS_PER_HOUR,
    hour_start,
    split_into_hours,
    whole_seconds,
)

HOURS_PER_BILLING_MONTH = Decimal(730)  # RunPod prices disks by a month of 730 hours


@dataclass(frozen=True)
class SecondsInHour:
    """Whole billed seconds [from_second, until_second) of a pod, inside one UTC hour.

    Both offsets count from the start of billing; the interval is [start, end).
    """

    hour_start: datetime
    start: datetime
    end: datetime
    from_second: int
    until_second: int

    @property
    def seconds(self) -> int:
        return self.until_second - self.from_second


def compute_cost(*, seconds: int, usd_per_hour: Decimal) -> Decimal:
    """Rent of whole seconds [USD], unrounded.

    usd_per_hour  [USD / pod-hour], all GPUs of the pod

    >>> compute_cost(seconds=5400, usd_per_hour=Decimal("0.69"))
    Decimal('1.035')
    """
    _refuse_negative(seconds, usd_per_hour)
    return usd_per_hour * seconds / SECONDS_PER_HOUR


def disk_usd_per_hour(*, disk_gb: int, usd_per_gb_month: Decimal) -> Decimal:
    """What a disk costs per hour [USD / h], unrounded; GB as billed (10^9 bytes)."""
    return usd_per_gb_month * disk_gb / HOURS_PER_BILLING_MONTH


def disk_cost(*, seconds: int, disk_gb: int, usd_per_gb_month: Decimal) -> Decimal:
    """Disk of whole seconds [USD], unrounded: GB x price / 730 h x hours.

    >>> disk_cost(seconds=3600, disk_gb=73, usd_per_gb_month=Decimal("0.10"))
    Decimal('0.01')
    """
    _refuse_negative(seconds, usd_per_gb_month)
    if disk_gb < 0:
        raise ValueError(f"a disk has at least 0 GB, got {disk_gb}")
    month_seconds = HOURS_PER_BILLING_MONTH * SECONDS_PER_HOUR
    return usd_per_gb_month * disk_gb * seconds / month_seconds


def split_seconds_by_hour(
    billed_from: datetime, start: datetime, end: datetime
) -> list[SecondsInHour]:
    """The whole billed seconds of [start, end), cut at the full UTC hours.

    Seconds are offsets from `billed_from`, so cutting twice, or going on later from
    an earlier `end`, counts each second once. Hours without a whole second are left
    out. Raises ValueError when `start` lies before `billed_from`.
    """
    if start < billed_from:
        raise ValueError(
            f"billing began at {billed_from.isoformat()}, after {start.isoformat()}"
        )
    parts = [
        SecondsInHour(
            hour_start=hour_start(piece.start),
            start=piece.start,
            end=piece.end,
            from_second=whole_seconds(billed_from, piece.start),
            until_second=whole_seconds(billed_from, piece.end),
        )
        for piece in split_into_hours(start, end)
    ]
    return [part for part in parts if part.seconds]


def _refuse_negative(seconds: int, price: Decimal) -> None:
    if seconds < 0:
        raise ValueError(f"seconds must be 0 or more, got {seconds}")
    if price < 0:
        raise ValueError(f"a price must be 0 or more, got {price}")
