"""A RunPod account at a scripted server, and a request to rent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet.providers.base import PodRequest
from fleet.providers.runpod import RunPodProvider
from tests.fleet.providers.scripted_server import ScriptedServer, scripted_server

KEY = "rpa_planted_key_0123456789"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def runpod(server: ScriptedServer) -> RunPodProvider:
    return runpod_at(server)


def runpod_at(server: ScriptedServer, *, seconds: float = 5) -> RunPodProvider:
    return RunPodProvider(
        api_key=KEY,
        base_url=server.url,
        graphql_url=f"{server.url}/graphql",
        proxy_url=server.url + "/proxy/{pod_id}/{port}",
        read_seconds=seconds,
        create_seconds=seconds,
    )


def a_request(**changes: object) -> PodRequest:
    given: dict[str, object] = {
        "name": "kerne-demo-llama-1",
        "image": "vllm/vllm-openai:v0.32.0",
        "args": "--model meta-llama/Llama-3.1-8B-Instruct --api-key=sk-planted-0001",
        "env": {"HF_TOKEN": "hf_planted_secret", "KERNE_POD": "kerne-demo-llama-1"},
        "gpu_type_id": "NVIDIA GeForce RTX 4090",
        "gpu_count": 1,
        "cloud": "SECURE",
        "disk_gb": 40,
        "ports": ("8000/http",),
    }
    return PodRequest(**{**given, **changes})  # type: ignore[arg-type]
