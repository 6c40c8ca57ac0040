"""RunPod's JSON to our types. What cannot be read is ProviderUnavailable: the answer
came, but it does not say what happened, and a list with a hole is not a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from fleet.providers.base import (
    BillingBucket,
    CloudPod,
    DataCenterStock,
    GpuOffer,
    PodRequest,
    ProviderUnavailable,
    RentalKind,
    Stock,
)

STOCKS: Mapping[str, Stock] = {
    "HIGH": "HIGH",
    "MEDIUM": "MEDIUM",
    "LOW": "LOW",
    "NONE": "NONE",
}


def create_body(request: PodRequest) -> dict[str, Any]:
    """The body of `POST /v2/pods`; unknown fields would be refused with 422."""
    body: dict[str, Any] = {
        "name": request.name,
        "image": request.image,
        "args": request.args,
        "env": dict(request.env),
        "gpu": {"id": request.gpu_type_id, "count": request.gpu_count},
        "cloud": request.cloud,
        "disk": request.disk_gb,
        "ports": list(request.ports),
    }
    if request.data_center_ids:
        body["dataCenterIds"] = list(request.data_center_ids)
    if request.volume_id:
        mount = {"volumeId": request.volume_id, "path": request.volume_path}
        body["mounts"] = {"network": [mount]}
    return body


def pod(raw: Any) -> CloudPod:
    """One pod; its environment, which holds secrets, is dropped here."""
    raw = mapping(raw, "a pod")
    gpu = mapping(raw.get("gpu") or {}, "gpu")
    place = raw.get("dataCenterId")
    mounts = mapping(raw.get("mounts") or {}, "mounts")
    disk = mapping(mounts.get("persistent") or {}, "mounts.persistent")
    notice = mapping(raw.get("interruption") or {}, "interruption")  # spot markets only
    return CloudPod(
        provider_id=text(raw, "id"),
        name=text(raw, "name"),
        status=text(raw, "status"),
        usd_per_pod_hour=money(raw, "cost"),
        gpu_type_id=text(gpu, "id") if gpu else "",
        gpu_count=whole(gpu, "count") if "count" in gpu else int(bool(gpu)),
        cloud=str(raw.get("cloud") or ""),
        data_center_id=place if isinstance(place, str) else None,
        created_at=instant(raw, "createdAt"),
        started_at=instant(raw, "startedAt") if raw.get("startedAt") else None,
        taken_at=instant(notice, "endsAt") if notice else None,
        volume_gb=whole(disk, "size") if disk else 0,
    )


def offers(body: Any, cloud: Literal["SECURE", "COMMUNITY"]) -> list[GpuOffer]:
    """The offers of one cloud from an answer of the catalog for that cloud."""
    found = []
    side = cloud.lower()
    for raw in listed(body, "gpus"):
        price = money(mapping(raw.get("price"), "price"), side)
        if not raw.get(side) or price <= 0:
            continue  # not sold in this cloud; 0 is "no price", not "free"
        found.append(
            GpuOffer(
                gpu_type_id=text(raw, "id"),
                display_name=text(raw, "name"),
                memory_gb=whole(raw, "memory"),
                cloud=cloud,
                usd_per_gpu_hour=price,
                max_count=whole(mapping(raw.get("maxCount"), "maxCount"), side),
                stock=STOCKS.get(str(raw.get("availability")), "UNKNOWN"),
                data_centers=data_centers(raw),
            )
        )
    return found


def serverless_offers(body: Any) -> list[GpuOffer]:
    """The prices of serverless workers from any answer of the catalog.

    Their stock is another question (`product=SERVERLESS`) that is not asked: UNKNOWN.
    """
    found = []
    for raw in listed(body, "gpus"):
        prices = mapping(raw.get("price"), "price")
        if "serverless" not in prices or money(prices, "serverless") <= 0:
            continue  # in no pool that this account may use
        counts = mapping(raw.get("maxCount"), "maxCount")
        found.append(
            GpuOffer(
                gpu_type_id=text(raw, "id"),
                display_name=text(raw, "name"),
                memory_gb=whole(raw, "memory"),
                cloud="",
                usd_per_gpu_hour=money(prices, "serverless"),
                max_count=max(whole(counts, "secure"), whole(counts, "community"), 1),
                stock="UNKNOWN",
                kind=RentalKind.SERVERLESS,
            )
        )
    return found


def data_centers(raw: Mapping[str, Any]) -> tuple[DataCenterStock, ...]:
    """Stock by data centre; RunPod leaves the list out where there is none."""
    if "dataCenters" not in raw:
        return ()
    return tuple(
        DataCenterStock(
            data_center_id=text(each, "id"),
            name=text(each, "name"),
            stock=STOCKS.get(str(each.get("availability")), "UNKNOWN"),
        )
        for each in listed(raw, "dataCenters")
    )


def bucket(raw: Any) -> BillingBucket:
    """One billing record."""
    raw = mapping(raw, "a billing record")
    return BillingBucket(
        provider_pod_id=text(raw, "podId"),
        start=instant(raw, "startTime"),
        end=instant(raw, "endTime"),
        total_usd=money(raw, "totalAmount"),
        gpu_usd=money(raw, "gpuAmount"),
        disk_usd=money(raw, "diskAmount"),
    )


def listed(body: Any, key: str) -> list[Mapping[str, Any]]:
    """The list wrapped under `key`."""
    items = mapping(body, "the answer").get(key)
    if not isinstance(items, list):
        raise ProviderUnavailable(f"RunPod's answer has no list {key!r}")
    return [mapping(item, f"an item of {key}") for item in items]


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """`value`, which is called `what` in the complaint, as a JSON object."""
    if not isinstance(value, Mapping):
        raise ProviderUnavailable(f"RunPod sent {what} that is not an object")
    return value


def text(raw: Mapping[str, Any], key: str) -> str:
    """A text that is not empty."""
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise ProviderUnavailable(f"RunPod sent {key!r} that is not text")
    return value


def whole(raw: Mapping[str, Any], key: str) -> int:
    """A whole number; a bool is none."""
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProviderUnavailable(f"RunPod sent {key!r} that is not a whole number")
    return value


def money(raw: Mapping[str, Any], key: str) -> Decimal:
    """USD, exactly as written in the JSON text."""
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ProviderUnavailable(f"RunPod sent {key!r} that is not a number")
    return Decimal(value)


def instant(raw: Mapping[str, Any], key: str) -> datetime:
    """An RFC 3339 instant in UTC."""
    value = raw.get(key)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ProviderUnavailable(f"RunPod sent {key!r} that is not a time with its zone")
    return at.astimezone(UTC)
