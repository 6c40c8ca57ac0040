"""The GPU types, prices and stock that the sandbox offers, and its data centers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fleet.sandbox.problems import Problem

STOCK_ORDER = ("NONE", "LOW", "MEDIUM", "HIGH")


@dataclass(frozen=True)
class DataCenter:
    """One location; `volumes` are the network volume tiers it has."""

    id: str
    name: str
    region: str
    volumes: tuple[str, ...] = ("STANDARD",)

    @property
    def country(self) -> str:
        """ISO 3166 code that the country filter compares."""
        return self.id.split("-")[1] if self.id.startswith("EU-") else self.id.split("-")[0]


@dataclass(frozen=True)
class GpuType:
    """One GPU type with list prices per single GPU.

    secure, community, serverless  [USD/GPU-hour]; None where it is not sold
    max_secure, max_community      GPUs of the largest machine
    stock                          data center -> HIGH, MEDIUM, LOW or NONE
    """

    id: str
    name: str
    memory_gb: int
    pool: str | None
    secure: Decimal
    community: Decimal | None
    serverless: Decimal | None
    max_secure: int
    max_community: int
    stock: dict[str, str]

    def usd_per_gpu_hour(self, cloud: str) -> Decimal:
        """List price on one cloud; Problem 400 where the type is not sold there."""
        price = self.secure if cloud == "SECURE" else self.community
        if price is None:
            raise Problem(400, f"{self.id} is not offered on the {cloud} cloud")
        return price

    def max_count(self, cloud: str) -> int:
        """GPUs of the largest machine of this type on one cloud."""
        return self.max_secure if cloud == "SECURE" else self.max_community


DATA_CENTERS = {
    center.id: center
    for center in (
        DataCenter("EU-RO-1", "EU Romania 1", "EUROPE", ("STANDARD", "HIGH_PERFORMANCE")),
        DataCenter("EU-SE-1", "EU Sweden 1", "EUROPE"),
        DataCenter("US-CA-2", "US California 2", "NORTH_AMERICA"),
        DataCenter(
            "US-KS-2", "US Kansas 2", "NORTH_AMERICA", ("STANDARD", "HIGH_PERFORMANCE")
        ),
        DataCenter("US-TX-3", "US Texas 3", "NORTH_AMERICA"),
    )
}


def _gpu(
    gpu_id: str,
    name: str,
    memory_gb: int,
    pool: str | None,
    prices: str,
    stock: str,
    max_counts: tuple[int, int] = (8, 4),
) -> GpuType:
    """A row of the table; prices "secure community serverless", "-" for not sold."""
    secure, community, serverless = (
        None if price == "-" else Decimal(price) for price in prices.split()
    )
    if secure is None:
        raise ValueError(f"{gpu_id}: the sandbox sells every type on the secure cloud")
    levels = dict(item.split("=") for item in stock.split())
    return GpuType(
        gpu_id, name, memory_gb, pool, secure, community, serverless, *max_counts, levels
    )


# RunPod list prices in USD per single GPU and hour, "secure community serverless", with the
# day they were seen. Stock is made up.
GPU_TYPES = {
    gpu.id: gpu
    for gpu in (
        # secure: SkyPilot catalog v8, autumn 2026; community: pricing page, 2026-03
        _gpu("NVIDIA GeForce RTX 4090", "RTX 4090", 24, "ADA_24",
             "0.74 0.34 1.116", "EU-RO-1=HIGH US-TX-3=MEDIUM US-KS-2=LOW EU-SE-1=LOW"),
        # secure: pricing page, 2026-07-27; community: a secondary source, 2026-03
        _gpu("NVIDIA L40S", "L40S", 48, "ADA_48_PRO",
             "0.86 0.79 1.908", "US-TX-3=MEDIUM EU-SE-1=LOW US-CA-2=NONE"),
        # secure: pricing page, 2026-07-27; community: pricing page, 2026-03
        _gpu("NVIDIA A100 80GB PCIe", "A100 PCIe", 80, "AMPERE_80",
             "1.39 1.19 2.736", "US-KS-2=MEDIUM EU-RO-1=LOW"),
        # secure: pricing page, 2026-11-09; community: pricing page, 2026-03
        _gpu("NVIDIA A100-SXM4-80GB", "A100 SXM", 80, "AMPERE_80",
             "1.79 1.39 2.736", "US-KS-2=HIGH US-CA-2=MEDIUM EU-SE-1=LOW"),
        # secure: pricing page, 2026-11-09; community: pricing page, 2026-03
        _gpu("NVIDIA H100 80GB HBM3", "H100 SXM", 80, "HOPPER_80",
             "3.99 2.69 4.176", "US-KS-2=MEDIUM US-CA-2=MEDIUM EU-RO-1=LOW"),
        # secure: pricing page, 2026-10-07; community: pricing page, 2026-03
        _gpu("NVIDIA H200", "H200 SXM", 141, "HOPPER_141",
             "4.59 3.59 5.580", "US-CA-2=MEDIUM US-KS-2=LOW EU-RO-1=LOW", (8, 8)),
        # secure: pricing page, 2026-10-07; community: pricing page, 2026-03
        _gpu("NVIDIA B200", "B200", 180, "BLACKWELL_180",
             "6.79 5.98 8.640", "US-CA-2=LOW US-TX-3=LOW EU-SE-1=NONE", (8, 8)),
        # secure: a four-GPU quote of 31.56 USD/h, 2026-10; not sold elsewhere
        _gpu("NVIDIA B300 SXM6 AC", "B300", 288, None,
             "7.89 - -", "US-CA-2=LOW", (8, 0)),
    )
}  # fmt: skip


@dataclass(frozen=True)
class AvailabilityQuery:
    """What `include=AVAILABILITY` asks about."""

    count: int = 1
    cloud: str = "SECURE"
    countries: tuple[str, ...] = ()


def render_gpu(gpu: GpuType, query: AvailabilityQuery | None) -> dict[str, Any]:
    """A GPU type as the contract's GpuType; with stock when a query is given."""
    price: dict[str, Decimal] = {
        "secure": gpu.secure,
        "community": gpu.community or Decimal(0),
    }
    if gpu.serverless is not None:
        price["serverless"] = gpu.serverless
    shown: dict[str, Any] = {
        "id": gpu.id,
        "name": gpu.name,
        "pool": gpu.pool,
        "manufacturer": "NVIDIA",
        "memory": gpu.memory_gb,
        "secure": True,
        "community": gpu.community is not None,
        "price": price,
        "maxCount": {"secure": gpu.max_secure, "community": gpu.max_community},
    }
    if query is not None:
        shown |= _availability(gpu, query)
    return shown


