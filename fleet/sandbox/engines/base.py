"""What the sandbox asks of an engine, whichever it is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request
from starlette.responses import Response

from fleet.sandbox.demand import Tokens

if TYPE_CHECKING:
    from fleet.sandbox.engines.lease import LeaseGuard


class LogTo(Protocol):
    """Writes a line to the container's log: as of now, or of an instant that has passed
    since the line before."""

    def __call__(self, text: str, at: datetime | None = None) -> None: ...


class EngineUnreachable(Exception):
    """Nothing listens on the engine's port: not yet, or no more."""


class Engine(Protocol):
    """A server inside a pod's container."""

    kind: str  # "vllm" or "replay"
    lease: LeaseGuard | None  # where the pod's lease is renewed, if it has one

    async def start(self) -> None:
        """Begin loading; returns before the engine answers."""

    async def stop(self) -> None:
        """End it and everything it started; safe to call twice."""

    async def forward(self, request: Request, path: str) -> Response:
        """The engine's answer; EngineUnreachable when it does not listen."""

    def hang(self) -> None:
        """From now on: /health is well, counters stand still, work is pending for ever."""

    def terminate(self) -> None:
        """SIGTERM: take no new work; what runs may go on until the end."""

    async def tokens(self) -> Tokens:
        """Tokens served since its start, as far as it has told."""

    @property
    def ended(self) -> str:
        """Why it ended by itself; empty while it lives."""
