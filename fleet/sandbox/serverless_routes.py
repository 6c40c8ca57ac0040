"""The contract's routes of serverless endpoints and their workers."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fleet.sandbox import checks
from fleet.sandbox.call import Call
from fleet.sandbox.lagging import listed
from fleet.sandbox.problems import not_found
from fleet.sandbox.serverless import Endpoint, Worker
from fleet.sandbox.wire import answer, rfc3339

STATUSES = ("RUNNING", "IDLE", "INITIALIZING", "THROTTLED", "UNHEALTHY")


def list_endpoints(call: Call) -> Response:
    """Serverless endpoints, less those a lagging list hides."""
    present = call.cloud.endpoints.present()
    shown = listed(call, present, name_of=lambda each: str(each.shown["name"]))
    return answer({"endpoints": [item.shown for item in shown]})


def create_endpoint(call: Call) -> Response:
    """Add a serverless endpoint."""
    body = checks.parse_body(call.raw, checks.CREATE_ENDPOINT, needs_image=True)
    if "templateId" in body:
        raise not_found(f"template {body['templateId']!r}")
    cloud = call.cloud
    base = str(call.request.base_url)
    return answer(cloud.endpoints.create(body, cloud.now(), base).shown, 201)


def get_endpoint(call: Call) -> Response:
    """One serverless endpoint."""
    return answer(call.cloud.endpoints.get(call.id).shown)


def update_endpoint(call: Call) -> Response:
    """Change a serverless endpoint; only what the body names."""
    endpoint = call.cloud.endpoints.get(call.id)
    body = checks.parse_body(call.raw, checks.UPDATE_ENDPOINT)
    if "templateId" in body:
        raise not_found(f"template {body['templateId']!r}")
    call.cloud.endpoints.update(endpoint, body, call.cloud.now())
    return answer(endpoint.shown)


def delete_endpoint(call: Call) -> Response:
    """Remove a serverless endpoint with its workers and jobs."""
    cloud = call.cloud
    cloud.endpoints.delete(cloud.endpoints.get(call.id), cloud.now())
    return Response(status_code=204)


def list_workers(call: Call) -> Response:
    """The workers that an endpoint has now, and a count by status."""
    endpoint, now = call.cloud.endpoints.get(call.id), call.cloud.now()
    found = [_worker(endpoint, worker, now) for worker in endpoint.live()]
    summary: dict[str, int] = {name.lower(): 0 for name in STATUSES}
    for worker in found:
        summary[worker["status"].lower()] += 1
    summary["total"] = len(found)
    shown = {"workers": found, "summary": summary, "endpointVersion": endpoint.version}
    return answer(shown)


def _worker(endpoint: Endpoint, worker: Worker, now: float) -> dict[str, Any]:
    return {
        "id": worker.id,
        "status": worker.status(now),
        "isStale": worker.version != endpoint.version,
        "version": worker.version,
        "gpuCount": worker.gpu_count,
        "image": endpoint.shown["image"],
        "uptimeSeconds": max(0, int(now) - worker.started_at),
        "gpuTypeId": worker.gpu_id,
        "dataCenterId": worker.data_center,
        "startedAt": rfc3339(worker.started_at),
    }
