"""`manage.py up` as a real process, with everything that it starts."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.site.settings_reader import ROOT, bare_environment

pytestmark = pytest.mark.slow

START_SECONDS = 90
STOP_SECONDS = 15


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that run; one that ended and waits for init to collect it does not."""
    running = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


class Up:
    """One `up` in a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.port = free_port()
        self.environment = bare_environment(
            var,
            KERNE_PORT=str(self.port),
            KERNE_SANDBOX_PORT=str(free_port()),
            KERNE_MARKET_PRICES="false",  # a test asks nobody outside
            PYTHONPATH=str(ROOT),
        )
        self.output = var.with_suffix(".out")
        self._var = var

    def start(self) -> None:
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_for("Ctrl-C ends everything")
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while words not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            self.pause()

    def pause(self) -> None:
        """Let the other processes run for a moment, unless ours has ended."""
        try:
            self.process.wait(0.1)
        except subprocess.TimeoutExpired:
            return

    def text(self) -> str:
        return self.output.read_text()

    def run_another(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """A second `up`, to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def survivors(self) -> list[str]:
        """What still runs of the family, once it had time to go."""
        deadline = time.monotonic() + STOP_SECONDS
        while (alive := still_running(self.family)) and time.monotonic() < deadline:
            psutil.wait_procs(alive, timeout=0.1)
        return [str(process) for process in alive]

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=10
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def up(tmp_path_factory) -> Iterator[Up]:
    """One that runs for all tests of this file that only look at it."""
    running = Up(tmp_path_factory.mktemp("up") / "var")
    running.start()
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(STOP_SECONDS)


def test_it_says_a_line_for_each_part_one_address_and_a_login_link(up):
    said = up.text()

    for part in ("database", "redis", "cloud", "web", "worker", "beat"):
        assert re.search(rf"^{part} +ok  \S", said, flags=re.MULTILINE), said
    assert re.search(
        r"^cloud +ok  sandbox, play money; engine: \w", said, flags=re.MULTILINE
    )
    assert said.count("ready in ") == 1
    assert re.search(rf"^http://127\.0\.0\.1:{up.port}/login/\S{{40,}}$", said, flags=re.M)


def test_pages_answer_with_their_style(up):
    status, page = up.get("/login/")
    style = re.search(r'href="(/static/console/console\.[0-9a-f]+\.css)"', page)

    assert status == 200
    assert style is not None
    assert up.get(style[1])[0] == 200
    health = json.loads(up.get("/healthz")[1])
    health.pop("jobs", None)  # "silent" until each queue has run its first job
    assert health == {"ok": True, "database": "ok", "redis": "ok"}


def test_the_printed_link_opens_the_owners_form(up):
    path = re.findall(r"(/login/\S{40,})", up.text())[0]

    assert "Make the owner" in up.get(path)[1]


def test_a_second_one_in_the_same_folder_says_where_the_first_is(up):
    second = up.run_another()

    assert second.returncode == 3
    assert second.stderr == (
        f"Kerne already runs in this folder: http://127.0.0.1:{up.port} "
        f"(pid {up.process.pid}). "
        "Use that one, or set KERNE_VAR and KERNE_PORT for a second.\n"
    )
    assert up.get("/login/")[0] == 200


def test_a_port_in_use_is_said_before_anything_starts(up, tmp_path):
    second = up.run_another(KERNE_VAR=str(tmp_path / "var"))

    assert second.returncode == 2
    assert second.stderr == (
        f"Port {up.port} is in use by another program. Set KERNE_PORT to a free port, "
        f"such as KERNE_PORT={up.port + 10} make up.\n"
    )
    assert not (tmp_path / "var" / "postgres").exists()


def test_one_port_for_two_parts_is_said_before_anything_starts(up, tmp_path):
    port = str(free_port())

    second = up.run_another(
        KERNE_VAR=str(tmp_path / "var"), KERNE_PORT=port, KERNE_SANDBOX_PORT=port
    )

    assert second.returncode == 2
    assert second.stderr == (
        f"KERNE_PORT and KERNE_SANDBOX_PORT are both {port}; "
        "the console and the sandbox need a port each.\n"
    )


def test_no_secret_stands_in_what_it_wrote(up):
    secret = (Path(up.environment["KERNE_VAR"]) / "secret_key").read_text()
    logs = list((Path(up.environment["KERNE_VAR"]) / "log").glob("*.log"))

    assert len(logs) >= 5
    assert [str(log) for log in logs if secret in log.read_text(errors="replace")] == []


def test_a_crashed_part_is_started_again(up):
    web = next(p for p in psutil.Process(up.process.pid).children() if "web" in p.cmdline())
    os.kill(web.pid, signal.SIGKILL)

    up.wait_for("web: started again")

    assert "web ended (signal SIGKILL); starting it again in 1 s" in up.text()


def test_ctrl_c_ends_everything_and_a_kill_leaves_nothing_either(tmp_path):
    up = Up(tmp_path / "var")
    up.start()
    asked_at = time.monotonic()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(STOP_SECONDS) == 0
    assert time.monotonic() - asked_at < 11
    assert up.survivors() == []
    assert "Traceback" not in up.text()
    assert up.text().rstrip().endswith(f"stopped; the data is kept in {tmp_path / 'var'}")

    up.start()
    assert "migrations applied" not in up.text()  # the data survived
    up.process.kill()
    up.process.wait(5)
    assert up.survivors() == []

    up.start()
    up.process.terminate()
    assert up.process.wait(STOP_SECONDS) == 0
    assert up.survivors() == []
