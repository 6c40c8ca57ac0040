"""Serverless endpoints: kept and shown, but no worker ever runs."""

from __future__ import annotations

from typing import Any

from fleet.sandbox.problems import Problem
from fleet.sandbox.wire import rfc3339

QUEUE_URLS = {
    "run": "run",
    "runSync": "runsync",
    "status": "status/{job_id}",
    "stream": "stream/{job_id}",
    "cancel": "cancel/{job_id}",
    "retry": "retry/{job_id}",
    "purgeQueue": "purge-queue",
    "health": "health",
}


def made_endpoint(
    body: dict[str, Any], endpoint_id: str, now: float, base_url: str
) -> dict[str, Any]:
    """A created endpoint as the contract's Endpoint; Problem 400 when a rule is broken."""
    if ("gpu" in body) == ("cpu" in body):
        raise Problem(400, "exactly one of gpu and cpu must be set")
    if "cpu" in body:
        raise Problem(400, "the sandbox has no CPU endpoints; ask for a gpu")
    by_delay = body["scaling"]["type"] == "QUEUE_DELAY"
    if body["type"] == "LOAD_BALANCER" and by_delay:
        raise Problem(400, "a LOAD_BALANCER endpoint scales on REQUEST_COUNT")
    gpu = {"count": 1, "allowedCudaVersions": [], "minCudaVersion": None} | body["gpu"]
    workers = {"min": 0, "max": 3} | body.get("workers", {})
    if body["type"] == "LOAD_BALANCER" or by_delay:
        workers.setdefault("idleTimeout", 10)
    return {
        "id": endpoint_id,
        "name": body["name"],
        "type": body["type"],
        "requestUrls": _request_urls(body["type"], endpoint_id, base_url),
        "image": body["image"],
        "args": body.get("args", ""),
        "disk": body.get("disk", 20),
        "ports": body.get("ports", []),
        "env": body.get("env", {}),
        "registry": body.get("registry"),
        "gpu": gpu,
        "workers": workers,
        "scaling": body["scaling"],
        "dataCenterIds": body.get("dataCenterIds", []),
        "networkVolumes": body.get("networkVolumes", []),
        "timeout": body.get("timeout", 300_000),
        "flashboot": body.get("flashboot", "OFF"),
        "createdAt": rfc3339(now),
    }


def _request_urls(kind: str, endpoint_id: str, base_url: str) -> dict[str, str]:
    base = f"{base_url}v2/{endpoint_id}"
    if kind == "LOAD_BALANCER":
        return {"base": base, "health": f"{base}/ping"}
    return {name: f"{base}/{path}" for name, path in QUEUE_URLS.items()}


def health() -> dict[str, Any]:
    """What the ``runpod`` package's Endpoint.health() reads: no workers, no jobs."""
    jobs = ("completed", "failed", "inProgress", "inQueue", "retried")
    workers = ("idle", "initializing", "ready", "running", "throttled")
    return {"jobs": dict.fromkeys(jobs, 0), "workers": dict.fromkeys(workers, 0)}
