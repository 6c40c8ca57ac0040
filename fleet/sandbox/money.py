"""What RunPod charges for, as exact Decimal arithmetic.

The meter runs on whole UTC seconds: a pod is created at the second its create request
arrives (rounded down) and ends at the second its end takes effect (rounded down), so that
billed seconds are whole numbers and add up over any buckets. Products of price and time are
kept exact; the one division, by the seconds of an hour or a month, rounds half up at 12
decimal places.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

SECONDS_PER_HOUR = 3600
SECONDS_PER_MONTH = 730 * SECONDS_PER_HOUR  # RunPod's month for storage

# USD per GB-month. docs.runpod.io/pods/pricing, read 2026-08
CONTAINER_DISK = Decimal("0.10")  # while the pod runs
VOLUME_DISK_RUNNING = Decimal("0.10")
VOLUME_DISK_STOPPED = Decimal("0.20")
NETWORK_VOLUME = Decimal("0.07")  # volumes under 1 TB
NETWORK_VOLUME_LARGE = Decimal("0.05")  # volumes of 1 TB and more, every GB of them
LARGE_VOLUME_GB = 1000

PLACES = Decimal("0.000000000001")


@dataclass(frozen=True)
class Charge:
    """An amount before its division, so that charges can be added exactly.

    compute  [USD/h x s]
    storage  [USD/month x s]
    """

    compute: Decimal = Decimal(0)
    storage: Decimal = Decimal(0)

    def __add__(self, other: Charge) -> Charge:
        return Charge(self.compute + other.compute, self.storage + other.storage)

    @property
    def compute_usd(self) -> Decimal:
        """Compute in USD, 12 places."""
        return (self.compute / SECONDS_PER_HOUR).quantize(PLACES, ROUND_HALF_UP)

    @property
    def storage_usd(self) -> Decimal:
        """Storage in USD, 12 places."""
        return (self.storage / SECONDS_PER_MONTH).quantize(PLACES, ROUND_HALF_UP)

    @property
    def total_usd(self) -> Decimal:
        """Both, so that the parts shown always add up to the total shown."""
        return self.compute_usd + self.storage_usd


@dataclass
class Segment:
    """A stretch of a pod's life with constant prices, in epoch seconds [start, end).

    usd_per_pod_hour        compute; 0 while the pod is stopped
    usd_per_storage_month   all of its disks together
    """

    start: int
    end: int | None
    usd_per_pod_hour: Decimal
    usd_per_storage_month: Decimal

    def charge(self, since: int, until: int) -> Charge:
        """What [since, until) cost; the part outside of the segment costs nothing."""
        first = max(self.start, since)
        last = until if self.end is None else min(self.end, until)
        seconds = max(0, last - first)
        return Charge(self.usd_per_pod_hour * seconds, self.usd_per_storage_month * seconds)


def charge_of(segments: list[Segment], since: int, until: int) -> Charge:
    """What [since, until) cost over all segments."""
    total = Charge()
    for segment in segments:
        total += segment.charge(since, until)
    return total


def network_volume_usd_per_month(size_gb: int) -> Decimal:
    """Price of a whole network volume [USD/month]; see the constants for the classes."""
    rate = NETWORK_VOLUME if size_gb < LARGE_VOLUME_GB else NETWORK_VOLUME_LARGE
    return rate * size_gb


def hourly(usd_per_month: Decimal) -> Decimal:
    """A monthly storage price as USD per hour, 12 places."""
    return (usd_per_month / 730).quantize(PLACES, ROUND_HALF_UP)
