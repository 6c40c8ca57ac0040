"""The sandbox as one ASGI application."""

from __future__ import annotations

import asyncio
import json
import secrets
import string
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from fleet.sandbox import openrouter, queue_api, truth
from fleet.sandbox.call import Call, Handler
from fleet.sandbox.cloud import Clock, Cloud, MakeId
from fleet.sandbox.faults import Fault
from fleet.sandbox.operations import ROUTES
from fleet.sandbox.problems import Problem
from fleet.sandbox.proxy import proxy
from fleet.sandbox.quota import Quota
from fleet.sandbox.settings import SandboxSettings
from fleet.sandbox.spot import SpotMarket
from fleet.sandbox.wire import answer, refuse

BAD_KEY = "bad-key"
ID_ALPHABET = string.ascii_lowercase + string.digits
ID_LENGTH = 14
READ_TOKENS_EVERY_SECONDS = 5.0
MAX_BODY_BYTES = 1_000_000
CREATES = ("createPod", "createNetworkVolume", "createEndpoint")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
Endpoint = Callable[[Request], Awaitable[Response]]
Sleep = Callable[[float], Awaitable[None]]


def real_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def random_id() -> str:
    """An id that looks like RunPod's."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))


def create_app(
    settings: SandboxSettings,
    *,
    clock: Clock = real_clock,
    make_id: MakeId = random_id,
    sleep: Sleep = asyncio.sleep,
) -> Starlette:
    """A sandbox over `settings.state_dir`, with its state loaded.

    clock    aware present time; tests pass their own
    make_id  a new id for each pod, volume and endpoint
    sleep    what a slow request waits by
    """
    cloud = Cloud(settings, clock, make_id)
    spot = spot_cloud(settings, clock, make_id)
    per_minute = settings.requests_per_minute
    gates = [_Gate(each, Quota(per_minute), sleep) for each in (cloud, spot)]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        tickers = [
            asyncio.create_task(_tick(each))
            for each in (cloud, spot)
            if settings.tick_seconds > 0
        ]
        yield
        for ticker in tickers:
            ticker.cancel()
        await asyncio.gather(cloud.close(), spot.close())

    app = SandboxApp(
        routes=[Mount("/spot", routes=_spot_routes(gates[1])), *_routes(gates[0])],
        lifespan=lifespan,
        exception_handlers={
            404: _unknown_route,
            405: _wrong_method,
            Problem: lambda _request, problem: refuse(problem),
        },
    )
    app.state.cloud, app.state.spot = cloud, spot
    return app


def spot_cloud(settings: SandboxSettings, clock: Clock, make_id: MakeId) -> Cloud:
    """The market for interruptible pods: another account, with a balance of its own."""
    market = SpotMarket(settings.spot_interruptions_per_hour, settings.spot_seed)
    own = replace(settings, state_dir=settings.state_dir / "spot")
    return Cloud(own, clock, make_id, market)


class SandboxApp(Starlette):
    """Starlette, plus a way to cut a connection without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # uvicorn's send belongs to an object that holds the connection
            scope["sandbox.connection"] = getattr(send, "__self__", None)
        await super().__call__(scope, receive, send)


