"""Network volumes and serverless endpoints as the rest of the house sees them.

The rules are those of pods (`base.py`): a create whose answer is lost may have happened and
is looked up by its unique name, nothing is sent twice, prices are Decimal USD.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from fleet.providers.base import BucketSize, GpuProvider
from fleet.providers.masking import MASK, mask_args
from fleet.providers.pod_request import ENV_KEY, NAME, image_fault

SMALLEST_VOLUME_GB, LARGEST_VOLUME_GB = 10, 4096  # the contract's bounds
TIERS = ("", "STANDARD", "HIGH_PERFORMANCE")  # "" is the data centre's own
MOST_WORKERS = 100
LONGEST_IDLE_SECONDS = 3600
LONGEST_RUN_SECONDS = 86_400
MOST_DISK_GB = 1_000
MOST_GPUS = 8


@dataclass(frozen=True, slots=True)
class VolumeRequest:
    """A network volume to rent. ValueError with a sentence for a bad field.

    name     unique; the only way to find the volume after a lost answer
    size_gb  [GB] 10 to 4,096; it can grow later and never shrink
    """

    name: str
    size_gb: int
    data_center_id: str
    tier: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "a volume's name")
        check_whole("size_gb", self.size_gb, SMALLEST_VOLUME_GB, LARGEST_VOLUME_GB)
        if not self.data_center_id.strip() or len(self.data_center_id) > 40:
            raise ValueError(
                f"data_center_id is {self.data_center_id!r}; give one of the provider's, "
                "such as EU-RO-1."
            )
        if self.tier not in TIERS:
            raise ValueError(
                f"tier is {self.tier!r}; it must be STANDARD, HIGH_PERFORMANCE or empty."
            )


@dataclass(frozen=True, slots=True)
class CloudVolume:
    """One network volume as the provider describes it. It has no status and no price."""

    provider_id: str
    name: str
    size_gb: int
    data_center_id: str
    tier: str


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """A serverless endpoint to set up. ValueError with a sentence for a bad field.

    name                  unique; the only way to find it after a lost answer
    gpu_type_id           of each worker; the adapter finds what the provider calls its pool
    queue_delay_seconds   a job that waits longer makes one more worker start
    idle_timeout_seconds  how long a worker without jobs stays, billed
    run_timeout_seconds   a job that takes longer is cut
    volume_ids            network volumes, mounted by every worker
    """

    name: str
    image: str
    args: str
    env: Mapping[str, str]
    gpu_type_id: str
    gpu_count: int
    workers_min: int
    workers_max: int
    disk_gb: int
    idle_timeout_seconds: int = 10
    queue_delay_seconds: int = 4
    run_timeout_seconds: int = 300
    volume_ids: tuple[str, ...] = field(default=())
    data_center_ids: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        check_name(self.name, "an endpoint's name")
        if fault := image_fault(self.image):
            raise ValueError(fault)
        if not self.args.isprintable() or len(self.args) > 8_000:
            raise ValueError("args must be one printable line of at most 8000 characters.")
        for key in self.env:
            if not ENV_KEY.fullmatch(key):
                raise ValueError(f"env has the key {key!r}; use A-Z, 0-9 and _.")
        check_whole("gpu_count", self.gpu_count, 1, MOST_GPUS)
        check_workers(self.workers_min, self.workers_max)
        check_whole("disk_gb", self.disk_gb, 1, MOST_DISK_GB)
        check_whole(
            "idle_timeout_seconds", self.idle_timeout_seconds, 1, LONGEST_IDLE_SECONDS
        )
        check_whole("queue_delay_seconds", self.queue_delay_seconds, 1, 3600)
        check_whole("run_timeout_seconds", self.run_timeout_seconds, 1, LONGEST_RUN_SECONDS)
        object.__setattr__(self, "env", MappingProxyType(dict(self.env)))

    def __repr__(self) -> str:
        env = {key: MASK for key in self.env}
        return (
            f"EndpointRequest(name={self.name!r}, image={self.image!r}, "
            f"args={mask_args(self.args)!r}, env={env!r}, "
            f"gpu_type_id={self.gpu_type_id!r}, gpu_count={self.gpu_count}, "
            f"workers={self.workers_min}..{self.workers_max})"
        )


@dataclass(frozen=True, slots=True)
class CloudEndpoint:
    """One serverless endpoint as the provider describes it, without its environment.

    idle_timeout_seconds  [s]; None where the provider does not say it
    """

    provider_id: str
    name: str
    workers_min: int
    workers_max: int
    gpu_count: int
    volume_ids: tuple[str, ...]
    created_at: datetime
    idle_timeout_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """Jobs and workers of an endpoint, as the provider counts them now."""

    jobs_in_queue: int
    jobs_in_progress: int
    jobs_completed: int
    jobs_failed: int
    workers_idle: int
    workers_running: int


@dataclass(frozen=True, slots=True)
class CloudWorker:
    """One worker that an endpoint has now; it is billed whatever its status.

    status       RUNNING, IDLE, INITIALIZING, THROTTLED or UNHEALTHY
    gpu_type_id  "" until it is placed
    """

    provider_id: str
    status: str
    gpu_type_id: str
    gpu_count: int
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class ResourceBucket:
    """What a volume or an endpoint was charged in [start, end), in USD.

    total_usd  all of it: for an endpoint compute, disk and fee
    fee_usd    the provider's platform fee in it; 0 for a volume
    """

    provider_id: str
    start: datetime
    end: datetime
    total_usd: Decimal
    fee_usd: Decimal


class VolumeProvider(Protocol):
    """Network volumes of an account. Every call may raise ProviderError."""

    name: str

    def create_volume(self, request: VolumeRequest) -> CloudVolume:
        """Rent a volume; billed until it is deleted. ProviderUnavailable: maybe rented."""
        ...

    def volumes(self) -> list[CloudVolume]:
        """Every volume of the account. Complete, or ProviderUnavailable."""
        ...

    def volume(self, provider_id: str) -> CloudVolume | None:
        """One volume; None when the provider does not know it."""
        ...

    def grow_volume(self, provider_id: str, *, size_gb: int) -> CloudVolume:
        """Make it larger. Rejected for a smaller size; the same size changes nothing."""
        ...

    def delete_volume(self, provider_id: str) -> None:
        """Give it up with all data on it. Gone already is a success; Conflict while it
        is mounted, where the provider says so."""
        ...

    def volume_billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[ResourceBucket]:
        """Buckets that begin in [start, end), ordered by begin and volume."""
        ...


class EndpointProvider(Protocol):
    """Serverless endpoints of an account. Every call may raise ProviderError."""

    name: str

    def create_endpoint(self, request: EndpointRequest) -> CloudEndpoint:
        """Set one up; workers come with jobs, or at once up to `workers_min`."""
        ...

    def endpoints(self) -> list[CloudEndpoint]:
        """Every endpoint of the account. Complete, or ProviderUnavailable."""
        ...

    def endpoint(self, provider_id: str) -> CloudEndpoint | None:
        """One endpoint; None when the provider does not know it."""
        ...

    def set_workers(
        self, provider_id: str, *, least: int, most: int, idle_timeout_seconds: int
    ) -> CloudEndpoint:
        """Change how many workers it may have, and how long an idle one stays."""
        ...

    def endpoint_health(self, provider_id: str) -> EndpointHealth:
        """Its jobs by their state. NotFound when the provider does not know it."""
        ...

    def workers(self, provider_id: str) -> list[CloudWorker]:
        """The workers it has now."""
        ...

    def delete_endpoint(self, provider_id: str) -> None:
        """End it with its workers and jobs. Gone already is a success."""
        ...

    def serverless_billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[ResourceBucket]:
        """Buckets that begin in [start, end), ordered by begin and endpoint."""
        ...


class FullProvider(GpuProvider, VolumeProvider, EndpointProvider, Protocol):
    """A provider of pods, volumes and endpoints."""


def check_name(name: str, what: str) -> None:
    """ValueError unless the name is one that we give."""
    if not NAME.fullmatch(name):
        raise ValueError(
            f"name is {name!r}; {what} has 1 to 60 characters out of a-z, 0-9 and -."
        )


def check_whole(field_name: str, value: int, least: int, most: int) -> None:
    """ValueError unless the value is a whole number within both bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(
            f"{field_name} is {value!r}; it must be a whole number from {least} to {most}."
        )


def check_workers(least: int, most: int) -> None:
    """ValueError unless both counts are usable and in order."""
    check_whole("workers_min", least, 0, MOST_WORKERS)
    check_whole("workers_max", most, 0, MOST_WORKERS)
    if least > most:
        raise ValueError(
            f"workers_min is {least} and workers_max is {most}; the least may not exceed "
            "the most."
        )
