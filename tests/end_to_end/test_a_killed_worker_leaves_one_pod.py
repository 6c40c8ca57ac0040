"""kill -9 in the worst moment, and answers that never come: one pod, never two."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest

from tests.end_to_end.console import CATALOG, Console
from tests.end_to_end.test_main_job import assert_books_agree, serve, stop_and_close

pytestmark = pytest.mark.slow

CREATED = "createPod"


def order(console: Console) -> None:
    console.wait("the catalog", CATALOG, seconds=20)
    console.order(slug="llama-a")


def living(console: Console) -> list[str]:
    """Names of the pods that the cloud bills now."""
    pods = console.cloud("GET", "/sandbox/truth")["pods"]
    return [pod["name"] for pod in pods if pod["ended_at"] is None]


def rented_ever(console: Console) -> list[str]:
    return [pod["name"] for pod in console.cloud("GET", "/sandbox/truth")["pods"]]


def test_a_worker_killed_between_the_create_and_the_saved_id(
    start_console: Callable[..., Console],
) -> None:
    console = start_console(KERNE_SANDBOX_ENGINE="replay", KERNE_SETTLE_SECONDS="15")
    slow = {"kind": "slow", "operation": CREATED, "times": 1}
    slow["params"] = {"seconds": 20, "when": "after"}
    console.cloud("POST", "/sandbox/faults", slow)
    # Else a list that falls between the create and the look below adopts the pod at once.
    lag = {"kind": "list_lag", "params": {"seconds": 8}}
    console.cloud("POST", "/sandbox/faults", lag)
    order(console)
    console.wait_for("the create", lambda: rented_ever(console), seconds=30)
    assert console.value("SELECT provider_id FROM fleet_pod") == ""

    victims = console.worker_processes()
    assert victims
    for process in victims:
        process.kill()
    psutil.wait_procs(victims, timeout=10)
    console.wait(
        "the adoption",
        "SELECT 1 FROM fleet_pod WHERE provider_id <> '' AND status = 'serving'",
        seconds=60,
    )

    assert rented_ever(console) == ["kerne-demo-llama-a-1"]
    assert console.value("SELECT count(*) FROM fleet_pod") == 1
    stop_and_close(console)
    assert living(console) == []


def test_a_create_whose_answer_was_lost(start_console: Callable[..., Console]) -> None:
    console = start_console(KERNE_SANDBOX_ENGINE="replay", KERNE_SETTLE_SECONDS="15")
    console.cloud("POST", "/sandbox/faults", {"kind": "lost_response", "times": 1})
    used = serve(console, ready_seconds=60)

    assert rented_ever(console) == ["kerne-demo-llama-a-1"]
    stop_and_close(console)
    assert living(console) == []
    assert_books_agree(console, used)


def test_a_create_that_fails_before_it_happened_is_followed_by_one_pod(
    start_console: Callable[..., Console],
) -> None:
    console = start_console(KERNE_SANDBOX_ENGINE="replay", KERNE_SETTLE_SECONDS="5")
    failing = {"kind": "server_error", "operation": CREATED, "times": 1}
    failing["params"] = {"status": 500, "when": "before"}
    console.cloud("POST", "/sandbox/faults", failing)
    order(console)
    console.wait(
        "the second attempt",
        "SELECT 1 FROM fleet_pod WHERE attempt = 2 AND status = 'serving'",
        seconds=90,
    )

    assert rented_ever(console) == ["kerne-demo-llama-a-2"]
    stop_and_close(console)
    assert living(console) == []