def places(
    gpu: GpuType, count: int, cloud: str, countries: tuple[str, ...] = ()
) -> list[str]:
    """Data centers that can place `count` GPUs now, the best stocked first."""
    if count > gpu.max_count(cloud):
        return []
    found = [
        center
        for center, level in gpu.stock.items()
        if level != "NONE" and (not countries or DATA_CENTERS[center].country in countries)
    ]
    return sorted(found, key=lambda center: -STOCK_ORDER.index(gpu.stock[center]))


def _availability(gpu: GpuType, query: AvailabilityQuery) -> dict[str, Any]:
    able = places(gpu, query.count, query.cloud, query.countries)
    if not able:
        return {"availability": "NONE"}
    return {
        "availability": gpu.stock[able[0]],
        "dataCenters": [
            {
                "id": center,
                "name": DATA_CENTERS[center].name,
                "availability": gpu.stock[center],
            }
            for center in able
        ],
        "cudaVersions": [{"version": "12.8", "available": True}],
    }


def render_data_center(center: DataCenter, *, with_gpus: bool) -> dict[str, Any]:
    """A data center as the contract's DataCenter."""
    shown: dict[str, Any] = {
        "id": center.id,
        "name": center.name,
        "region": center.region,
        "globalNetwork": True,
        "networkVolumeTypes": list(center.volumes),
        "compliance": [],
    }
    if with_gpus:
        shown["gpuAvailability"] = [
            {"id": gpu.id, "name": gpu.name, "availability": gpu.stock[center.id]}
            for gpu in GPU_TYPES.values()
            if center.id in gpu.stock
        ]
    return shown
