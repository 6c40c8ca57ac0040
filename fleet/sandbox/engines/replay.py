"""An engine without a model: vLLM's interface, a demand's counters, real chats on top."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from fleet.sandbox.demand import Demand, Tokens
from fleet.sandbox.engines.base import EngineUnreachable, LogTo
from fleet.sandbox.engines.chat import Chat, ChatRefused, PrefixCache, read_chat
from fleet.sandbox.engines.command import VllmCommand
from fleet.sandbox.engines.exposition import CONTENT_TYPE, EngineCounters, write_metrics
from fleet.sandbox.engines.lease import LeaseGuard
from fleet.sandbox.problems import Problem

VERSION = "0.32.0-replay"
TOKENS_PER_ITERATION = 16  # background demand: requests that decode together
TOKENS_PER_REQUEST = 200  # background demand: completion tokens of one request
MAX_RUNNING = 64  # background requests that run at the same time, others wait
REQUEST_SECONDS = 4.0  # how long one of them takes
LOAD_WINDOW = timedelta(seconds=60)  # gauges follow the demand of the last minute
CHAT_TOKENS_PER_SECOND = 250.0
WEIGHTS_SHARE = 0.7  # of a played start; the rest are graphs and cache


class ReplayEngine:
    """Answers as vLLM does; its counters grow by chats and by a background demand.

    Nothing is random and nothing depends on how often it is asked: the counters at a time
    are the chats served until then plus the demand between its start and then.
    """

    kind = "replay"

    def __init__(
        self,
        command: VllmCommand,
        *,
        demand: Demand | None,
        clock: Callable[[], datetime],
        load_seconds: float,
        silence_seconds: float,
        log: LogTo,
        lease: LeaseGuard | None = None,
    ) -> None:
        self.lease = lease
        self._command = command
        self._demand = demand
        self._clock = clock
        self._load = timedelta(seconds=load_seconds)
        self._silence_seconds = silence_seconds
        self._log = log
        now = clock()
        self._started: datetime | None = now
        self._announced = False
        self._demand_so_far = (now + self._load, Tokens())
        self._cache = PrefixCache()
        self._served = Tokens()
        self._iterations = 0
        self._running = 0
        self._finished = {"length": 0, "abort": 0}
        self._frozen: tuple[datetime, Tokens] | None = None
        self._terminated = False

    @property
    def ended(self) -> str:
        """A replay never ends by itself, but its lease may."""
        return "" if self.lease is None else self.lease.ended

    async def start(self) -> None:
        """Say so; it has been loading since it was made."""
        name = self._command.served_names[0]
        self._log(f"replay engine for {name}: no model is loaded, its start is played")
        self._log(f"INFO (played) Starting to load model {name}...")
        if self.lease is not None:
            await self.lease.stand_in()

    async def stop(self) -> None:
        """Stop answering and counting."""
        self._frozen = (self._clock(), await self.tokens())
        self._started = None
        if self.lease is not None:
            await self.lease.stop()

    def hang(self) -> None:
        """Freeze every counter with work pending, while /health stays well."""
        self._frozen = (self._clock(), self._total(self._clock()))

    def terminate(self) -> None:
        """Refuse new chats from now on, as a server that is shutting down."""
        self._log("INFO:     SIGTERM: shutting down, no new requests are taken")
        self._terminated = True

    async def tokens(self) -> Tokens:
        """Tokens served since the start."""
        return self._total(self._clock())

    async def forward(self, request: Request, path: str) -> Response:
        """The answer to one request."""
        now = self._clock()
        if self._started is None or now < self._started + self._load:
            raise EngineUnreachable("the engine is loading")
        if not self._announced:
            self._announce(self._started)
        if path == "health" and request.method == "GET":
            return Response()
        if path == "version" and request.method == "GET":
            return JSONResponse({"version": VERSION})
        if path == "metrics" and request.method == "GET":
            return Response(self._metrics(now), media_type=CONTENT_TYPE)
        if not self._allowed(request):
            return JSONResponse({"error": "Unauthorized"}, status_code=401)
        if path == "v1/models" and request.method == "GET":
            return JSONResponse(self._models())
        if path == "v1/chat/completions" and request.method == "POST":
            if self._terminated:
                return JSONResponse({"error": "shutting down"}, status_code=503)
            return await self._chat(await request.body())
        return JSONResponse({"detail": "Not Found"}, status_code=404)

    def _announce(self, started: datetime) -> None:
        """The lines that a start has written by its end, in vLLM's words and at their
        times: a start whose log is empty is never told apart into its steps."""
        self._announced = True
        weights = self._load * WEIGHTS_SHARE
        graphs = self._load - weights
        self._log(
            f"INFO (played) Model loading took 0 GiB memory and "
            f"{weights.total_seconds():.6f} seconds",
            started + weights,
        )
        self._log(
            f"INFO (played) init engine (profile, create kv cache, warmup model) took "
            f"{graphs.total_seconds():.2f} s",
            started + self._load,
        )
        self._log("INFO:     Application startup complete.")

    def _allowed(self, request: Request) -> bool:
        wanted = self._command.api_key
        return not wanted or request.headers.get("authorization") == f"Bearer {wanted}"

    def _models(self) -> dict[str, Any]:
        created = int(self._started.timestamp()) if self._started else 0
        length = self._command.max_model_length
        return {
            "object": "list",
            "data": [
                {"id": name, "object": "model", "created": created, "owned_by": "vllm"}
                | {"root": name, "parent": None, "max_model_len": length}
                for name in self._command.served_names
            ],
        }

    # --- counters -----------------------------------------------------------------------

    def _background(self, until: datetime) -> Tokens:
        if self._demand is None or self._started is None:
            return Tokens()
        known, tokens = self._demand_so_far
        if until > known:  # demand is additive, so only the news has to be computed
            tokens += self._demand.between(known, until)
            self._demand_so_far = (until, tokens)
        return tokens

    def _total(self, now: datetime) -> Tokens:
        if self._frozen is not None:
            return self._frozen[1]
        return self._served + self._background(now)

    def _metrics(self, now: datetime) -> str:
        hung = self._frozen is not None
        at = self._frozen[0] if self._frozen is not None else now
        background = self._background(at)
        requests = background.completion // TOKENS_PER_REQUEST
        running, waiting = self._load_at(at)
        if hung:
            running, waiting = max(1, running), max(1, waiting)
        finished = dict(self._finished)
        finished["stop"] = requests
        started = self._started.timestamp() if self._started else 0.0
        counters = EngineCounters(
            started_at=started,
            tokens=self._total(now),
            iterations=self._iterations + background.completion // TOKENS_PER_ITERATION,
            running=running,
            waiting=waiting,
            kv_cache_usage=round(min(1.0, running / MAX_RUNNING), 4),
            finished=finished,
        )
        return write_metrics(counters, self._command.served_names[0])

    def _load_at(self, now: datetime) -> tuple[int, int]:
        """Running and waiting requests: the chats and the demand of the last minute."""
        present = self._running
        if self._demand is not None and self._started is not None:
            recent = self._demand.between(now - LOAD_WINDOW, now)
            arriving = recent.completion / TOKENS_PER_REQUEST / LOAD_WINDOW.total_seconds()
            present += math.ceil(arriving * REQUEST_SECONDS)
        return min(present, MAX_RUNNING), max(0, present - MAX_RUNNING)

    # --- chats --------------------------------------------------------------------------

    async def _chat(self, raw: bytes) -> Response:
        try:
            chat = read_chat(raw, self._command, created=int(self._clock().timestamp()))
        except ChatRefused as refusal:
            return JSONResponse(refusal.body(), status_code=refusal.status)
        cached = self._cache.cached(chat.prompt) if self._command.prefix_caching else 0
        if chat.stream:
            events = self._events(chat, cached)
            return StreamingResponse(events, media_type="text/event-stream")
        async for _ in self._generate(chat, cached):
            pass
        return JSONResponse(chat.completion(cached, self._command.prompt_tokens_details))

    async def _events(self, chat: Chat, cached: int) -> AsyncIterator[str]:
        yield _event(chat.chunk({"role": "assistant", "content": ""}))
        made = 0
        try:
            async with aclosing(self._generate(chat, cached)) as words:
                async for word in words:
                    made += 1
                    reason = "length" if made == chat.max_tokens else None
                    yield _event(chat.chunk({"content": word}, finish_reason=reason))
        except (EngineUnreachable, Problem):
            return  # headers are out: the caller sees a stream without its end
        if chat.include_usage:
            usage = chat.usage(cached, self._command.prompt_tokens_details)
            yield _event(chat.chunk(None, usage=usage))
        yield "data: [DONE]\n\n"

    async def _generate(self, chat: Chat, cached: int) -> AsyncGenerator[str, None]:
        """Words one by one; the prompt is counted with the first, as vLLM does.

        EngineUnreachable when the engine is ended meanwhile, Problem 524 when it hangs.
        """
        made = 0
        self._running += 1
        try:
            while made < chat.max_tokens:
                await asyncio.sleep(1 / CHAT_TOKENS_PER_SECOND)
                if self._started is None:
                    raise EngineUnreachable("the container has ended")
                if self._frozen is not None:
                    await asyncio.sleep(self._silence_seconds)
                    raise Problem(
                        524, f"the pod sent nothing for {self._silence_seconds:g} s"
                    )
                if made == 0:
                    self._served += Tokens(chat.prompt_tokens - cached, cached, 0)
                made += 1
                self._served += Tokens(completion=1)
                self._iterations += 1
                yield chat.word(made - 1)
        finally:
            self._running -= 1
            self._finished["length" if made == chat.max_tokens else "abort"] += 1


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk)}\n\n"
