"""The billing routes: charges by pod or volume and UTC bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fleet.sandbox.money import Charge
from fleet.sandbox.pods import Pod
from fleet.sandbox.problems import Problem, invalid
from fleet.sandbox.serverless import Endpoint
from fleet.sandbox.volumes import NetworkVolume
from fleet.sandbox.wire import parse_rfc3339, rfc3339

BUCKET_SIZES = ("hour", "day", "week", "month", "year")
DEFAULT_WINDOW = timedelta(days=30)
MAX_BUCKETS = 20_000
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Window:
    """A resolved billing window [start, end), on bucket boundaries, in epoch seconds."""

    start: int
    end: int
    bucket_size: str

    def buckets(self) -> Iterator[tuple[int, int]]:
        """Its buckets as [start, end), oldest first."""
        start = self.start
        while start < self.end:
            end = _next(start, self.bucket_size)
            yield start, end
            start = end

    def shown(self) -> dict[str, str]:
        """As a record or a query echo shows the range."""
        return {"startTime": rfc3339(self.start), "endTime": rfc3339(self.end)}


def window_of(query: Mapping[str, str], now: float) -> Window:
    """The window asked for; Problem 422 for a bad value, 400 for a bad combination."""
    size = query.get("bucketSize", "day")
    if size not in BUCKET_SIZES:
        raise invalid([f"bucketSize: {size!r} is not one of {', '.join(BUCKET_SIZES)}"])
    last = query.get("lastN")
    if last is None:
        return _between(query, size, now)
    if "startTime" in query or "endTime" in query:
        raise Problem(
            400, "lastN and startTime/endTime exclude each other; send one of them"
        )
    if not last.isdigit() or not 1 <= int(last) <= MAX_BUCKETS:
        raise invalid([f"lastN: want a whole number from 1 to {MAX_BUCKETS}, got {last!r}"])
    start = floor_to(now, size)
    end = _next(start, size)
    for _ in range(int(last) - 1):
        start = floor_to(start - 1, size)
    return Window(start, end, size)


def _between(query: Mapping[str, str], size: str, now: float) -> Window:
    start = now - DEFAULT_WINDOW.total_seconds()
    end = now
    if "startTime" in query:
        start = parse_rfc3339(query["startTime"], "startTime")
    if "endTime" in query:
        end = parse_rfc3339(query["endTime"], "endTime")
    if end <= start:
        raise Problem(400, "endTime must be after startTime")
    if (end - start) / 3600 > MAX_BUCKETS and size == "hour":
        raise Problem(400, f"the window has more than {MAX_BUCKETS} buckets; ask for less")
    first, last = floor_to(start, size), floor_to(end, size)
    return Window(first, last if last == end else _next(last, size), size)


def floor_to(epoch_seconds: float, size: str) -> int:
    """Start of the UTC bucket that a time falls into; weeks begin on Monday."""
    moment = datetime.fromtimestamp(epoch_seconds, tz=UTC)
    moment = moment.replace(minute=0, second=0, microsecond=0)
    if size != "hour":
        moment = moment.replace(hour=0)
    if size == "week":
        moment -= timedelta(days=moment.weekday())
    if size in ("month", "year"):
        moment = moment.replace(day=1)
    if size == "year":
        moment = moment.replace(month=1)
    return int(moment.timestamp())


def _next(start: int, size: str) -> int:
    """Start of the bucket after the one that begins at `start`."""
    hours = {"hour": 1, "day": 24, "week": 7 * 24, "month": 32 * 24, "year": 367 * 24}
    return floor_to(start + hours[size] * 3600, size)


def pod_amounts(charge: Charge) -> dict[str, Decimal]:
    """A charge as the contract's PodBillingAmounts; the sandbox has no CPU pods."""
    return {
        "totalAmount": charge.total_usd,
        "gpuAmount": charge.compute_usd,
        "cpuAmount": NOTHING,
        "diskAmount": charge.storage_usd,
    }


def volume_amounts(volume_type: str, charge: Charge) -> dict[str, Decimal]:
    """A charge as the contract's NetworkVolumeBillingAmounts."""
    fast = volume_type == "HIGH_PERFORMANCE"
    return {
        "totalAmount": charge.storage_usd,
        "standardAmount": NOTHING if fast else charge.storage_usd,
        "highPerformanceAmount": charge.storage_usd if fast else NOTHING,
    }


