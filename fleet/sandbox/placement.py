"""What a pod's create body asks for, and the data center that can give it."""

from __future__ import annotations

from typing import Any

from fleet.sandbox import catalog
from fleet.sandbox.problems import Problem, not_found
from fleet.sandbox.volumes import Volumes


def wanted_gpu(
    body: dict[str, Any], sold: dict[str, catalog.GpuType]
) -> tuple[catalog.GpuType, int, str]:
    """Type, count and cloud of a create body; a Problem when a rule is broken."""
    if "templateId" in body:
        raise not_found(f"template {body['templateId']!r}")
    if ("gpu" in body) == ("cpu" in body):
        raise Problem(400, "exactly one of gpu and cpu must be set")
    if "cpu" in body:
        raise Problem(400, "the sandbox has no CPU pods; ask for a gpu")
    cloud = body.get("cloud", "SECURE")
    gpu_id, count = body["gpu"]["id"], int(body["gpu"].get("count", 1))
    if gpu_id not in sold:
        raise Problem(400, f"unknown GPU type {gpu_id!r}; see /v2/catalog/gpus")
    gpu = sold[gpu_id]
    gpu.usd_per_gpu_hour(cloud)
    most = gpu.max_count(cloud)
    if count > most:
        raise Problem(400, f"gpu.count {count} exceeds {most}, the most {gpu_id} has")
    if body["gpu"].get("allowedCudaVersions") and "minCudaVersion" in body["gpu"]:
        raise Problem(400, "allowedCudaVersions and minCudaVersion exclude each other")
    return gpu, count, cloud


def place_of(
    body: dict[str, Any], gpu: catalog.GpuType, count: int, cloud: str, volumes: Volumes
) -> str:
    """The data center the pod goes to; Problem 400 when there is none."""
    wanted = body.get("dataCenterIds") or list(catalog.DATA_CENTERS)
    for center in wanted:
        if center not in catalog.DATA_CENTERS:
            raise Problem(400, f"unknown data center {center!r}")
    mounts = body.get("mounts") or {}
    if mounts.get("persistent") and mounts.get("network"):
        raise Problem(400, "mounts.persistent and mounts.network exclude each other")
    for mount in mounts.get("network") or []:
        volume = volumes.get(mount["volumeId"], status=400)
        if cloud != "SECURE":
            raise Problem(400, "network volumes are mounted on the SECURE cloud only")
        if volume.data_center not in wanted:
            raise Problem(400, f"volume {volume.id} is in {volume.data_center}")
        wanted = [volume.data_center]
    for center in catalog.places(gpu, count, cloud):
        if center in wanted:
            return center
    raise Problem(400, f"no machine with {count} x {gpu.id} is free; try another")
