"""A real vLLM server on the CPU, in a process group of its own."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path

import aiohttp
from starlette.requests import Request
from starlette.responses import Response

from fleet.sandbox.demand import Tokens
from fleet.sandbox.engines.base import EngineUnreachable, LogTo
from fleet.sandbox.engines.command import VllmCommand
from fleet.sandbox.engines.ending import end_process, log_to_end
from fleet.sandbox.engines.exposition import CONTENT_TYPE, read_tokens
from fleet.sandbox.engines.lease import LeaseGuard, free_port
from fleet.sandbox.engines.tiny_model import MODEL_LENGTH
from fleet.sandbox.forwarding import forward_to
from fleet.sandbox.problems import Problem

GUARD = Path(__file__).with_name("guard.py")
BLOCK_TOKENS = 32  # vLLM's CPU attention wants multiples of 32; its default is 128
SCRAPE_TIMEOUT = aiohttp.ClientTimeout(total=3)
LINE_BYTES = 1 << 20  # vLLM prints its whole configuration as one line


class VllmEngine:
    """One vLLM server with the tiny model, answering to the name the pod asked for."""

    kind = "vllm"

    def __init__(
        self,
        command: VllmCommand,
        *,
        python: Path,
        model: Path,
        http: aiohttp.ClientSession,
        log: LogTo,
        silence_seconds: float,
        lease: LeaseGuard | None = None,
    ) -> None:
        self.lease = lease
        self._command = command
        self._python = python
        self._model = model
        self._http = http
        self._log = log
        self._silence_seconds = silence_seconds
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._stopping = False
        self._ended = ""
        self._tokens = Tokens()
        self._port = 0
        self._hung = False
        self._frozen = ""

    @property
    def ended(self) -> str:
        """Why the server ended by itself; empty while it lives."""
        return self._ended

    async def start(self) -> None:
        """Start the process; vLLM needs about 30 s until it listens."""
        self._port = free_port()
        command = [str(self._python), *self._arguments()]
        environment = _environment(self._command.api_key)
        if self.lease is not None:
            command = self.lease.wrapped(command)
            environment |= self.lease.environment
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(GUARD), *command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            env=environment,
            start_new_session=True,
            limit=LINE_BYTES,
        )
        self._reader = asyncio.create_task(self._read_output(self._process))

    async def stop(self) -> None:
        """End the server and its workers; returns when they are gone."""
        self._stopping = True
        await end_process(self._process, self._reader)

    async def forward(self, request: Request, path: str) -> Response:
        """Pass the request on and the answer back, as it comes."""
        if self._process is None or self._ended:
            raise EngineUnreachable("the container has ended")
        if self._hung and path == "metrics":
            return Response(await self._frozen_metrics(), media_type=CONTENT_TYPE)
        if self._hung and path not in ("health", "version"):
            await asyncio.sleep(self._silence_seconds)
            raise Problem(524, f"the pod sent nothing for {self._silence_seconds:g} s")
        url = self._url(path)
        return await forward_to(self._http, url, request, self._silence_seconds)

    def hang(self) -> None:
        """Play a hung engine at the edge; the process itself goes on unharmed."""
        self._hung = True

    def terminate(self) -> None:
        """Pass SIGTERM on; the guard ends what is left after its grace time."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    async def _frozen_metrics(self) -> str:
        """The counters as first read after the hang, with one request running."""
        if not self._frozen:
            async with self._http.get(
                self._url("metrics"), timeout=SCRAPE_TIMEOUT
            ) as answer:
                text = await answer.text()
            self._frozen = re.sub(
                r"(?m)^(vllm:num_requests_running\{.*\}) .*$", r"\1 1.0", text
            )
        return self._frozen

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}/{path}"

    async def tokens(self) -> Tokens:
        """The server's own counters; the last known ones when it does not answer."""
        try:
            async with self._http.get(
                self._url("metrics"), timeout=SCRAPE_TIMEOUT
            ) as response:
                self._tokens = read_tokens(await response.text())
        except (aiohttp.ClientError, TimeoutError):
            return self._tokens
        return self._tokens

    def _arguments(self) -> list[str]:
        """What of the pod's command line runs on a CPU; parallelism and the like do not."""
        command = self._command
        length = min(command.max_model_length, MODEL_LENGTH)
        caching = "" if command.prefix_caching else "no-"
        arguments = ["-m", "vllm.entrypoints.openai.api_server"]
        arguments += ["--model", str(self._model), "--load-format", "dummy"]
        arguments += ["--served-model-name", *command.served_names]
        arguments += ["--host", "127.0.0.1", "--port", str(self._port)]
        arguments += ["--max-model-len", str(length), "--enforce-eager"]
        arguments += [
            "--block-size",
            str(BLOCK_TOKENS),
            f"--{caching}enable-prefix-caching",
        ]
        if command.prompt_tokens_details:
            arguments.append("--enable-prompt-tokens-details")
        return arguments

    async def _read_output(self, process: Process) -> None:
        status = await log_to_end(process, self._log)
        if not self._stopping:
            self._ended = f"vLLM ended with status {status}"
            self._log(self._ended)


def _environment(api_key: str) -> dict[str, str]:
    """The key travels here, because every user of the machine can read a command line."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RUNPOD_", "KERNE_", "VLLM_", "DJANGO_"))
        and name not in ("SECRET_KEY", "DATABASE_URL", "PYTHONPATH", "VIRTUAL_ENV")
    }
    kept |= {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
    }
    if api_key:
        kept["VLLM_API_KEY"] = api_key
    return kept