def pod_records(
    window: Window, pods: list[Pod], now: int, billing_run_seconds: int
) -> list[dict[str, Any]]:
    """One record per bucket and pod that lived in it, as far as billing has come."""
    records = []
    for start, end in window.buckets():
        for pod in pods:
            last = now if pod.ended_at is None else pod.ended_at
            if pod.created_at < end and (last > start or pod.created_at >= start):
                until = max(start, min(end, pod.billed_until(now, billing_run_seconds)))
                times = {"startTime": rfc3339(start), "endTime": rfc3339(end)}
                amounts = pod_amounts(pod.charge(start, until))
                records.append(times | {"podId": pod.id} | amounts)
    return records


def volume_records(
    window: Window, volumes: list[NetworkVolume], now: int, billing_run_seconds: int
) -> list[dict[str, Any]]:
    """One record per bucket and network volume that existed in it."""
    run = now - now % billing_run_seconds if billing_run_seconds > 0 else now
    records = []
    for start, end in window.buckets():
        for volume in volumes:
            ended = volume.ended_at
            until = min(end, run if ended is None else ended)
            if volume.created_at < end and until > start:
                amounts = volume_amounts(volume.type, volume.charge(start, until))
                times = {"startTime": rfc3339(start), "endTime": rfc3339(end)}
                records.append(times | {"networkVolumeId": volume.id} | amounts)
    return records


def serverless_records(
    window: Window, endpoints: list[Endpoint], now: int, billing_run_seconds: int
) -> list[dict[str, Any]]:
    """One record per bucket and endpoint whose workers cost something in it."""
    run = now - now % billing_run_seconds if billing_run_seconds > 0 else now
    records = []
    for start, end in window.buckets():
        for endpoint in endpoints:
            charge = endpoint.charge(start, end, run)
            if charge != Charge():
                times = {"startTime": rfc3339(start), "endTime": rfc3339(end)}
                amounts = serverless_amounts(charge, endpoint.fee_usd(charge))
                records.append(times | {"serverlessId": endpoint.id} | amounts)
    return records


def serverless_amounts(charge: Charge, fee_usd: Decimal) -> dict[str, Decimal]:
    """A charge as the contract's ServerlessBillingAmounts; no worker has a CPU only."""
    return {
        "totalAmount": charge.total_usd + fee_usd,
        "gpuAmount": charge.compute_usd,
        "cpuAmount": NOTHING,
        "diskAmount": charge.storage_usd,
        "feeAmount": fee_usd,
    }


def listing(
    records: list[dict[str, Any]],
    query: dict[str, Any],
    empty: dict[str, Decimal],
    *,
    unique: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Records with the metadata around them; the totals are the sums of what is shown.

    unique  (name of the metadata count, record field it counts)
    """
    totals = {name: sum((row[name] for row in records), NOTHING) for name in empty}
    metadata: dict[str, Any] = {"query": query, "recordCount": len(records)}
    if unique is not None:
        metadata[unique[0]] = len({row[unique[1]] for row in records})
    return {"records": records, "metadata": metadata | {"totals": totals}}


ALL_AMOUNTS = {
    name: NOTHING
    for name in (
        *("totalAmount", "podGpuAmount", "podCpuAmount", "podDiskAmount"),
        *("serverlessGpuAmount", "serverlessCpuAmount", "serverlessDiskAmount"),
        *("serverlessFeeAmount", "storageStandardAmount", "storageHighPerformanceAmount"),
        *("endpointAmount", "clusterGpuAmount", "clusterDiskAmount"),
        "clusterNetworkingAmount",
    )
}
SERVERLESS_AMOUNTS = serverless_amounts(Charge(), NOTHING)
SERVERLESS_SHARE = {
    "serverlessGpuAmount": "gpuAmount",
    "serverlessDiskAmount": "diskAmount",
    "serverlessFeeAmount": "feeAmount",
}
POD_SHARE = {"podGpuAmount": "gpuAmount", "podDiskAmount": "diskAmount"}
VOLUME_SHARE = {
    "storageStandardAmount": "standardAmount",
    "storageHighPerformanceAmount": "highPerformanceAmount",
}


def all_records(
    pod_rows: list[dict[str, Any]],
    volume_rows: list[dict[str, Any]],
    serverless_rows: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Rows of pods, volumes and endpoints, added up per bucket."""
    by_bucket: dict[str, dict[str, Any]] = {}
    for rows, shares in (
        (pod_rows, POD_SHARE),
        (volume_rows, VOLUME_SHARE),
        (serverless_rows, SERVERLESS_SHARE),
    ):
        for row in rows:
            times = {"startTime": row["startTime"], "endTime": row["endTime"]}
            total = by_bucket.setdefault(row["startTime"], times | ALL_AMOUNTS)
            total["totalAmount"] += row["totalAmount"]
            for name, source in shares.items():
                total[name] += row[source]
    return [by_bucket[start] for start in sorted(by_bucket)]
