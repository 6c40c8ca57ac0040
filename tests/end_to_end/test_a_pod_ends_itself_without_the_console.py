"""The dead-man lease with real parts: a silent console, a pod that ends, a sweep."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.end_to_end.console import CATALOG, Console

pytestmark = pytest.mark.slow

READY = "SELECT 1 FROM fleet_pod WHERE status = 'serving' AND lease_renewed_at IS NOT NULL"


def statuses(console: Console) -> list[str]:
    pods = console.cloud("GET", "/sandbox/truth")["pods"]
    return [pod["status"] for pod in pods]


def serve_then_fall_silent(console: Console, *, ready: float, lease: float) -> None:
    """Stop the worker as a crash would, until the pod has ended itself; then go on."""
    console.wait("the catalog", CATALOG, seconds=20)
    console.order(slug="llama-a")
    console.wait("a renewed lease", READY, seconds=ready)
    silent = console.worker_processes()
    assert silent and statuses(console) == ["RUNNING"]
    for process in silent:
        process.send_signal(signal.SIGSTOP)
    console.wait_for(
        "the pod's own end", lambda: statuses(console) == ["EXITED"], seconds=lease + 60
    )
    for process in silent:
        process.send_signal(signal.SIGCONT)
    console.wait(
        "the sweep of the exited pod",
        "SELECT 1 FROM fleet_auditentry WHERE acting_user = 'rule:broken'",
        seconds=60,
    )


def test_a_replay_pod_ends_itself_and_is_swept(
    start_console: Callable[..., Console],
) -> None:
    console = start_console(KERNE_SANDBOX_ENGINE="replay", KERNE_LEASE_SECONDS="40")

    serve_then_fall_silent(console, ready=60, lease=40)


def test_real_vllm_under_the_guard_ends_itself_and_is_swept(
    start_console: Callable[..., Console], vllm_python: str
) -> None:
    console = start_console(
        KERNE_SANDBOX_ENGINE="vllm", VLLM_PYTHON=vllm_python, KERNE_LEASE_SECONDS="60"
    )

    serve_then_fall_silent(console, ready=240, lease=60)
