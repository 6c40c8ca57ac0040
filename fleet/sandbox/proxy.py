"""The public way to a pod's port, as RunPod's Cloudflare proxy behaves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from fleet.sandbox.cloud import Cloud
from fleet.sandbox.engines.base import EngineUnreachable
from fleet.sandbox.engines.exposition import CONTENT_TYPE
from fleet.sandbox.problems import Problem

HUGE_BYTES = 5_000_000
FILLER = "# HELP vllm:filler_total " + "x" * 74 + "\n"


async def proxy(request: Request, cloud: Cloud) -> Response:
    """Pass a request to the pod's engine; no RunPod key is asked for here.

    404 for an unknown pod or a port it does not expose, 502 while nothing listens, 524
    when the engine is silent for too long.
    """
    pod_id, port = request.path_params["pod_id"], request.path_params["port"]
    path = request.path_params["path"]
    try:
        pod = cloud.pod(pod_id)
    except Problem:
        return PlainTextResponse("pod not found\n", 404)
    if not pod.exposes(port):
        return PlainTextResponse(f"pod does not expose {port}/http\n", 404)
    engine = cloud.room.engine(pod_id)
    if engine is None or cloud.faults.strike("engine_down", pod.name):
        return bad_gateway()
    if path == "lease" and engine.lease is not None:
        try:
            return await engine.lease.forward(cloud.room.http(), request, path)
        except EngineUnreachable:
            return bad_gateway()
    if path == "metrics" and (spoilt := _spoilt_metrics(cloud, pod.name)):
        return spoilt
    try:
        return await engine.forward(request, path)
    except EngineUnreachable:
        return bad_gateway()
    except Problem as problem:
        return PlainTextResponse(f"error code: {problem.status}\n", problem.status)


def bad_gateway() -> Response:
    """What the proxy says while nothing listens on the port."""
    page = (
        "<html><head><title>502 Bad Gateway</title></head><body>Bad gateway</body></html>"
    )
    return HTMLResponse(page, 502)


def _spoilt_metrics(cloud: Cloud, pod_name: str) -> Response | None:
    if fault := cloud.faults.strike("metrics_huge", pod_name):
        size = int(fault.params.get("bytes", HUGE_BYTES))
        text = FILLER * (size // len(FILLER) + 1)
        return Response(text[:size], media_type=CONTENT_TYPE)
    if cloud.faults.strike("metrics_html", pod_name):
        return HTMLResponse("<!DOCTYPE html><html><body>Just a moment...</body></html>")
    return None
