"""A pod: what was ordered, where it is in its life, and what it has cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from fleet.sandbox.demand import Tokens
from fleet.sandbox.money import (
    CONTAINER_DISK,
    VOLUME_DISK_RUNNING,
    VOLUME_DISK_STOPPED,
    Charge,
    Segment,
    charge_of,
)
from fleet.sandbox.spot import NOTICE_SECONDS
from fleet.sandbox.wire import rfc3339

PROVISIONING, STARTING, RUNNING = "PROVISIONING", "STARTING", "RUNNING"
EXITED, ERROR, TERMINATED = "EXITED", "ERROR", "TERMINATED"

HAS_CONTAINER = (STARTING, RUNNING)
HOLDS_GPU = (PROVISIONING, STARTING, RUNNING, ERROR)  # compute is billed
ACTIONS = {
    PROVISIONING: ("stop", "terminate"),
    STARTING: ("stop", "terminate"),
    RUNNING: ("stop", "restart", "terminate"),
    EXITED: ("start", "terminate"),
    ERROR: ("start", "terminate"),
    TERMINATED: (),
}


@dataclass
class Pod:
    """One pod, ever. Times are epoch seconds, `ended_at` of the last billed second + 1.

    usd_per_pod_hour  price of all its GPUs together while it holds them
    phase_since       when it entered its status
    interruptible     of the spot market: may be taken away, is never stopped and started
    interrupt_at      when its notice comes by itself, None for never
    notice_at         when it was given notice
    stuck             never gets a container: bills, and stays PROVISIONING
    incarnation       counts engine starts; a new engine has fresh counters
    engine_tokens     incarnation -> tokens its engine has served, as last read
    """

    id: str
    name: str
    body: dict[str, Any]
    gpu_id: str
    gpu_count: int
    cloud: str
    data_center: str
    usd_per_pod_hour: Decimal
    created_at: int
    status: str = PROVISIONING
    phase_since: float = 0.0
    started_at: float | None = None
    ended_at: int | None = None
    end_reason: str = ""
    stuck: bool = False
    interruptible: bool = False
    interrupt_at: float | None = None
    notice_at: float | None = None
    incarnation: int = 0
    segments: list[Segment] = field(default_factory=list)
    engine_tokens: dict[int, Tokens] = field(default_factory=dict)

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be done to it now."""
        stopping = ("stop", "start") if self.interruptible else ()
        return tuple(name for name in ACTIONS[self.status] if name not in stopping)

    @property
    def taken_at(self) -> float | None:
        """When an interrupted pod is gone; None without a notice."""
        return None if self.notice_at is None else self.notice_at + NOTICE_SECONDS

    @property
    def volume_gb(self) -> int:
        """Size of its own volume disk, 0 without one."""
        persistent = (self.body.get("mounts") or {}).get("persistent") or {}
        return int(persistent.get("size", 0))

    @property
    def network_volume_ids(self) -> list[str]:
        """Network volumes it mounts."""
        mounts = (self.body.get("mounts") or {}).get("network") or []
        return [mount["volumeId"] for mount in mounts]

    @property
    def env(self) -> dict[str, str]:
        """Environment of its container."""
        return dict(self.body.get("env") or {})

    @property
    def tokens(self) -> Tokens:
        """All tokens served in its life."""
        return sum(self.engine_tokens.values(), Tokens())

    def exposes(self, port: int) -> bool:
        """Is this port reachable through the proxy?"""
        return f"{port}/http" in (self.body.get("ports") or [])

    def usd_per_storage_month(self, *, holds_gpu: bool) -> Decimal:
        """Price of its disks: the container's only while it runs, the volume's always."""
        if not holds_gpu:
            return VOLUME_DISK_STOPPED * self.volume_gb
        container_gb = int(self.body["disk"])
        return CONTAINER_DISK * container_gb + VOLUME_DISK_RUNNING * self.volume_gb

    def charge(self, since: int, until: int) -> Charge:
        """What [since, until) cost."""
        return charge_of(self.segments, since, until)

    def billed_until(self, now: int, billing_run_seconds: int) -> int:
        """Up to when the billing run has billed it: an ended pod at once and whole."""
        if self.ended_at is not None:
            return self.ended_at
        if billing_run_seconds > 0:
            now -= now % billing_run_seconds
        return max(self.created_at, now)


