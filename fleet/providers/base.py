"""The provider of GPUs as the rest of the house sees it: types, errors, protocol.

The tree of exceptions is printed at the top of `errors.py`, which is re-exported here.

Prices are Decimal USD and carry their unit in the name; a whole-pod price read as a
per-GPU price once cost two well-known tools eight times the money. Instants are
aware datetimes in UTC, intervals are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from fleet.market.reading import DataCenterStock
from fleet.providers.errors import (
    BalanceTooLow,
    Conflict,
    InvalidRequest,
    NotFound,
    PoolForbidden,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    Unauthorized,
)
from fleet.providers.pod_request import PodRequest

__all__ = [
    "Balance",
    "BalanceTooLow",
    "BillingBucket",
    "BucketSize",
    "Capability",
    "Cloud",
    "CloudPod",
    "Conflict",
    "DataCenterStock",
    "GpuOffer",
    "GpuProvider",
    "InvalidRequest",
    "LogLine",
    "NotFound",
    "PodRequest",
    "PoolForbidden",
    "ProviderError",
    "ProviderRefused",
    "ProviderUnavailable",
    "RateLimited",
    "Rejected",
    "RentalKind",
    "Stock",
    "Unauthorized",
]

Cloud = Literal["SECURE", "COMMUNITY"]
Stock = Literal["HIGH", "MEDIUM", "LOW", "NONE", "UNKNOWN"]
BucketSize = Literal["hour", "day"]


class RentalKind(StrEnum):
    """Ways to rent; a provider declares which of them it sells."""

    ON_DEMAND = "on_demand"
    SCHEDULED = "scheduled"
    SERVERLESS = "serverless"
    SAVINGS_PLAN = "savings_plan"
    INTERRUPTIBLE = "interruptible"


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether a provider sells a rental kind, as of a day, and who says so."""

    kind: RentalKind
    offered: bool
    note: str
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class GpuOffer:
    """One GPU type in one cloud, or as serverless workers, as the catalog lists it now.

    memory_gb         [GB] of one GPU, as the provider rounds it
    cloud             "" for serverless workers, whose cloud is not told
    usd_per_gpu_hour  [USD / GPU-hour] list price of a single GPU
    max_count         most GPUs of this type in one pod; a ceiling, not stock
    stock             UNKNOWN where the provider does not say
    data_centers      stock by data centre; empty where the provider does not say
    """

    gpu_type_id: str
    display_name: str
    memory_gb: int
    cloud: Cloud | Literal[""]
    usd_per_gpu_hour: Decimal
    max_count: int
    stock: Stock
    kind: RentalKind = RentalKind.ON_DEMAND
    data_centers: tuple[DataCenterStock, ...] = ()


@dataclass(frozen=True, slots=True)
class CloudPod:
    """One pod as the provider describes it. Its environment is never kept.

    status            the provider's own word, such as RUNNING
    usd_per_pod_hour  [USD / pod-hour] of the whole pod, all GPUs; 0 while stopped
    gpu_type_id       "" and gpu_count 0 for a pod without GPUs
    created_at        billing starts here
    started_at        None until the container has started
    taken_at          when an interruptible pod will be taken away; None without notice
    volume_gb         [GB] of its own volume disk, which a stop does not erase; 0 without
    """

    provider_id: str
    name: str
    status: str
    usd_per_pod_hour: Decimal
    gpu_type_id: str
    gpu_count: int
    cloud: str
    data_center_id: str | None
    created_at: datetime
    started_at: datetime | None
    taken_at: datetime | None = None
    volume_gb: int = 0


@dataclass(frozen=True, slots=True)
class BillingBucket:
    """What the provider billed for one pod in [start, end), in USD.

    `total_usd` may exceed `gpu_usd + disk_usd` for a pod that has CPUs to pay.
    The bucket that is still in progress grows until it ends.
    """

    provider_pod_id: str
    start: datetime
    end: datetime
    total_usd: Decimal
    gpu_usd: Decimal
    disk_usd: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """The prepaid credit, and what the account spends per hour right now.

    usd_per_hour  None where the provider gives the balance only
    """

    balance_usd: Decimal
    usd_per_hour: Decimal | None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a pod's log. `at` is None where the provider gives no time."""

    at: datetime | None
    source: str
    text: str


class GpuProvider(Protocol):
    """One account at one provider. Every call may raise ProviderError.

    No method sends anything twice: whether to try again is the caller's decision,
    because after `ProviderUnavailable` a create may have happened.
    """

    name: str

    def capabilities(self) -> tuple[Capability, ...]:
        """Every rental kind with whether it is offered. Asks nobody; never raises."""
        ...

    def offers(self) -> list[GpuOffer]:
        """The catalog with stock, both clouds, and the prices of serverless workers.

        Types without a price are left out.
        """
        ...

    def create(self, request: PodRequest) -> CloudPod:
        """Rent a pod. ProviderRefused: nothing was rented; ProviderUnavailable: maybe."""
        ...

    def pods(self) -> list[CloudPod]:
        """Every pod of the account. Complete, or ProviderUnavailable: never a part."""
        ...

    def pod(self, provider_id: str) -> CloudPod | None:
        """One pod; None when the provider does not know it."""
        ...

    def terminate(self, provider_id: str) -> None:
        """Ask for the end of a pod. A pod that is already gone is a success."""
        ...

    def stop(self, provider_id: str) -> None:
        """Release the GPUs and keep the disk. Conflict where it cannot be stopped."""
        ...

    def start(self, provider_id: str) -> None:
        """Start a stopped pod; it may find no GPU. Conflict where it is not stopped."""
        ...

    def restart(self, provider_id: str) -> None:
        """Restart a running pod's container in place; its container disk is wiped.

        Conflict where it does not run.
        """
        ...

    def logs(self, provider_id: str, *, tail: int) -> list[LogLine]:
        """The last `tail` lines, oldest first, cut off at a limit of time and bytes."""
        ...

    def billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[BillingBucket]:
        """Buckets that begin in [start, end), ordered by begin and pod."""
        ...

    def balance(self) -> Balance | None:
        """The account's credit; None when it cannot be known now. Never raises."""
        ...

    def pod_url(self, provider_id: str, port: int) -> str:
        """The base URL, without a slash at its end, of a pod's port. Asks nobody."""
        ...
