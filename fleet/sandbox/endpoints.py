"""The account's serverless endpoints: made, changed, played forward, ended, on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fleet.sandbox import catalog
from fleet.sandbox.engines.command import weight_gb
from fleet.sandbox.problems import Problem, not_found
from fleet.sandbox.serverless import (
    CANCELLED,
    IN_QUEUE,
    OPEN,
    Endpoint,
    Job,
    Life,
    Place,
    end_worker,
)
from fleet.sandbox.settings import SandboxSettings
from fleet.sandbox.volumes import Volumes
from fleet.sandbox.wire import rfc3339
from fleet.sandbox.worker_jobs import command_of, work_of

MOST_OPEN_JOBS = 10_000
CONTAINER_FIELDS = ("image", "args", "disk", "ports", "env", "registry")
PLAIN_FIELDS = (
    "name",
    "scaling",
    "dataCenterIds",
    "networkVolumes",
    "timeout",
    "flashboot",
)
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


class Endpoints:
    """All serverless endpoints of the account, by id; also those that ended.

    save      keeps one on disk
    make_id   a new id
    """

    def __init__(
        self,
        settings: SandboxSettings,
        kept: dict[str, Endpoint],
        volumes: Volumes,
        *,
        save: Callable[[Endpoint], None],
        make_id: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._all = kept
        self._volumes = volumes
        self._save = save
        self._make_id = make_id

    def ever(self) -> list[Endpoint]:
        """Every endpoint there was."""
        return list(self._all.values())

    def present(self) -> list[Endpoint]:
        """Endpoints that exist."""
        return [item for item in self._all.values() if item.ended_at is None]

    def get(self, endpoint_id: str) -> Endpoint:
        """An endpoint that exists, or Problem 404."""
        found = self._all.get(endpoint_id)
        if found is None or found.ended_at is not None:
            raise not_found(f"endpoint {endpoint_id!r}")
        return found

    def mounting(self, volume_id: str) -> list[str]:
        """Endpoints that mount a network volume."""
        return [e.id for e in self.present() if volume_id in e.shown["networkVolumes"]]

    def create(self, body: dict[str, Any], now: float, base_url: str) -> Endpoint:
        """A new endpoint; Problem 400 when a rule is broken."""
        shown = made_endpoint(body, self._make_id(), now, base_url)
        self._check(shown)
        endpoint = Endpoint(
            shown,
            created_at=int(now),
            fee_share=self._settings.serverless_fee_share,
            last_traffic=now,
            settled_at=now,
        )
        self._all[endpoint.id] = endpoint
        self._save(endpoint)
        return endpoint

    def update(self, endpoint: Endpoint, body: dict[str, Any], now: float) -> None:
        """Change what the body names; counts as traffic. Problem 400, and no change."""
        if "cpu" in body:
            raise Problem(400, "the compute family of an endpoint cannot be changed")
        shown = dict(endpoint.shown)
        shown |= {
            key: body[key] for key in (*PLAIN_FIELDS, *CONTAINER_FIELDS) if key in body
        }
        shown["gpu"] = shown["gpu"] | body.get("gpu", {})
        shown["workers"] = shown["workers"] | body.get("workers", {})
        if _by_count(shown) and "idleTimeout" not in body.get("workers", {}):
            shown["workers"].pop("idleTimeout", None)
        self._check(shown)
        if any(endpoint.shown[key] != shown[key] for key in (*CONTAINER_FIELDS, "gpu")):
            endpoint.version += 1
        endpoint.shown, endpoint.last_traffic = shown, now
        self._save(endpoint)

    def delete(self, endpoint: Endpoint, now: float) -> None:
        """End it: workers stop, open jobs are cancelled."""
        for job in endpoint.with_status(*OPEN):
            endpoint.close_job(job, CANCELLED)
        for worker in endpoint.live():
            end_worker(worker, now, "the endpoint was deleted")
        endpoint.ended_at = int(now)
        self._save(endpoint)

    def play(self, now: float, *, may_start: bool) -> None:
        """Bring every endpoint up to `now`.

        may_start  False while the account has no credit: no worker starts
        """
        for endpoint in self.present():
            before = _signature(endpoint)
            place = self._place(endpoint.shown) if may_start else None
            Life(endpoint, place, self._ids()).play(now)
            self._keep_weights(endpoint, now)
            if _signature(endpoint) != before:
                self._save(endpoint)

    def end_workers(self, now: float, reason: str) -> None:
        """Stop every worker of every endpoint; their jobs wait again."""
        for endpoint in self.present():
            for worker in endpoint.live():
                if job := endpoint.jobs.get(worker.job_id):
                    job.status, job.started_at, job.ends_at = IN_QUEUE, None, None
                worker.job_id = ""
                end_worker(worker, max(now, worker.started_at), reason)
                self._save(endpoint)

    def submit(self, endpoint: Endpoint, given: Any, now: float) -> Job:
        """Queue a job; Problem 429 when too many are open."""
        if len(endpoint.with_status(*OPEN)) >= MOST_OPEN_JOBS:
            raise Problem(429, f"{MOST_OPEN_JOBS} jobs wait already; send fewer")
        try:
            command = command_of(endpoint.shown)
        except ValueError as error:
            raise Problem(400, f"no worker can start: {error}") from error
        work = work_of(given, command, created=int(now))
        job = Job(self._make_id(), now, work.answer, work.error, work.seconds, work.tokens)
        endpoint.jobs[job.id] = job
        endpoint.last_traffic = now
        self._save(endpoint)
        return job

    def cancel(self, endpoint: Endpoint, job: Job, now: float) -> None:
        """Cancel an open job; its worker is free again. A finished one stays as it is."""
        if job.status not in OPEN:
            return
        for worker in endpoint.live():
            if worker.job_id == job.id:
                worker.job_id, worker.idle_since = "", now
        job.ends_at = now
        endpoint.close_job(job, CANCELLED)
        self._save(endpoint)

    def _ids(self) -> Iterator[str]:
        while True:
            yield self._make_id()

    def _check(self, shown: dict[str, Any]) -> None:
        """Problem 400 when the endpoint as a whole breaks a rule."""
        workers = shown["workers"]
        if workers["min"] > workers["max"]:
            raise Problem(
                400, f"workers.min {workers['min']} exceeds workers.max {workers['max']}"
            )
        if _by_count(shown) and "idleTimeout" in workers:
            raise Problem(400, "idleTimeout does not go with REQUEST_COUNT on a queue")
        if shown["type"] == "LOAD_BALANCER" and shown["scaling"]["type"] == "QUEUE_DELAY":
            raise Problem(400, "a LOAD_BALANCER endpoint scales on REQUEST_COUNT")
        known = {gpu.pool for gpu in catalog.GPU_TYPES.values() if gpu.pool}
        if unknown := sorted(set(shown["gpu"]["pools"]) - known):
            raise Problem(400, f"unknown GPU pools {unknown}; see /v2/catalog/gpus")
        for volume_id in shown["networkVolumes"]:
            self._volumes.get(volume_id, status=400)

    def _place(self, shown: dict[str, Any]) -> Place | None:
        """Where the next worker goes: the first pool asked for that has room."""
        asked = set(shown["dataCenterIds"] or catalog.DATA_CENTERS)
        for volume_id in shown["networkVolumes"]:
            asked &= {self._volumes.get(volume_id).data_center}
        gpu_count = int(shown["gpu"]["count"])
        excluded = shown["gpu"].get("excludedTypes") or []
        for pool in shown["gpu"]["pools"]:
            for gpu in catalog.GPU_TYPES.values():
                if gpu.pool != pool or gpu.serverless is None or gpu.id in excluded:
                    continue
                for center in catalog.places(gpu, gpu_count, "SECURE"):
                    if center in asked:
                        price = gpu.serverless * gpu_count
                        cold = self._cold_start_seconds(shown)
                        return Place(gpu.id, gpu_count, center, price, cold)
        return None

    def _cold_start_seconds(self, shown: dict[str, Any]) -> float:
        """The container's start and the load of the weights, faster from a volume."""
        model, size_gb = _weights(shown)
        speed = self._settings.download_gb_per_second
        for volume_id in shown["networkVolumes"]:
            if model in self._volumes.get(volume_id).weights:
                speed = self._settings.volume_gb_per_second
        load = size_gb / speed if speed > 0 else 0.0
        return self._settings.serverless_cold_start_seconds + load

    def _keep_weights(self, endpoint: Endpoint, now: float) -> None:
        model, size_gb = _weights(endpoint.shown)
        loaded = any(worker.ready_at <= now for worker in endpoint.workers)
        for volume_id in endpoint.shown["networkVolumes"] if loaded and model else []:
            self._volumes.keep_weights(self._volumes.get(volume_id), model, size_gb)


