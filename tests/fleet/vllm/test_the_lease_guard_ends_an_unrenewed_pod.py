"""The guard as it runs in a container: a real process, a real port, seconds for minutes."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

GUARD = Path(__file__).resolve().parents[3] / "fleet" / "vllm" / "lease_guard.py"
KEY = "sk-0123456789abcdef"
STAYS = "import time\nwhile True: time.sleep(60)"
SHOWS = "import os; print(sorted(n for n in os.environ if n.startswith('RUNPOD_')))"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Guarded:
    def __init__(self, code: str, env: dict[str, str], key: str = KEY) -> None:
        self.port = free_port()
        base = {
            "PATH": os.environ["PATH"],
            "KERNE_LEASE_HOST": "127.0.0.1",
            "KERNE_LEASE_PORT": str(self.port),
        }
        words = [sys.executable, "-c", code, *([f"--api-key={key}"] if key else [])]
        self.process = subprocess.Popen(
            [sys.executable, str(GUARD), *words],
            env=base | env,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, method: str, key: str = KEY, path: str = "/lease") -> int:
        url = f"http://127.0.0.1:{self.port}{path}"
        headers = {"Authorization": f"Bearer {key}"}
        deadline = time.monotonic() + 10
        pause = threading.Event()
        while True:
            try:
                return requests.request(method, url, headers=headers, timeout=5).status_code
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                pause.wait(0.05)

    def finish(self, seconds: float = 20) -> tuple[int, str]:
        out, _ = self.process.communicate(timeout=seconds)
        return self.process.returncode, out


Start = Callable[..., Guarded]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Guarded] = []

    def begin(code: str = STAYS, *, key: str = KEY, **env: str) -> Guarded:
        started.append(Guarded(code, env, key))
        return started[-1]

    yield begin
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)  # the guard's child too
            each.process.communicate(timeout=10)


def test_without_a_renewal_the_server_ends_and_the_container_with_it(start: Start):
    status, out = start(KERNE_LEASE_SECONDS="1").finish()

    assert status == 75
    assert "not renewed for 1 s, the server is ended" in out


def test_renewals_keep_it_alive(start: Start):
    guarded = start(KERNE_LEASE_SECONDS="3")
    begun = time.monotonic()
    pause = threading.Event()
    while time.monotonic() - begun < 5:
        assert guarded.ask("POST") == 200
        pause.wait(0.3)

    assert guarded.process.poll() is None
    assert guarded.finish()[0] == 75


def test_only_the_pods_own_key_renews(start: Start):
    guarded = start(KERNE_LEASE_SECONDS="30")

    assert guarded.ask("POST", key="sk-another-key-at-all") == 401
    assert guarded.ask("GET", key="") == 401
    assert guarded.ask("GET") == 200
    assert guarded.ask("POST", path="/other") == 404


def test_the_servers_own_end_is_the_containers(start: Start):
    assert start("raise SystemExit(3)", KERNE_LEASE_SECONDS="30").finish()[0] == 3


def test_a_container_that_starts_long_after_the_order_waits_for_a_renewal(start: Start):
    guarded = start(
        "print('loads')", KERNE_LEASE_SECONDS="5", KERNE_LEASE_ORDERED="1000000000"
    )
    assert guarded.ask("GET") == 200
    assert guarded.process.poll() is None

    guarded.ask("POST")
    status, out = guarded.finish()

    assert (status, "loads" in out) == (0, True)


def test_the_pods_own_cloud_key_is_kept_from_the_server(start: Start):
    names = {"RUNPOD_API_KEY": "rpa_x", "RUNPOD_POD_ID": "abc"}

    _, out = start(SHOWS, KERNE_LEASE_SECONDS="30", **names).finish()

    assert out.strip() == "['RUNPOD_POD_ID']"


def test_without_a_key_it_does_not_start(start: Start):
    status, out = start(key="", KERNE_LEASE_SECONDS="30").finish()

    assert status == 2 and "anybody could renew" in out


def test_without_a_lease_it_only_runs_the_command(start: Start):
    assert start("raise SystemExit(4)", key="").finish()[0] == 4
