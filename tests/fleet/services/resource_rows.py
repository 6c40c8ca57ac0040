"""A wanted volume and a wanted endpoint of the fake account, and one tick over them."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from fleet.models import NetworkVolume, ServerlessEndpoint
from fleet.providers.base import ProviderError
from fleet.providers.fake import FakeProvider
from fleet.services import resources
from tests.clock import NOON, Clock
from tests.factories import make_deployment, make_offer
from tests.fleet.services.conftest import allow

RTX_4090 = "NVIDIA GeForce RTX 4090"
Row = NetworkVolume | ServerlessEndpoint
_numbers = itertools.count(1)


def make_volume(**columns: Any) -> NetworkVolume:
    defaults = common("vol") | {"size_gb": 100, "data_center_id": "EU-RO-1"}
    return NetworkVolume.objects.create(**with_deployment(defaults | columns))


def make_endpoint(**columns: Any) -> ServerlessEndpoint:
    defaults = common("sls") | {
        "gpu_type_id": RTX_4090,
        "gpu_count": 1,
        "workers_max": 3,
        "image": "runpod/worker-v1-vllm:test",
        "usd_per_worker_hour": Decimal("1.116"),
    }
    return ServerlessEndpoint.objects.create(**with_deployment(defaults | columns))


def common(what: str) -> dict[str, Any]:
    return {
        "name": f"kerne-demo-llama-{what}-{next(_numbers)}",
        "provider": "fake",
        "requested_at": NOON,
        "status_since": NOON,
    }


def with_deployment(columns: dict[str, Any]) -> dict[str, Any]:
    if "deployment" not in columns:
        columns["deployment"] = make_deployment()
    return columns


MAKERS = {"volume": make_volume, "endpoint": make_endpoint}


def tick(account: FakeProvider, clock: Clock, *, guard: Any = allow) -> str:
    """One tick; a provider that does not answer is told, as the job does."""
    try:
        return resources.tend(provider=account, guard=guard, now=clock.now)
    except ProviderError as error:
        return f"no list: {error}"


def calls(account: FakeProvider, method: str) -> int:
    return [name for name, _ in account.calls].count(method)


def serverless_columns(**columns: Any) -> dict[str, Any]:
    """Columns of a deployment whose rental is an endpoint of 0 to 3 workers."""
    return {
        "rental_kind": "serverless",
        "workers_max": 3,
        "max_usd_per_worker_hour": Decimal("1.2000"),
    } | columns


def worker_price(usd: str = "1.116", **columns: Any) -> None:
    """The catalog's price of a serverless worker with one RTX 4090 [USD/h]."""
    make_offer(
        provider="fake",
        kind="serverless",
        cloud="",
        usd_per_gpu_hour=Decimal(usd),
        seen_at=NOON,
        **columns,
    )
