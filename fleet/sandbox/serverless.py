"""Serverless endpoints: workers that come and go with the jobs, and what they cost.

Time passes from event to event (a worker is ready, a job ends, an idle worker is due), so
that a clock that jumps by days gives the same seconds and cents as one that ticks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fleet.sandbox.demand import Tokens
from fleet.sandbox.money import CONTAINER_DISK, PLACES, Charge, hourly

IN_QUEUE, IN_PROGRESS, COMPLETED = "IN_QUEUE", "IN_PROGRESS", "COMPLETED"
FAILED, CANCELLED, TIMED_OUT = "FAILED", "CANCELLED", "TIMED_OUT"
OPEN = (IN_QUEUE, IN_PROGRESS)

DAY_SECONDS = 86_400
# docs.runpod.io/serverless, read 2026-08: endpoints without traffic are scaled down
QUIET_DAYS = ((7, 0), (3, 2))  # after so many days at most so many workers
RESULT_SECONDS = 30 * 60  # how long the result of a job is kept
MOST_EVENTS = 1_000_000  # of one endpoint between two looks


@dataclass
class Job:
    """One job; its result is kept for half an hour. Times in epoch seconds."""

    id: str
    queued_at: float
    answer: Any
    error: str
    seconds: float
    tokens: Tokens
    status: str = IN_QUEUE
    started_at: float | None = None
    ends_at: float | None = None
    worker_id: str = ""


@dataclass
class Worker:
    """One worker, ever; [started_at, ended_at) is billed, cold start and idle time too.

    usd_per_worker_hour  price of all its GPUs together
    ready_at             when its cold start is over
    idle_since           since when it has had nothing to do, None while it has
    version              of the endpoint's settings that it runs
    """

    id: str
    gpu_id: str
    gpu_count: int
    data_center: str
    usd_per_worker_hour: Decimal
    disk_gb: int
    version: int
    started_at: int
    ready_at: float
    idle_since: float | None
    job_id: str = ""
    ended_at: int | None = None
    end_reason: str = ""

    def status(self, at: float) -> str:
        """As the contract's WorkerStatus."""
        if at < self.ready_at:
            return "INITIALIZING"
        return "RUNNING" if self.job_id else "IDLE"

    def charge(self, since: int, until: int) -> Charge:
        """What [since, until) cost, without the platform's fee."""
        last = until if self.ended_at is None else min(until, self.ended_at)
        seconds = max(0, last - max(self.started_at, since))
        return Charge(
            self.usd_per_worker_hour * seconds, CONTAINER_DISK * self.disk_gb * seconds
        )


@dataclass
class Endpoint:
    """One serverless endpoint, ever.

    shown         what was asked for, as the contract's Endpoint
    fee_share     the platform's fee as a share of compute
    last_traffic  of its last job, its creation or its last change
    last_scale    when the queue last made it start a worker
    settled_at    up to when its life has been played
    """

    shown: dict[str, Any]
    created_at: int
    fee_share: Decimal
    last_traffic: float
    settled_at: float
    version: int = 1
    last_scale: float = 0.0
    ended_at: int | None = None
    workers: list[Worker] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    tokens: Tokens = field(default_factory=Tokens)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.shown["id"])

    @property
    def idle_timeout(self) -> float:
        """Seconds that an idle worker waits for the next job."""
        return float(self.shown["workers"].get("idleTimeout", 10))

    def live(self) -> list[Worker]:
        """Workers that exist, the oldest first."""
        return [item for item in self.workers if item.ended_at is None]

    def with_status(self, *statuses: str) -> list[Job]:
        """Jobs in one of these, the oldest first."""
        return [job for job in self.jobs.values() if job.status in statuses]

    def charge(self, since: int, until: int, billed_until: int) -> Charge:
        """What [since, until) cost, without the platform's fee; ended workers are billed
        whole, the others until `billed_until`."""
        total = Charge()
        for worker in self.workers:
            last = billed_until if worker.ended_at is None else worker.ended_at
            total += worker.charge(since, min(until, last))
        return total

    def fee_usd(self, charge: Charge) -> Decimal:
        """The platform's fee on a charge [USD], 12 places."""
        return (charge.compute_usd * self.fee_share).quantize(PLACES, ROUND_HALF_UP)

    def total_usd(self, billed_until: int) -> Decimal:
        """All that it has cost [USD]."""
        charge = self.charge(
            0, max(billed_until, self.created_at) + DAY_SECONDS, billed_until
        )
        return charge.total_usd + self.fee_usd(charge)

    def usd_per_hour(self) -> Decimal:
        """What its workers cost per hour now: compute, disks, fee."""
        compute = sum((item.usd_per_worker_hour for item in self.live()), Decimal(0))
        disk_gb = sum(item.disk_gb for item in self.live())
        return compute * (1 + self.fee_share) + hourly(CONTAINER_DISK * disk_gb)

    def close_job(self, job: Job, status: str) -> None:
        """Give a job its last status and count it."""
        job.status = status
        self.counts[status] = self.counts.get(status, 0) + 1


def end_worker(worker: Worker, at: float, reason: str) -> None:
    """Stop a worker; the last second that it began is billed whole."""
    worker.ended_at, worker.end_reason = max(worker.started_at, math.ceil(at)), reason
    worker.idle_since = None


@dataclass(frozen=True)
class Place:
    """Where the next worker goes, and how long its cold start takes."""

    gpu_id: str
    gpu_count: int
    data_center: str
    usd_per_worker_hour: Decimal
    cold_start_seconds: float


