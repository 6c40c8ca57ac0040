"""The command line of the sandbox."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO

import uvicorn

from fleet.sandbox.app import create_app
from fleet.sandbox.settings import ENGINE_CHOICES, SandboxSettings

HOST = "127.0.0.1"
DEFAULT_PORT = 8701
SHUTDOWN_SECONDS = 2
PROBE_VLLM = "import importlib.util, sys; sys.exit(not importlib.util.find_spec('vllm'))"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; exit status 0, or 1 after one sentence on stderr."""
    options = _parser().parse_args(argv)
    try:
        return _serve(options)
    except _CannotStart as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1


class _CannotStart(Exception):
    """Why the sandbox cannot start, in a sentence."""


def _parser() -> argparse.ArgumentParser:
    defaults = SandboxSettings(Path("."))
    parser = argparse.ArgumentParser(
        prog="python -m fleet.sandbox", description="A stand-in for RunPod on this machine."
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--state", type=Path, default=Path("var/sandbox"), metavar="DIR")
    parser.add_argument("--engine", choices=ENGINE_CHOICES, default=defaults.engine)
    parser.add_argument("--vllm-python", type=Path, metavar="PATH")
    parser.add_argument(
        "--balance", default=str(defaults.opening_balance_usd), help="USD of a new account"
    )
    parser.add_argument("--provisioning", type=float, default=defaults.provisioning_seconds)
    parser.add_argument("--starting", type=float, default=defaults.starting_seconds)
    parser.add_argument(
        "--download-gb-per-second",
        type=float,
        default=defaults.download_gb_per_second,
        help="speed of a first load of weights; 0 takes no time",
    )
    parser.add_argument(
        "--volume-gb-per-second",
        type=float,
        default=defaults.volume_gb_per_second,
        help="speed of a load from a network volume; 0 takes no time",
    )
    parser.add_argument(
        "--cold-start",
        type=float,
        default=defaults.serverless_cold_start_seconds,
        help="seconds until a serverless worker loads its weights",
    )
    parser.add_argument(
        "--spot-interruptions",
        type=float,
        default=defaults.spot_interruptions_per_hour,
        help="interruptions per hour of each pod of the spot market",
    )
    parser.add_argument("--spot-seed", default=defaults.spot_seed)
    parser.add_argument(
        "--billing-run",
        type=int,
        default=defaults.billing_run_seconds,
        help="seconds between billing runs; 0 bills at once",
    )
    parser.add_argument(
        "--requests-per-minute", type=int, default=defaults.requests_per_minute
    )
    return parser


def _serve(options: argparse.Namespace) -> int:
    settings = _settings(options)
    lock = _lock(settings.state_dir)
    listener = _listen(options.port)
    engine = "vLLM on the CPU" if settings.vllm_python else "replay"
    port = listener.getsockname()[1]
    print(
        f"sandbox: http://{HOST}:{port} state {settings.state_dir} engine {engine}",
        flush=True,
    )
    config = uvicorn.Config(
        create_app(settings),
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = _Server(config)
    # uvicorn raises the signal again when it has shut down: an end that was asked for
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    lock.close()
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Ends engines and log streams first; uvicorn would wait for them in vain."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state = self.config.app.state  # type: ignore[union-attr]
        await asyncio.gather(state.cloud.close(), state.spot.close())
        await super().shutdown(sockets)


def _settings(options: argparse.Namespace) -> SandboxSettings:
    try:
        balance = Decimal(options.balance)
    except InvalidOperation:
        raise _CannotStart(
            f"--balance must be USD such as 500.00, got {options.balance}"
        ) from None
    python = None if options.engine == "replay" else _vllm_python(options.vllm_python)
    if options.engine == "vllm" and python is None:
        raise _CannotStart(
            "--engine vllm needs --vllm-python with an interpreter that has vLLM"
        )
    return SandboxSettings(
        state_dir=options.state,
        engine=options.engine,
        vllm_python=python,
        opening_balance_usd=balance,
        provisioning_seconds=options.provisioning,
        starting_seconds=options.starting,
        download_gb_per_second=options.download_gb_per_second,
        volume_gb_per_second=options.volume_gb_per_second,
        serverless_cold_start_seconds=options.cold_start,
        spot_interruptions_per_hour=options.spot_interruptions,
        spot_seed=options.spot_seed,
        billing_run_seconds=options.billing_run,
        requests_per_minute=options.requests_per_minute,
    )


def _vllm_python(given: Path | None) -> Path | None:
    """The interpreter if vLLM is installed for it."""
    if given is None or not os.access(given, os.X_OK):
        return None
    probe = subprocess.run([given, "-c", PROBE_VLLM], check=False, timeout=30)
    # not resolved: a virtual environment's interpreter is a link, and the link matters
    return given.absolute() if probe.returncode == 0 else None


def _lock(state_dir: Path) -> IO[str]:
    """Hold the state folder; the kernel lets go of it when this process ends."""
    state_dir.mkdir(parents=True, exist_ok=True)
    lock = (state_dir / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise _CannotStart(f"another sandbox already uses {state_dir}") from None
    return lock


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise _CannotStart(f"port {port} cannot be used: {error.strerror}") from None
    listener.listen(2048)
    return listener