def move(pod: Pod, status: str, now: float, reason: str = "") -> None:
    """Put the pod into `status` at `now` and let the meter follow."""
    pod.status, pod.phase_since = status, now
    if status == STARTING:
        pod.incarnation += 1
        pod.started_at = now
    if status == TERMINATED:
        pod.ended_at, pod.end_reason = int(now), reason
    _meter(pod, int(now))


def _meter(pod: Pod, now: int) -> None:
    """Close the running segment and open the next when the price changes at `now`."""
    holds_gpu = pod.status in HOLDS_GPU
    compute = pod.usd_per_pod_hour if holds_gpu else Decimal(0)
    storage = pod.usd_per_storage_month(holds_gpu=holds_gpu)
    last = pod.segments[-1] if pod.segments else None
    if last is not None and last.end is None:
        same = (last.usd_per_pod_hour, last.usd_per_storage_month) == (compute, storage)
        if same and pod.status != TERMINATED:
            return
        last.end = max(now, last.start)
    if pod.status != TERMINATED:
        pod.segments.append(Segment(now, None, compute, storage))


def advance(pod: Pod, now: float, *, provisioning: float, starting: float) -> bool:
    """Let time pass; True when the status changed. A stuck pod never gets a container."""
    before = pod.status
    if (
        pod.status == PROVISIONING
        and not pod.stuck
        and now >= pod.phase_since + provisioning
    ):
        move(pod, STARTING, pod.phase_since + provisioning)
    if pod.status == STARTING and now >= pod.phase_since + starting:
        move(pod, RUNNING, pod.phase_since + starting)
    return pod.status != before


def render(pod: Pod, now: float) -> dict[str, Any]:
    """A pod as the contract's Pod."""
    holds_gpu = pod.status in HOLDS_GPU
    notice: dict[str, Any] = {}
    if pod.notice_at is not None and pod.taken_at is not None:
        times = {"noticeAt": rfc3339(pod.notice_at), "endsAt": rfc3339(pod.taken_at)}
        notice = {"interruption": times}
    return notice | {
        "id": pod.id,
        "name": pod.name,
        "status": pod.status,
        "actions": list(pod.actions),
        "image": pod.body.get("image", ""),
        "args": pod.body.get("args", ""),
        "disk": int(pod.body["disk"]),
        "mounts": pod.body.get("mounts") or {},
        "ports": pod.body.get("ports") or [],
        "env": pod.env,
        "registry": pod.body.get("registry"),
        "gpu": {"id": pod.gpu_id, "count": pod.gpu_count},
        "cloud": pod.cloud,
        "dataCenterId": pod.data_center,
        "cudaVersion": "12.8",
        "ssh": {"proxy": None, "direct": None},
        "template": None,
        "cost": pod.usd_per_pod_hour if holds_gpu else Decimal(0),
        "locked": False,
        "globalNetworking": {"enabled": False},
        "runtime": _runtime(pod, now) if pod.status == RUNNING else None,
        "createdAt": rfc3339(pod.created_at),
        "startedAt": None if pod.started_at is None else rfc3339(pod.started_at),
    }


def _runtime(pod: Pod, now: float) -> dict[str, Any]:
    ports = [int(port.partition("/")[0]) for port in pod.body.get("ports") or []]
    return {
        "uptime": max(0, int(now - (pod.started_at or now))),
        "gpus": [{"util": 0, "memoryUtil": 0} for _ in range(pod.gpu_count)],
        "ports": [
            {"private": port, "public": port, "type": "http", "ip": None} for port in ports
        ],
    }


def to_json(pod: Pod) -> dict[str, Any]:
    """A pod as its state file keeps it; money as strings."""
    kept = asdict(pod)
    kept["usd_per_pod_hour"] = str(pod.usd_per_pod_hour)
    for segment in kept["segments"]:
        for name in ("usd_per_pod_hour", "usd_per_storage_month"):
            segment[name] = str(segment[name])
    return kept


def from_json(kept: dict[str, Any]) -> Pod:
    """The pod that `to_json` wrote."""
    segments = [
        Segment(
            item["start"],
            item["end"],
            Decimal(item["usd_per_pod_hour"]),
            Decimal(item["usd_per_storage_month"]),
        )
        for item in kept["segments"]
    ]
    return Pod(
        **kept
        | {
            "usd_per_pod_hour": Decimal(kept["usd_per_pod_hour"]),
            "segments": segments,
            "engine_tokens": {
                int(key): Tokens(**item) for key, item in kept["engine_tokens"].items()
            },
        }
    )