class LostResponse(Response):
    """Cuts the connection instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope.get("sandbox.connection")
        transport = getattr(connection, "transport", None)
        if transport is None:
            raise ConnectionResetError("the response was lost, as a fault ordered")
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            continue


class _Gate:
    """What every route passes: the key, the quota, the present time, the faults."""

    def __init__(self, cloud: Cloud, quota: Quota, sleep: Sleep) -> None:
        self.cloud = cloud
        self._quota = quota
        self._sleep = sleep

    def admit(self, request: Request) -> dict[str, str]:
        """RateLimit headers for a good key; Problem 401 or 429."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise Problem(401, "missing bearer token")
        if key.strip() == BAD_KEY:
            raise Problem(401, "invalid bearer token")
        return self._quota.take(key.strip(), self.cloud.now())

    def operation(self, name: str, handler: Handler) -> Endpoint:
        """A route of the contract: admitted, settled, and struck by ordered faults."""

        async def endpoint(request: Request) -> Response:
            limits = self.admit(request)
            try:
                raw = await _body(request)
                self.cloud.settle()
                response = await self._struck(name, handler, Call(self.cloud, request, raw))
            except Problem as problem:
                response = refuse(problem)
            for header, value in limits.items():
                response.headers.setdefault(header, value)
            return response

        return endpoint

    async def _struck(self, name: str, handler: Handler, call: Call) -> Response:
        pod_name = self._pod_name(name, call)
        if name in CREATES:
            self.cloud.note_create_attempt(pod_name)
        faults = self.cloud.faults.strike_request(name, pod_name)
        await self._delay(faults, "before")
        _refuse_by_fault(faults)
        response = handler(call)
        self.cloud.settle()
        await self._delay(faults, "after")
        if "lost_response" in faults:
            return LostResponse()
        _fail_by_fault(faults, "after")
        return response

    async def _delay(self, faults: dict[str, Fault], when: str) -> None:
        slow = faults.get("slow")
        if slow is not None and slow.params.get("when", "before") == when:
            await self._sleep(float(slow.params["seconds"]))

    def _pod_name(self, operation: str, call: Call) -> str:
        """The pod, volume or endpoint that a request is about or would create; empty when
        it is about none."""
        if operation in CREATES:
            try:
                body = json.loads(call.raw)
            except ValueError:
                return ""
            return str(body.get("name", "")) if isinstance(body, dict) else ""
        known = call.request.path_params.get("id", "")
        if "Pod" in operation or operation == "podAction":
            pod = self.cloud.pods.get(known)
            return "" if pod is None else pod.name
        names = {volume.id: volume.name for volume in self.cloud.volumes.present()}
        names |= {each.id: each.shown["name"] for each in self.cloud.endpoints.present()}
        return names.get(known, "") if known else ""

    def own(
        self, handler: Callable[[Cloud, Request, bytes], Awaitable[Response]]
    ) -> Endpoint:
        """A route of the sandbox itself: admitted and settled, never struck."""

        async def endpoint(request: Request) -> Response:
            try:
                self.admit(request)
                raw = await _body(request)
                self.cloud.settle()
                return await handler(self.cloud, request, raw)
            except Problem as problem:
                return refuse(problem)

        return endpoint

    async def through(self, request: Request) -> Response:
        """The way to a pod's port; open to the public."""
        self.cloud.settle()
        return await proxy(request, self.cloud)


def _spot_routes(gate: _Gate) -> list[BaseRoute]:
    """What the spot market offers: pods, their billing, the balance."""
    left_out = ("/v2/network-volumes", "/v2/serverless")
    return [
        Route(path, gate.operation(name, handler), methods=[method])
        for name, (method, path, handler) in ROUTES.items()
        if not path.startswith(left_out)
    ] + _own_routes(gate)


def _routes(gate: _Gate) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route(path, gate.operation(name, handler), methods=[method])
        for name, (method, path, handler) in ROUTES.items()
    ]
    market = openrouter.routes(gate.admit, gate.cloud.now)
    return routes + _own_routes(gate) + _queue_routes(gate) + market


def _own_routes(gate: _Gate) -> list[BaseRoute]:
    """Faults, truth, credit, and the way to a pod's port."""
    return [
        Route("/sandbox/faults", gate.own(_order_faults), methods=["POST"]),
        Route("/sandbox/faults", gate.own(_show_faults), methods=["GET"]),
        Route("/sandbox/faults", gate.own(_clear_faults), methods=["DELETE"]),
        Route("/sandbox/faults/{id}", gate.own(_clear_faults), methods=["DELETE"]),
        Route("/sandbox/truth", gate.own(_tell_truth), methods=["GET"]),
        Route("/sandbox/topup", gate.own(_top_up), methods=["POST"]),
        Route("/sandbox/health", _health, methods=["GET"]),
        Route("/proxy/{pod_id}/{port:int}/{path:path}", gate.through, methods=METHODS),
    ]