def made_endpoint(
    body: dict[str, Any], endpoint_id: str, now: float, base_url: str
) -> dict[str, Any]:
    """A created endpoint as the contract's Endpoint; Problem 400 when a rule is broken."""
    if ("gpu" in body) == ("cpu" in body):
        raise Problem(400, "exactly one of gpu and cpu must be set")
    if "cpu" in body:
        raise Problem(400, "the sandbox has no CPU endpoints; ask for a gpu")
    gpu = {"count": 1, "allowedCudaVersions": [], "minCudaVersion": None} | body["gpu"]
    workers = {"min": 0, "max": 3} | body.get("workers", {})
    if not _by_count(body):
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


def _by_count(shown: dict[str, Any]) -> bool:
    return bool(shown["type"] == "QUEUE" and shown["scaling"]["type"] == "REQUEST_COUNT")


def _request_urls(kind: str, endpoint_id: str, base_url: str) -> dict[str, str]:
    base = f"{base_url}v2/{endpoint_id}"
    if kind == "LOAD_BALANCER":
        return {"base": base, "health": f"{base}/ping"}
    return {name: f"{base}/{path}" for name, path in QUEUE_URLS.items()}


def _weights(shown: dict[str, Any]) -> tuple[str, float]:
    """The model and the GB of its weights; nothing for a command that cannot be read."""
    try:
        command = command_of(shown)
        return command.model, weight_gb(command, dict(shown["env"]))
    except ValueError:
        return "", 0.0


def _signature(endpoint: Endpoint) -> tuple[object, ...]:
    """What must be on disk when it changes."""
    jobs = tuple((job.id, job.status) for job in endpoint.jobs.values())
    workers = endpoint.shown["workers"]
    live = tuple(worker.id for worker in endpoint.live())
    return (live, len(endpoint.workers), jobs, workers["min"], workers["max"])