class Life:
    """Plays one endpoint's life up to a moment.

    place     the next worker's place; None while no worker may start
    make_id   a new id for each worker
    """

    def __init__(self, endpoint: Endpoint, place: Place | None, ids: Iterator[str]) -> None:
        self._it = endpoint
        self._place = place
        self._ids = ids

    def play(self, now: float) -> None:
        """From when it was last played until `now`, both inclusive."""
        at = min(self._it.settled_at, now)
        for _ in range(MOST_EVENTS):
            self._act(at)
            coming = min((each for each in self._ahead(at) if each > at), default=now + 1)
            if coming > now:
                break
            at = coming
        self._it.settled_at = max(self._it.settled_at, now)
        self._forget(now)

    def _act(self, at: float) -> None:
        """All that is due at `at`: results, limits, ends, hand-overs, starts."""
        self._finish_jobs(at)
        self._limit_quiet(at)
        self._hand_out(at)
        self._scale_down(at)
        self._scale_up(at)
        self._hand_out(at)  # a worker without cold start is ready at once

    def _finish_jobs(self, at: float) -> None:
        for worker in self._it.live():
            job = self._it.jobs.get(worker.job_id)
            if job is None or job.ends_at is None or job.ends_at > at:
                continue
            limit = self._it.shown["timeout"] / 1000
            late = 0 < limit < job.seconds
            self._it.close_job(
                job, TIMED_OUT if late else FAILED if job.error else COMPLETED
            )
            if job.status == COMPLETED:
                self._it.tokens += job.tokens
            worker.job_id, worker.idle_since = "", job.ends_at

    def _limit_quiet(self, at: float) -> None:
        workers = self._it.shown["workers"]
        for days, most in QUIET_DAYS:
            if at >= self._it.last_traffic + days * DAY_SECONDS:
                workers["max"] = min(workers["max"], most)
                workers["min"] = min(workers["min"], workers["max"])
                return

    def _hand_out(self, at: float) -> None:
        free = [item for item in self._it.live() if item.status(at) == "IDLE"]
        for worker, job in zip(free, self._it.with_status(IN_QUEUE), strict=False):
            limit = self._it.shown["timeout"] / 1000
            seconds = min(job.seconds, limit) if limit > 0 else job.seconds
            job.status, job.started_at, job.ends_at = IN_PROGRESS, at, at + seconds
            job.worker_id, worker.job_id, worker.idle_since = worker.id, job.id, None

    def _scale_down(self, at: float) -> None:
        workers = self._it.live()
        count = len(workers)
        for worker in reversed(workers):
            idle = worker.idle_since
            if worker.job_id or idle is None:
                continue
            if count > int(self._it.shown["workers"]["max"]):
                end_worker(worker, at, "more workers than allowed")
            elif self._spare(count) and at >= idle + self._it.idle_timeout:
                end_worker(worker, at, "idle")
            else:
                continue
            count -= 1

    def _spare(self, count: int) -> bool:
        return count > int(self._it.shown["workers"]["min"])

    def _scale_up(self, at: float) -> None:
        if self._place is None:
            return
        workers = self._it.shown["workers"]
        count = len(self._it.live())
        wanted = max(int(workers["min"]), self._wanted(at, count))
        for _ in range(min(wanted, int(workers["max"])) - count):
            self._start(self._place, at)

    def _wanted(self, at: float, count: int) -> int:
        """Workers that the jobs ask for; never more idle ones than jobs that wait."""
        waiting = self._it.with_status(IN_QUEUE)
        scaling = self._it.shown["scaling"]
        if scaling["type"] == "REQUEST_COUNT":
            jobs = len(self._it.with_status(*OPEN))
            return math.ceil(jobs / scaling["requestCount"])
        if not waiting:
            return 0
        if count == 0:
            return 1
        coming = sum(not item.job_id for item in self._it.live())
        due = self._queue_due(waiting[0])
        if at < due or coming >= len(waiting):
            return 0
        self._it.last_scale = at
        return count + 1

    def _queue_due(self, first: Job) -> float:
        """When the longest waiting job makes the endpoint start one more worker."""
        delay = float(self._it.shown["scaling"]["queueDelay"])
        return max(first.queued_at, self._it.last_scale) + delay

    def _start(self, place: Place, at: float) -> None:
        ready = at + place.cold_start_seconds
        self._it.last_scale = at
        self._it.workers.append(
            Worker(
                id=next(self._ids),
                gpu_id=place.gpu_id,
                gpu_count=place.gpu_count,
                data_center=place.data_center,
                usd_per_worker_hour=place.usd_per_worker_hour,
                disk_gb=int(self._it.shown["disk"]),
                version=self._it.version,
                started_at=int(at),
                ready_at=ready,
                idle_since=ready,
            )
        )

    def _ahead(self, at: float) -> Iterator[float]:
        """Moments at which something may be due; those in the past do not matter."""
        workers = self._it.live()
        for worker in workers:
            yield worker.ready_at
            job = self._it.jobs.get(worker.job_id)
            if job is not None and job.ends_at is not None:
                yield job.ends_at
            elif worker.idle_since is not None and self._spare(len(workers)):
                yield worker.idle_since + self._it.idle_timeout
        waiting = self._it.with_status(IN_QUEUE)
        if waiting and "queueDelay" in self._it.shown["scaling"]:
            yield self._queue_due(waiting[0])
        for days, _ in QUIET_DAYS:
            yield self._it.last_traffic + days * DAY_SECONDS

    def _forget(self, now: float) -> None:
        """Drop results that are older than RunPod keeps them."""
        for job in list(self._it.jobs.values()):
            ended = job.ends_at if job.ends_at is not None else job.queued_at
            if job.status not in OPEN and now > ended + RESULT_SECONDS:
                del self._it.jobs[job.id]
