"""A console as its operator runs it: `manage.py up` and a browser's requests."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg
import requests
from psycopg.rows import dict_row

from kerne_site import places

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS = 90
LOOK_SECONDS = 0.25
HTTP_SECONDS = 30
# Public prices are in the table before the catalog is; an order needs the catalog.
CATALOG = "SELECT 1 FROM fleet_marketoffer WHERE source = 'runpod_catalog'"
PASSWORD = "correct-horse-battery-staple"


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Console:
    """One running `up` in a folder of its own, with a logged-in owner."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port, self.cloud_port = free_port(), free_port()
        self.env = {
            **{name: value for name, value in os.environ.items() if keep(name)},
            "KERNE_VAR": str(folder),
            "KERNE_PORT": str(self.port),
            "KERNE_SANDBOX_PORT": str(self.cloud_port),
            "KERNE_SCHEDULE_SCALE": "0.2",
            "KERNE_MARKET_PRICES": "false",  # a test asks nobody outside
            **settings,
        }
        self.url = f"http://127.0.0.1:{self.port}"
        self.cloud_url = f"http://127.0.0.1:{self.cloud_port}"
        self.http = requests.Session()
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()

    # -- the process --

    def start(self) -> None:
        """Start `up`, wait for its login link and make the owner's account with it."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        link = self._await_line(re.compile(r"(http://\S+/login/\S+)"))
        self._log_in(link)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self._queue.put(line)
        self._queue.put(None)

    def _await_line(self, pattern: re.Pattern[str]) -> str:
        deadline = time.monotonic() + UP_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._queue.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            if found := pattern.search(line):
                return found.group(1)
        raise AssertionError("`up` did not come up:\n" + "\n".join(self.lines))

    def stop(self) -> None:
        """Ctrl-C, as the operator ends it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
        self._reader.join(timeout=5)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def worker_processes(self) -> list[psutil.Process]:
        """The Celery worker and its children."""
        mine = psutil.Process(self.process.pid).children(recursive=True)
        return [each for each in mine if {"worker", "--queues"} <= words_of(each)]

    # -- the browser --

    def _log_in(self, link: str) -> None:
        page = self.http.get(link, timeout=HTTP_SECONDS).text
        self.post_form(link, page, username="ada", password1=PASSWORD, password2=PASSWORD)
        assert "kerne-session" in self.http.cookies, "the login link did not log in"

    def page(self, path: str) -> str:
        """A page's HTML; it must answer 200."""
        answer = self.http.get(self.url + path, timeout=HTTP_SECONDS)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def post_form(self, url: str, page: str, **fields: Any) -> requests.Response:
        """Send a form with the token of the page that showed it."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, f"no form on {url}"
        data = {"csrfmiddlewaretoken": token.group(1), **fields}
        return self.http.post(
            url, data=data, headers={"Referer": url}, timeout=HTTP_SECONDS
        )

    def order(self, **fields: Any) -> None:
        """Fill the order form, read the plan, confirm it."""
        path = "/fleet/order/"
        form = {
            "fleet_id": self.value("SELECT id FROM fleet_fleet WHERE tier = 1"),
            "variant_id": self.value(
                "SELECT id FROM fleet_modelvariant "
                "WHERE repository = 'meta-llama/Llama-3.1-8B-Instruct'"
            ),
            "gpu_type_id": "NVIDIA GeForce RTX 4090",
            "gpu_count": 1,
            "cloud": "SECURE",
            "rental_kind": "on_demand",
            "replicas": 1,
            "max_model_len": 1024,
            "gpu_memory_utilization": "0.90",
            "container_disk_gb": 60,
        } | fields
        plan = self.post_form(self.url + path, self.page(path), **form)
        assert plan.status_code == 200, f"the plan was refused: {words(plan.text)}"
        self._confirm(plan.text)

    def act(self, kind: str, *, typed: str = "", **parameters: Any) -> None:
        """Open the plan of an action and confirm it."""
        page = self.page(f"/actions/plan/{kind}/?{urlencode(parameters)}")
        self._confirm(page, **({"typed": typed} if typed else {}))

    def _confirm(self, page: str, **answers: str) -> None:
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        confirm = re.search(r'action="([^"]+)"[^>]*data-once', page)
        assert confirm, f"the plan has no confirmation: {words(page)}"
        hidden = {name: unescape(value) for name, value in hidden.items()}
        answer = self.post_form(self.url + confirm.group(1), page, **hidden, **answers)
        assert answer.status_code == 200, words(answer.text)

    # -- the facts --

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the database holds."""
        address = places.database_url(self.folder)
        with psycopg.connect(address, row_factory=dict_row, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        """The one value of a query; it must have a row."""
        (row,) = self.rows(query, *values)[:1] or [{}]
        assert row, f"no row: {query}"
        return next(iter(row.values()))

    def wait(self, what: str, query: str, *, seconds: float) -> dict[str, Any]:
        """The first row of `query`, as soon as it has one."""
        for _ in self.looks(seconds):
            if found := self.rows(query):
                return found[0]
        state = self.rows("SELECT name, status, health, status_reason FROM fleet_pod")
        raise AssertionError(f"{what} did not come within {seconds} s: {state}")

    def wait_for(self, what: str, look: Callable[[], Any], *, seconds: float) -> Any:
        """The first true thing that `look` gives."""
        for _ in self.looks(seconds):
            if found := look():
                return found
        raise AssertionError(f"{what} did not come within {seconds} s")

    def looks(self, seconds: float) -> Iterator[None]:
        """Look again and again until the time is over, or `up` itself has ended."""
        pause = threading.Event()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "`up` ended:\n" + "\n".join(
                self.lines[-30:]
            )
            yield
            pause.wait(LOOK_SECONDS)

    def run(self, code: str) -> str:
        """Run Python inside the console's own settings and database; what it printed."""
        begin = "import django; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", begin + code],
            cwd=ROOT,
            env={**self.env, "DJANGO_SETTINGS_MODULE": "kerne_site.settings"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    # -- the cloud --

    def cloud(self, method: str, path: str, body: Any = None) -> Any:
        """The sandbox's own interface: its truth and its faults."""
        answer = requests.request(
            method,
            self.cloud_url + path,
            json=body,
            headers={"Authorization": "Bearer sandbox-key"},
            timeout=HTTP_SECONDS,
        )
        assert answer.status_code < 300, answer.text
        return json.loads(answer.text) if answer.text else None


def words_of(process: psutil.Process) -> set[str]:
    """The command line of a process; none of one that has just ended."""
    try:
        return set(process.cmdline())
    except psutil.NoSuchProcess:
        return set()


def keep(name: str) -> bool:
    """Whether a variable of the test's environment may reach the console."""
    own = (
        "KERNE_",
        "RUNPOD_",
        "DATABASE_URL",
        "REDIS_URL",
        "CELERY_",
        "DJANGO_",
        "SECRET_KEY",
    )
    return not name.startswith(own) and not name.startswith("PYTEST_")


def words(page: str) -> str:
    """The text of a page, for a message."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))[-1500:]
