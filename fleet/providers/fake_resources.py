"""Network volumes and serverless endpoints of the provider in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from fleet.providers.base import BucketSize
from fleet.providers.errors import Conflict, NotFound, ProviderError, Rejected
from fleet.providers.resources import (
    CloudEndpoint,
    CloudVolume,
    CloudWorker,
    EndpointHealth,
    EndpointRequest,
    ResourceBucket,
    VolumeRequest,
    check_workers,
)

Answer = TypeVar("Answer")


class FakeResources:
    """The part of `FakeProvider` that keeps volumes and endpoints.

    mounted            ids of volumes that something mounts: they cannot be deleted
    hidden             ids that no list shows yet
    endpoint_workers   by endpoint id, as `workers` tells them
    endpoint_jobs      by endpoint id, as `endpoint_health` tells them; none: no jobs
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._clock = now
        self._made = 0
        self.cloud_volumes: dict[str, CloudVolume] = {}
        self.cloud_endpoints: dict[str, CloudEndpoint] = {}
        self.endpoint_requests: dict[str, EndpointRequest] = {}
        self.endpoint_workers: dict[str, list[CloudWorker]] = {}
        self.endpoint_jobs: dict[str, EndpointHealth] = {}
        self.volume_buckets: list[ResourceBucket] = []
        self.endpoint_buckets: list[ResourceBucket] = []
        self.mounted: set[str] = set()
        self.hidden: set[str] = set()

    def _begin(self, method: str, subject: str = "") -> ProviderError | None:
        raise NotImplementedError

    def _end(self, lost: ProviderError | None, answer: Answer) -> Answer:
        raise NotImplementedError

    def create_volume(self, request: VolumeRequest) -> CloudVolume:
        lost = self._begin("create_volume", request.name)
        made = CloudVolume(
            self._new_id("volume"),
            request.name,
            request.size_gb,
            request.data_center_id,
            request.tier or "STANDARD",
        )
        self.cloud_volumes[made.provider_id] = made
        return self._end(lost, made)

    def volumes(self) -> list[CloudVolume]:
        lost = self._begin("volumes")
        seen = [v for v in self.cloud_volumes.values() if v.provider_id not in self.hidden]
        return self._end(lost, seen)

    def volume(self, provider_id: str) -> CloudVolume | None:
        lost = self._begin("volume", provider_id)
        return self._end(lost, self.cloud_volumes.get(provider_id))

    def grow_volume(self, provider_id: str, *, size_gb: int) -> CloudVolume:
        lost = self._begin("grow_volume", provider_id)
        volume = self.cloud_volumes.get(provider_id)
        if volume is None:
            raise NotFound(f"volume {provider_id} not found", status=404)
        if size_gb < volume.size_gb:
            raise Rejected("a volume cannot shrink", status=400)
        self.cloud_volumes[provider_id] = replace(volume, size_gb=size_gb)
        return self._end(lost, self.cloud_volumes[provider_id])

    def delete_volume(self, provider_id: str) -> None:
        lost = self._begin("delete_volume", provider_id)
        if provider_id in self.mounted:
            raise Conflict(f"volume {provider_id} is mounted", status=409)
        self.cloud_volumes.pop(provider_id, None)
        self._end(lost, None)

    def volume_billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[ResourceBucket]:
        lost = self._begin("volume_billing", bucket)
        return self._end(lost, _within(self.volume_buckets, start, end))

    def create_endpoint(self, request: EndpointRequest) -> CloudEndpoint:
        lost = self._begin("create_endpoint", request.name)
        made = CloudEndpoint(
            provider_id=self._new_id("endpoint"),
            name=request.name,
            workers_min=request.workers_min,
            workers_max=request.workers_max,
            gpu_count=request.gpu_count,
            volume_ids=request.volume_ids,
            created_at=self._clock(),
            idle_timeout_seconds=request.idle_timeout_seconds,
        )
        self.cloud_endpoints[made.provider_id] = made
        self.endpoint_requests[made.provider_id] = request
        return self._end(lost, made)

    def endpoints(self) -> list[CloudEndpoint]:
        lost = self._begin("endpoints")
        every = self.cloud_endpoints.values()
        return self._end(lost, [e for e in every if e.provider_id not in self.hidden])

    def endpoint(self, provider_id: str) -> CloudEndpoint | None:
        lost = self._begin("endpoint", provider_id)
        return self._end(lost, self.cloud_endpoints.get(provider_id))

    def set_workers(
        self, provider_id: str, *, least: int, most: int, idle_timeout_seconds: int
    ) -> CloudEndpoint:
        check_workers(least, most)
        lost = self._begin("set_workers", provider_id)
        if provider_id not in self.cloud_endpoints:
            raise NotFound(f"endpoint {provider_id} not found", status=404)
        changed = replace(
            self.cloud_endpoints[provider_id],
            workers_min=least,
            workers_max=most,
            idle_timeout_seconds=idle_timeout_seconds,
        )
        self.cloud_endpoints[provider_id] = changed
        return self._end(lost, changed)

    def workers(self, provider_id: str) -> list[CloudWorker]:
        lost = self._begin("workers", provider_id)
        if provider_id not in self.cloud_endpoints:
            raise NotFound(f"endpoint {provider_id} not found", status=404)
        return self._end(lost, list(self.endpoint_workers.get(provider_id, [])))

    def endpoint_health(self, provider_id: str) -> EndpointHealth:
        lost = self._begin("endpoint_health", provider_id)
        if provider_id not in self.cloud_endpoints:
            raise NotFound(f"endpoint {provider_id} not found", status=404)
        told = self.endpoint_jobs.get(provider_id, EndpointHealth(0, 0, 0, 0, 0, 0))
        return self._end(lost, told)

    def delete_endpoint(self, provider_id: str) -> None:
        lost = self._begin("delete_endpoint", provider_id)
        self.cloud_endpoints.pop(provider_id, None)
        self.endpoint_workers.pop(provider_id, None)
        self._end(lost, None)

    def serverless_billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[ResourceBucket]:
        lost = self._begin("serverless_billing", bucket)
        return self._end(lost, _within(self.endpoint_buckets, start, end))

    def _new_id(self, what: str) -> str:
        self._made += 1
        return f"fake-{what}-{self._made}"


def _within(
    buckets: list[ResourceBucket], start: datetime, end: datetime
) -> list[ResourceBucket]:
    found = [item for item in buckets if start <= item.start < end]
    return sorted(found, key=lambda item: (item.start, item.provider_id))
