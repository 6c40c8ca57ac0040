"""The jobs of serverless endpoints, on RunPod at api.runpod.ai; not part of the contract.

Paths and words follow the `runpod` package and the documentation of worker-vllm.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from fleet.sandbox.cloud import Cloud
from fleet.sandbox.problems import Problem, not_found
from fleet.sandbox.serverless import (
    CANCELLED,
    COMPLETED,
    FAILED,
    IN_PROGRESS,
    IN_QUEUE,
    OPEN,
    TIMED_OUT,
    Endpoint,
    Job,
)
from fleet.sandbox.wire import answer
from fleet.sandbox.worker_jobs import CHAT_ROUTE, MODELS_ROUTE

SYNC_SECONDS = 90.0  # RunPod's default; `wait` [ms] may ask for 1 s to 5 min
LEAST_SYNC_MS, MOST_SYNC_MS = 1_000, 300_000
OPENAI_SECONDS = 100.0
LOOK_EVERY_SECONDS = 0.02


async def run(cloud: Cloud, request: Request, raw: bytes) -> Response:
    """Queue a job and say so at once."""
    job = _submit(cloud, _endpoint(cloud, request), _input(raw))
    return answer({"id": job.id, "status": job.status})


async def run_sync(cloud: Cloud, request: Request, raw: bytes) -> Response:
    """Queue a job and wait for its result, or tell its state when that takes too long."""
    endpoint = _endpoint(cloud, request)
    wait = request.query_params.get("wait", str(int(SYNC_SECONDS * 1000)))
    if not wait.isdigit() or not LEAST_SYNC_MS <= int(wait) <= MOST_SYNC_MS:
        raise Problem(400, f"wait: {LEAST_SYNC_MS} to {MOST_SYNC_MS} ms, got {wait!r}")
    job = _submit(cloud, endpoint, _input(raw))
    await _finished(cloud, job, int(wait) / 1000)
    return answer(_shown(job))


async def status(cloud: Cloud, request: Request, _raw: bytes) -> Response:
    """A job's state and, once it has ended, its result."""
    return answer(_shown(_job(_endpoint(cloud, request), request)))


async def cancel(cloud: Cloud, request: Request, _raw: bytes) -> Response:
    """Cancel a job that has not ended."""
    endpoint = _endpoint(cloud, request)
    job = _job(endpoint, request)
    cloud.endpoints.cancel(endpoint, job, cloud.now())
    cloud.settle()
    return answer(_shown(job))


async def purge(cloud: Cloud, request: Request, _raw: bytes) -> Response:
    """Cancel every job that waits; those in progress go on."""
    endpoint = _endpoint(cloud, request)
    waiting = endpoint.with_status(IN_QUEUE)
    for job in waiting:
        cloud.endpoints.cancel(endpoint, job, cloud.now())
    return answer({"removed": len(waiting), "status": "completed"})


async def health(cloud: Cloud, request: Request, _raw: bytes) -> Response:
    """Jobs and workers as they are."""
    endpoint, now = _endpoint(cloud, request), cloud.now()
    found = [worker.status(now) for worker in endpoint.live()]
    idle = found.count("IDLE")
    counts = endpoint.counts
    jobs = {
        "completed": counts.get(COMPLETED, 0),
        "failed": counts.get(FAILED, 0) + counts.get(TIMED_OUT, 0),
        "inProgress": len(endpoint.with_status(IN_PROGRESS)),
        "inQueue": len(endpoint.with_status(IN_QUEUE)),
        "retried": 0,
    }
    workers = {
        "idle": idle,
        "initializing": found.count("INITIALIZING"),
        "ready": idle,
        "running": found.count("RUNNING"),
        "throttled": 0,
        "unhealthy": 0,
    }
    return answer({"jobs": jobs, "workers": workers})


async def openai(cloud: Cloud, request: Request, raw: bytes) -> Response:
    """worker-vllm's OpenAI route: a job whose result is the engine's own answer."""
    endpoint = _endpoint(cloud, request)
    route = "/" + request.path_params["path"]
    if (request.method, route) not in (("POST", CHAT_ROUTE), ("GET", MODELS_ROUTE)):
        raise not_found(f"{request.method} {route}")
    body = _json(raw) if raw else None
    job = _submit(cloud, endpoint, {"openai_route": route, "openai_input": body})
    await _finished(cloud, job, OPENAI_SECONDS)
    if job.status == COMPLETED:
        told = job.answer[0]
        if isinstance(body, dict) and body.get("stream"):
            return StreamingResponse(_chunks(told), media_type="text/event-stream")
        return answer(told)
    if job.status in OPEN:
        raise Problem(524, f"no worker answered within {OPENAI_SECONDS:g} s")
    message = job.error or f"the job ended as {job.status}"
    return answer({"error": {"message": message, "type": "BadRequestError"}}, 400)


async def _chunks(told: dict[str, Any]) -> AsyncIterator[str]:
    """A finished answer as a stream; the pace of the words is lost in the queue."""
    base = {key: told[key] for key in ("id", "created", "model")}
    base["object"] = "chat.completion.chunk"
    (choice,) = told["choices"]
    delta = {"role": "assistant", "content": choice["message"]["content"]}
    part = {"index": 0, "delta": delta, "finish_reason": choice["finish_reason"]}
    for chunk in ({"choices": [part]}, {"choices": [], "usage": told["usage"]}):
        yield f"data: {json.dumps(base | chunk)}\n\n"
    yield "data: [DONE]\n\n"


def _submit(cloud: Cloud, endpoint: Endpoint, given: Any) -> Job:
    if endpoint.shown["type"] != "QUEUE":
        raise Problem(400, "a LOAD_BALANCER endpoint has no queue")
    job = cloud.endpoints.submit(endpoint, given, cloud.now())
    cloud.settle()
    return job


async def _finished(cloud: Cloud, job: Job, seconds: float) -> None:
    """Wait until the job has ended by the sandbox's clock, at most so many real seconds."""
    for _ in range(int(seconds / LOOK_EVERY_SECONDS)):
        if job.status not in OPEN:
            return
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        cloud.settle()


def _endpoint(cloud: Cloud, request: Request) -> Endpoint:
    return cloud.endpoints.get(request.path_params["id"])


def _job(endpoint: Endpoint, request: Request) -> Job:
    job = endpoint.jobs.get(request.path_params["job_id"])
    if job is None:
        raise not_found(f"job {request.path_params['job_id']!r}")
    return job


def _input(raw: bytes) -> Any:
    body = _json(raw)
    if not isinstance(body, dict) or "input" not in body:
        raise Problem(400, 'a body such as {"input": {"prompt": "..."}} is wanted')
    return body["input"]


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Problem(400, f"the request body is not JSON: {error}") from error


def _shown(job: Job) -> dict[str, Any]:
    """A job as RunPod tells it; times in milliseconds."""
    shown: dict[str, Any] = {"id": job.id, "status": job.status}
    if job.started_at is not None:
        shown["delayTime"] = round((job.started_at - job.queued_at) * 1000)
        shown["workerId"] = job.worker_id
    if job.status in (COMPLETED, FAILED) and job.started_at is not None:
        shown["executionTime"] = round(((job.ends_at or 0) - job.started_at) * 1000)
    if job.status == COMPLETED:
        shown["output"] = job.answer
    elif job.status == FAILED:
        shown["error"] = job.error
    elif job.status in (CANCELLED, TIMED_OUT):
        shown["error"] = f"the job ended as {job.status}"
    return shown
