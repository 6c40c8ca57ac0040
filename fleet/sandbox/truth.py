"""What only a sandbox can tell: every token and cent, without rounding or lag."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from fleet.sandbox.cloud import Cloud
from fleet.sandbox.pods import Pod
from fleet.sandbox.problems import invalid
from fleet.sandbox.serverless import Endpoint
from fleet.sandbox.wire import rfc3339

MOST_TOP_UP = Decimal(1_000_000)


def tell(cloud: Cloud) -> dict[str, Any]:
    """Every pod and volume ever, the create attempts, and the balance; money as strings."""
    now = int(cloud.now())
    attempts = cloud.account.create_attempts
    return {
        "now": rfc3339(now),
        "balance_usd": f"{cloud.balance_usd(now):f}",
        "credit_usd": f"{cloud.account.credit_usd:f}",
        "create_attempts": {"total": sum(attempts.values()), "by_name": attempts},
        "pods": [_pod(cloud, pod, now) for pod in cloud.pods.values()],
        "network_volumes": [
            {
                "id": volume.id,
                "name": volume.name,
                "size_gb": volume.size_gb,
                "created_at": rfc3339(volume.created_at),
                "ended_at": None if volume.ended_at is None else rfc3339(volume.ended_at),
                "charge_usd": f"{volume.charge(0, now).total_usd:f}",
                "weights_gb": volume.weights,
                "mounted_by": cloud.mounting(volume.id),
            }
            for volume in cloud.volumes.ever()
        ],
        "serverless": [_endpoint(item, now) for item in cloud.endpoints.ever()],
    }


def _endpoint(endpoint: Endpoint, now: int) -> dict[str, Any]:
    charge = endpoint.charge(0, now + 1, now)
    tokens = endpoint.tokens
    return {
        "id": endpoint.id,
        "name": endpoint.shown["name"],
        "created_at": rfc3339(endpoint.created_at),
        "ended_at": None if endpoint.ended_at is None else rfc3339(endpoint.ended_at),
        "workers": [
            {
                "id": worker.id,
                "gpu_id": worker.gpu_id,
                "usd_per_worker_hour": f"{worker.usd_per_worker_hour:f}",
                "billed_seconds": (worker.ended_at or now) - worker.started_at,
                "end_reason": worker.end_reason,
            }
            for worker in endpoint.workers
        ],
        "jobs": endpoint.counts,
        "charge_usd": {
            "gpu": f"{charge.compute_usd:f}",
            "disk": f"{charge.storage_usd:f}",
            "fee": f"{endpoint.fee_usd(charge):f}",
            "total": f"{endpoint.total_usd(now):f}",
        },
        "tokens": {
            "uncached_prompt": tokens.uncached_prompt,
            "cached_prompt": tokens.cached_prompt,
            "completion": tokens.completion,
        },
    }


def _pod(cloud: Cloud, pod: Pod, now: int) -> dict[str, Any]:
    until = now if pod.ended_at is None else pod.ended_at
    charge = pod.charge(pod.created_at, until)
    engine = cloud.room.engine(pod.id)
    tokens = pod.tokens
    return {
        "id": pod.id,
        "name": pod.name,
        "status": pod.status,
        "gpu_id": pod.gpu_id,
        "gpu_count": pod.gpu_count,
        "usd_per_pod_hour": f"{pod.usd_per_pod_hour:f}",
        "created_at": rfc3339(pod.created_at),
        "ended_at": None if pod.ended_at is None else rfc3339(pod.ended_at),
        "end_reason": pod.end_reason,
        "notice_at": None if pod.notice_at is None else rfc3339(pod.notice_at),
        "alive_seconds": until - pod.created_at,
        "charge_usd": {
            "gpu": f"{charge.compute_usd:f}",
            "disk": f"{charge.storage_usd:f}",
            "total": f"{charge.total_usd:f}",
        },
        "engine": None if engine is None else engine.kind,
        "engine_starts": pod.incarnation,
        "tokens": {
            "uncached_prompt": tokens.uncached_prompt,
            "cached_prompt": tokens.cached_prompt,
            "completion": tokens.completion,
        },
    }


def top_up_amount(body: Any) -> Decimal:
    """The amount in ``{"usd": "100.00"}``; Problem 422 with a sentence when it is none."""
    value = body.get("usd") if isinstance(body, dict) else None
    wanted = f'$.usd: want a text such as "100.00", above 0, up to {MOST_TOP_UP}'
    try:
        usd = Decimal(value) if isinstance(value, str) else Decimal(0)
    except InvalidOperation:
        usd = Decimal(0)
    if not (usd.is_finite() and 0 < usd <= MOST_TOP_UP):
        raise invalid([f"{wanted}, got {value!r}"])
    return usd