def _queue_routes(gate: _Gate) -> list[BaseRoute]:
    """The jobs of serverless endpoints."""
    return [
        Route("/v2/{id}/health", gate.own(queue_api.health), methods=["GET"]),
        Route("/v2/{id}/run", gate.own(queue_api.run), methods=["POST"]),
        Route("/v2/{id}/runsync", gate.own(queue_api.run_sync), methods=["POST"]),
        Route("/v2/{id}/status/{job_id}", gate.own(queue_api.status), methods=["GET"]),
        Route("/v2/{id}/cancel/{job_id}", gate.own(queue_api.cancel), methods=["POST"]),
        Route("/v2/{id}/purge-queue", gate.own(queue_api.purge), methods=["POST"]),
        Route(
            "/v2/{id}/openai/{path:path}",
            gate.own(queue_api.openai),
            methods=["GET", "POST"],
        ),
    ]


async def _order_faults(cloud: Cloud, _request: Request, raw: bytes) -> Response:
    added = cloud.faults.order(_json(raw))
    cloud.settle()
    return answer({"faults": [fault.shown() for fault in added]}, 201)


async def _show_faults(cloud: Cloud, _request: Request, _raw: bytes) -> Response:
    return answer({"faults": [fault.shown() for fault in cloud.faults.all()]})


async def _clear_faults(cloud: Cloud, request: Request, _raw: bytes) -> Response:
    cloud.faults.clear(request.path_params.get("id"))
    return Response(status_code=204)


async def _tell_truth(cloud: Cloud, _request: Request, _raw: bytes) -> Response:
    await cloud.read_tokens()
    return answer(truth.tell(cloud))


async def _top_up(cloud: Cloud, _request: Request, raw: bytes) -> Response:
    cloud.top_up(truth.top_up_amount(_json(raw)))
    return answer({"balance_usd": f"{cloud.balance_usd(int(cloud.now())):f}"})


async def _health(_request: Request) -> Response:
    return answer({"sandbox": "ok"})


async def _unknown_route(request: Request, _error: Exception) -> Response:
    return refuse(Problem(404, f"the sandbox does not offer {request.url.path}"))


async def _wrong_method(request: Request, _error: Exception) -> Response:
    return refuse(Problem(405, f"{request.method} is not offered on {request.url.path}"))


def _json(raw: bytes) -> object:
    try:
        value: object = json.loads(raw)
    except ValueError as error:
        raise Problem(400, f"the request body is not JSON: {error}") from error
    return value


async def _body(request: Request) -> bytes:
    raw = await request.body()
    if len(raw) > MAX_BODY_BYTES:
        raise Problem(
            413, f"the body has {len(raw)} bytes, at most {MAX_BODY_BYTES} are taken"
        )
    return raw


def _refuse_by_fault(faults: dict[str, Fault]) -> None:
    """Refusals that happen before anything else does."""
    refusals = (
        ("rate_limited", 429, "rate limit exceeded for the minute window"),
        ("low_balance", 402, "balance too low for one hour of this pod"),
        ("forbidden", 403, "access denied"),
        ("no_capacity", 400, "There are no instances currently available"),
    )
    for kind, status, detail in refusals:
        if fault := faults.get(kind):
            retry_after = str(fault.params.get("retry_after", 1))
            headers = {"Retry-After": retry_after} if status == 429 else {}
            raise Problem(status, fault.params.get("detail", detail), headers=headers)
    _fail_by_fault(faults, "before")


def _fail_by_fault(faults: dict[str, Fault], when: str) -> None:
    fault = faults.get("server_error")
    if fault is not None and fault.params.get("when", "before") == when:
        raise Problem(int(fault.params.get("status", 500)), "internal server error")


async def _tick(cloud: Cloud) -> None:
    """Let time pass while nobody asks."""
    ticks = max(1, round(READ_TOKENS_EVERY_SECONDS / cloud.settings.tick_seconds))
    count = 0
    while True:
        await asyncio.sleep(cloud.settings.tick_seconds)
        cloud.settle()
        count += 1
        if count % ticks == 0:
            await cloud.read_tokens()
