"""The lease guard of a pod: the same program that an image with it runs."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path

import aiohttp
from starlette.requests import Request
from starlette.responses import Response

from fleet.sandbox.engines.base import EngineUnreachable, LogTo
from fleet.sandbox.engines.ending import end_process, log_to_end
from fleet.sandbox.forwarding import forward_to

GUARD = Path(__file__).resolve().parents[2] / "vllm" / "lease_guard.py"
ENDS_WITH_US = Path(__file__).with_name("guard.py")
STAYS = "import time\nwhile True: time.sleep(3600)"
SILENCE_SECONDS = 10.0


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LeaseGuard:
    """Where a pod's lease is renewed, and how its command is wrapped.

    A pod with a process of its own runs it under the guard (`wrapped`). A replay has
    none: `stand_in` runs the guard around a process that only stays.
    """

    def __init__(self, env: dict[str, str], api_key: str, log: LogTo) -> None:
        self.port = free_port()
        self._api_key = api_key
        self._env = {
            "KERNE_LEASE_SECONDS": env["KERNE_LEASE_SECONDS"],
            "KERNE_LEASE_ORDERED": env.get("KERNE_LEASE_ORDERED", ""),
            "KERNE_LEASE_PORT": str(self.port),
            "KERNE_LEASE_HOST": "127.0.0.1",
            "VLLM_API_KEY": api_key,
        }
        self._log = log
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._stopping = False
        self.ended = ""

    @property
    def environment(self) -> dict[str, str]:
        """What the guard reads; in the environment, which other users cannot see."""
        return self._env

    def wrapped(self, command: list[str]) -> list[str]:
        """`command` under the guard."""
        return [sys.executable, str(GUARD), *command]

    async def stand_in(self) -> None:
        """Run the guard without a server."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(ENDS_WITH_US)),
            *self.wrapped([sys.executable, "-c", STAYS]),
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            env={"PATH": os.environ.get("PATH", ""), **self._env},
            start_new_session=True,
        )
        self._reader = asyncio.create_task(self._read_output(self._process))

    async def stop(self) -> None:
        """End the stand-in; returns when it is gone."""
        self._stopping = True
        await end_process(self._process, self._reader)

    async def forward(
        self, http: aiohttp.ClientSession, request: Request, path: str
    ) -> Response:
        """A renewal on its way to the guard."""
        if self.ended:
            raise EngineUnreachable("the container has ended")
        url = f"http://127.0.0.1:{self.port}/{path}"
        return await forward_to(http, url, request, SILENCE_SECONDS)

    async def _read_output(self, process: Process) -> None:
        status = await log_to_end(process, self._log)
        if not self._stopping:
            self.ended = f"the lease guard ended with status {status}"
