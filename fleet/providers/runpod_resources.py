"""RunPod's network volumes and serverless endpoints through REST v2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.providers import runpod_parse as parse
from fleet.providers.base import BucketSize
from fleet.providers.errors import NotFound, ProviderUnavailable, Rejected
from fleet.providers.masking import secret_values
from fleet.providers.resources import (
    LONGEST_IDLE_SECONDS,
    CloudEndpoint,
    CloudVolume,
    CloudWorker,
    EndpointHealth,
    EndpointRequest,
    ResourceBucket,
    VolumeRequest,
    check_whole,
    check_workers,
)
from fleet.providers.runpod_http import RunPodHttp
from fleet.providers.runpod_lists import billing_query, resource_path, whole_list
from fleet.providers.runpod_serverless import ServerlessEndpoint

VOLUMES, ENDPOINTS = "network-volumes", "serverless"


class RunPodVolumes:
    """The part of `resources.VolumeProvider` that is spoken to RunPod."""

    _http: RunPodHttp

    def create_volume(self, request: VolumeRequest) -> CloudVolume:
        body = {
            "name": request.name,
            "size": request.size_gb,
            "dataCenter": request.data_center_id,
        }
        if request.tier:
            body["type"] = request.tier
        return _volume(self._http.create(f"/v2/{VOLUMES}", body, secrets=()))

    def volumes(self) -> list[CloudVolume]:
        return whole_list(
            self._http,
            f"/v2/{VOLUMES}",
            "networkVolumes",
            read=_volume,
            id_of=lambda volume: volume.provider_id,
        )

    def volume(self, provider_id: str) -> CloudVolume | None:
        try:
            return _volume(self._http.get(resource_path(VOLUMES, provider_id)))
        except NotFound:
            return None

    def grow_volume(self, provider_id: str, *, size_gb: int) -> CloudVolume:
        path = resource_path(VOLUMES, provider_id)
        return _volume(self._http.send("PATCH", path, body={"size": size_gb}))

    def delete_volume(self, provider_id: str) -> None:
        try:
            self._http.send("DELETE", resource_path(VOLUMES, provider_id))
        except NotFound:
            return  # gone already: what was asked for

    def volume_billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[ResourceBucket]:
        query = billing_query(start, end, bucket)
        body = self._http.get(f"/v2/billing/{VOLUMES}", params=query)
        return _buckets(body, "networkVolumeId", start, end)


class RunPodEndpoints:
    """The part of `resources.EndpointProvider` that is spoken to RunPod."""

    _http: RunPodHttp
    _api_key: str
    _queue_url: str  # where endpoints take jobs

    def create_endpoint(self, request: EndpointRequest) -> CloudEndpoint:
        pool, others = self._pool(request.gpu_type_id)
        gpu: dict[str, Any] = {"pools": [pool], "count": request.gpu_count}
        if others:
            gpu["excludedTypes"] = others
        secrets = (*request.env.values(), *secret_values(request.args))
        body = endpoint_body(request, gpu)
        return _endpoint(self._http.create(f"/v2/{ENDPOINTS}", body, secrets=secrets))

    def endpoints(self) -> list[CloudEndpoint]:
        return whole_list(
            self._http,
            f"/v2/{ENDPOINTS}",
            "endpoints",
            read=_endpoint,
            id_of=lambda endpoint: endpoint.provider_id,
        )

    def endpoint(self, provider_id: str) -> CloudEndpoint | None:
        try:
            return _endpoint(self._http.get(resource_path(ENDPOINTS, provider_id)))
        except NotFound:
            return None

    def set_workers(
        self, provider_id: str, *, least: int, most: int, idle_timeout_seconds: int
    ) -> CloudEndpoint:
        check_workers(least, most)
        check_whole("idle_timeout_seconds", idle_timeout_seconds, 1, LONGEST_IDLE_SECONDS)
        body = {"workers": {"min": least, "max": most, "idleTimeout": idle_timeout_seconds}}
        path = resource_path(ENDPOINTS, provider_id)
        return _endpoint(self._http.send("PATCH", path, body=body))

    def workers(self, provider_id: str) -> list[CloudWorker]:
        path = f"{resource_path(ENDPOINTS, provider_id)}/workers"
        return [_worker(raw) for raw in parse.listed(self._http.get(path), "workers")]

    def endpoint_health(self, provider_id: str) -> EndpointHealth:
        # Not part of REST v2: the queue has an address of its own, under the same key.
        return ServerlessEndpoint(
            provider_id, api_key=self._api_key, base_url=self._queue_url
        ).health()

    def delete_endpoint(self, provider_id: str) -> None:
        try:
            self._http.send("DELETE", resource_path(ENDPOINTS, provider_id))
        except NotFound:
            return  # gone already: what was asked for

    def serverless_billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[ResourceBucket]:
        query = billing_query(start, end, bucket)
        body = self._http.get("/v2/billing/serverless", params=query)
        return _buckets(body, "serverlessId", start, end)

    def _pool(self, gpu_type_id: str) -> tuple[str, list[str]]:
        """The serverless pool of a GPU type, and the other types in it.

        They are left out, so that a worker costs what was quoted for its type.
        """
        pools: dict[str, list[str]] = {}
        found = ""
        for raw in parse.listed(self._http.get("/v2/catalog/gpus"), "gpus"):
            pool = raw.get("pool")
            if not isinstance(pool, str) or not pool:
                continue
            pools.setdefault(pool, []).append(parse.text(raw, "id"))
            if raw["id"] == gpu_type_id:
                found = pool
        if not found:
            raise Rejected(f"{gpu_type_id} is in no serverless pool", status=400)
        return found, [each for each in pools[found] if each != gpu_type_id]


def endpoint_body(request: EndpointRequest, gpu: Mapping[str, Any]) -> dict[str, Any]:
    """The body of `POST /v2/serverless`; unknown fields would be refused with 422."""
    body: dict[str, Any] = {
        "name": request.name,
        "image": request.image,
        "args": request.args,
        "env": dict(request.env),
        "type": "QUEUE",
        "gpu": dict(gpu),
        "disk": request.disk_gb,
        "workers": {
            "min": request.workers_min,
            "max": request.workers_max,
            "idleTimeout": request.idle_timeout_seconds,
        },
        "scaling": {"type": "QUEUE_DELAY", "queueDelay": request.queue_delay_seconds},
        "timeout": request.run_timeout_seconds * 1000,
    }
    if request.volume_ids:
        body["networkVolumes"] = list(request.volume_ids)
    if request.data_center_ids:
        body["dataCenterIds"] = list(request.data_center_ids)
    return body


def _volume(raw: Any) -> CloudVolume:
    raw = parse.mapping(raw, "a network volume")
    return CloudVolume(
        provider_id=parse.text(raw, "id"),
        name=parse.text(raw, "name"),
        size_gb=parse.whole(raw, "size"),
        data_center_id=parse.text(raw, "dataCenter"),
        tier=parse.text(raw, "type"),
    )


def _endpoint(raw: Any) -> CloudEndpoint:
    raw = parse.mapping(raw, "a serverless endpoint")
    workers = parse.mapping(raw.get("workers"), "workers")
    gpu = parse.mapping(raw.get("gpu") or {}, "gpu")
    volumes = raw.get("networkVolumes")
    if not isinstance(volumes, list):
        raise ProviderUnavailable("RunPod sent 'networkVolumes' that is not a list")
    return CloudEndpoint(
        provider_id=parse.text(raw, "id"),
        name=parse.text(raw, "name"),
        workers_min=parse.whole(workers, "min"),
        workers_max=parse.whole(workers, "max"),
        gpu_count=parse.whole(gpu, "count") if "count" in gpu else 0,
        volume_ids=tuple(map(str, volumes)),
        created_at=parse.instant(raw, "createdAt"),
        idle_timeout_seconds=(
            parse.whole(workers, "idleTimeout") if workers.get("idleTimeout") else None
        ),
    )


def _worker(raw: Mapping[str, Any]) -> CloudWorker:
    return CloudWorker(
        provider_id=parse.text(raw, "id"),
        status=parse.text(raw, "status"),
        gpu_type_id=str(raw.get("gpuTypeId") or ""),
        gpu_count=parse.whole(raw, "gpuCount"),
        started_at=parse.instant(raw, "startedAt") if raw.get("startedAt") else None,
    )


def _buckets(body: Any, key: str, start: datetime, end: datetime) -> list[ResourceBucket]:
    """Records that begin in the window; RunPod widens it to whole buckets."""
    found = [
        ResourceBucket(
            provider_id=parse.text(raw, key),
            start=parse.instant(raw, "startTime"),
            end=parse.instant(raw, "endTime"),
            total_usd=parse.money(raw, "totalAmount"),
            fee_usd=parse.money(raw, "feeAmount") if "feeAmount" in raw else Decimal(0),
        )
        for raw in parse.listed(body, "records")
    ]
    wanted = [item for item in found if start <= item.start < end]
    return sorted(wanted, key=lambda item: (item.start, item.provider_id))
