"""One price as a source told it, in the units in which it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

STEP = Decimal("0.0001")  # [USD] what a stored price keeps
SECONDS_PER_HOUR = 3600
KINDS = ("on_demand", "interruptible", "serverless", "savings_plan")


@dataclass(frozen=True, slots=True)
class DataCenterStock:
    """Stock of a GPU type in one data centre: HIGH, MEDIUM, LOW or NONE."""

    data_center_id: str
    name: str
    stock: str


@dataclass(frozen=True, slots=True)
class OfferReading:
    """A product with its price.

    gpu_name               the GPU in the source's words
    gpu_type_id            our canonical GPU; "" where it is not one that we know
    memory_gb              [GB] of one GPU
    gpu_count              GPUs of the smallest unit that can be rented
    max_count              most GPUs in one pod or instance
    kind                   one of KINDS
    usd_per_gpu_hour       [USD / GPU-hour]
    usd_per_instance_hour  [USD / instance-hour]; None for a unit of a single GPU
    billing_unit           second, minute, hour or "" where the source does not say
    observed_at            when the price was true, not when it was read by us
    """

    provider: str
    product: str
    gpu_name: str
    gpu_type_id: str
    memory_gb: int
    gpu_count: int
    max_count: int
    kind: str
    usd_per_gpu_hour: Decimal
    usd_per_instance_hour: Decimal | None
    observed_at: datetime
    cloud: str = ""
    region: str = ""
    billing_unit: str = ""
    stock: str = "UNKNOWN"
    data_centers: tuple[DataCenterStock, ...] = ()
    source_url: str = ""
    note: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same product of the same provider at another time."""
        return (
            *(self.provider, self.kind, self.gpu_type_id, self.product),
            *(str(self.gpu_count), self.cloud, self.region),
        )


def rounded(usd: Decimal) -> Decimal:
    """A price as it is stored: four decimals, half up.

    >>> rounded(Decimal("3.43125"))
    Decimal('3.4313')
    """
    return usd.quantize(STEP, rounding=ROUND_HALF_UP)


def per_gpu(usd_per_instance_hour: Decimal, gpu_count: int) -> Decimal:
    """[USD / GPU-hour] of an instance with `gpu_count` GPUs, four decimals.

    >>> per_gpu(Decimal("55.04"), 8)
    Decimal('6.8800')
    """
    if gpu_count < 1:
        raise ValueError(f"gpu_count is {gpu_count}; an instance has 1 GPU or more.")
    return rounded(usd_per_instance_hour / gpu_count)


def per_hour(usd_per_second: Decimal) -> Decimal:
    """[USD / hour] of a price per second.

    >>> per_hour(Decimal("0.00031"))
    Decimal('1.11600')
    """
    return usd_per_second * SECONDS_PER_HOUR
