"""The prober against real servers on loopback: good ones, broken ones, hostile ones."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiohttp import web

from fleet.vllm.client import ProbeResult, Target, probe_many
from fleet.vllm.health import Miss
from fleet.vllm.metrics import Limits

METRICS = (
    Path(__file__).resolve().parents[2] / "recordings" / "vllm_0_32_metrics.txt"
).read_bytes()
KEY = "sk-planted-0123456789"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def health(request: web.Request) -> web.Response:
    return web.Response()


async def models(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return web.json_response({"error": "Unauthorized"}, status=401)
    return web.json_response({"object": "list", "data": [{"id": "glm-5"}]})


async def metrics(request: web.Request) -> web.Response:
    assert request.headers["Accept-Encoding"] == "identity"
    return web.Response(body=METRICS)


async def version(request: web.Request) -> web.Response:
    return web.json_response({"version": "0.32.0"})


async def never(request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


VLLM: dict[str, Handler] = {
    "/health": health,
    "/v1/models": models,
    "/metrics": metrics,
    "/version": version,
}


@asynccontextmanager
async def serving(**changes: Handler) -> AsyncIterator[str]:
    """A vLLM whose paths, by their last word, are answered by other handlers."""
    app = web.Application()
    for path, handler in VLLM.items():
        app.router.add_get(path, changes.get(path.rsplit("/", 1)[1], handler))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def target(url: str, key: str = "pod", **changes: Any) -> Target:
    return Target(
        **{"key": key, "base_url": url, "api_key": KEY, "model": "glm-5", **changes}
    )


def probe(
    timeout: float = 5, limits: Limits | None = None, **changes: Handler
) -> ProbeResult:
    async def run() -> ProbeResult:
        async with serving(**changes) as url:
            (result,) = await probe_many(
                [target(url, ask_version=True)],
                timeout=timeout,
                limits=limits or Limits(),
                clock=lambda: NOON,
            )
            return result

    return asyncio.run(run())


def free_port() -> int:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port: int = probe_socket.getsockname()[1]
        return port


def test_a_healthy_server_gives_all_its_facts():
    result = probe()

    assert result.is_hit
    assert (result.key, result.at) == ("pod", NOON)
    assert (result.health_status, result.miss, result.health_error) == (200, Miss.NONE, "")
    assert (result.models_status, result.model_listed) == (200, True)
    assert result.counters is not None
    assert result.counters.prompt_tokens > 0
    assert result.metrics_error == ""
    assert result.version == "0.32.0"
    assert result.latency_seconds is not None
    assert 0 < result.latency_seconds < 5


def test_the_version_is_asked_for_only_on_request():
    async def run() -> ProbeResult:
        async with serving(version=never) as url:
            (result,) = await probe_many([target(url)], timeout=5)
            return result

    assert asyncio.run(run()).version == ""


def test_a_refused_connection_is_told_as_such():
    url = f"http://127.0.0.1:{free_port()}"

    (result,) = asyncio.run(probe_many([target(url)]))

    assert result.miss is Miss.REFUSED
    assert result.health_status is None
    assert result.counters is None
    assert "no connection" in result.metrics_error


def test_a_name_that_does_not_resolve_is_our_own_blindness():
    (result,) = asyncio.run(probe_many([target("http://pod.invalid")], timeout=5))

    assert result.miss in (Miss.BLIND, Miss.SLOW)  # slow where a resolver does not answer


def test_an_address_that_is_none_is_our_own_blindness():
    (result,) = asyncio.run(probe_many([target("nonsense")]))

    assert result.miss is Miss.BLIND


def test_a_server_that_does_not_answer_in_time_is_slow():
    result = probe(timeout=0.3, health=never)

    assert (result.miss, result.health_error) == (Miss.SLOW, "no whole answer within 0.3 s")
    assert result.latency_seconds is None
    assert result.counters is not None, "a slow /health must not cost us the counters"


def test_an_error_status_is_told():
    async def failing(request: web.Request) -> web.Response:
        return web.Response(status=503)

    result = probe(health=failing)

    assert (result.miss, result.health_status) == (Miss.STATUS, 503)


def test_a_wrong_key_shows_in_the_status_of_the_models():
    async def run() -> ProbeResult:
        async with serving() as url:
            (result,) = await probe_many([target(url, api_key="sk-wrong")])
            return result

    result = asyncio.run(run())
    assert (result.models_status, result.model_listed) == (401, None)
    assert result.is_hit


def test_another_model_is_not_ours():
    async def other(request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "llama"}, 5, {"name": "glm-5"}]})

    assert probe(models=other).model_listed is False


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 1}', b"[" * 60_000, b"<html>"])
def test_a_list_of_models_that_is_none_is_not_guessed(body: bytes):
    async def odd(request: web.Request) -> web.Response:
        return web.Response(body=body)

    assert probe(models=odd).model_listed is None


def test_a_metrics_page_of_five_megabytes_is_refused_unread():
    async def huge(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 5_000_000)

    result = probe(metrics=huge)

    assert result.counters is None
    assert result.metrics_error == "/metrics is 5.0 MB, more than the limit of 1 MiB"
    assert result.is_hit


def test_a_metrics_page_without_an_end_is_cut_at_the_limit():
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 200_000_000:
            await response.write(b"x" * 65_536)
            sent += 65_536
        return response

    result = probe(metrics=endless)

    assert "more than the limit of 1 MiB" in result.metrics_error
    assert sent < 50_000_000


def test_a_metrics_page_that_is_html_is_refused():
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<!DOCTYPE html><html></html>", content_type="text/html")

    assert probe(metrics=page).metrics_error == "/metrics is an HTML page, not metrics"


def test_a_compressed_bomb_is_not_unpacked():
    async def bomb(request: web.Request) -> web.Response:
        body = __import__("gzip").compress(b"x" * 50_000_000)
        return web.Response(body=body, headers={"Content-Encoding": "gzip"})

    result = probe(metrics=bomb)

    assert result.counters is None
    assert result.metrics_error.startswith("/metrics has a line of ")


def test_a_redirect_is_a_status_and_is_not_followed():
    followed = []

    async def trap(request: web.Request) -> web.Response:
        followed.append(request.path)
        return web.Response(body=METRICS)

    async def run() -> ProbeResult:
        async with serving(health=trap, metrics=trap) as elsewhere:

            async def redirect(request: web.Request) -> web.Response:
                raise web.HTTPTemporaryRedirect(elsewhere + request.path)

            async with serving(health=redirect, metrics=redirect) as url:
                (result,) = await probe_many([target(url)])
                return result

    result = asyncio.run(run())

    assert (result.miss, result.health_status) == (Miss.STATUS, 307)
    assert result.metrics_error == "/metrics: status 307"
    assert followed == []


@asynccontextmanager
async def raw_server(reply: bytes, *, pause: float = 0) -> AsyncIterator[str]:
    """A server that sends `reply`, byte by byte with a pause, and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for byte in reply if pause else ():
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(pause)
            if not pause:
                writer.write(reply)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def probe_raw(reply: bytes, *, pause: float = 0, timeout: float = 5) -> ProbeResult:
    async def run() -> ProbeResult:
        async with raw_server(reply, pause=pause) as url:
            (result,) = await probe_many([target(url)], timeout=timeout)
            return result

    return asyncio.run(run())


def test_a_slow_loris_is_left_at_the_deadline():
    began = monotonic()

    result = probe_raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000, pause=0.01, timeout=0.4)

    assert result.miss is Miss.SLOW
    assert monotonic() - began < 3


def test_a_connection_that_breaks_off_is_slow_and_not_refused():
    result = probe_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    assert result.miss is Miss.SLOW
    assert "broke off" in result.health_error


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\xff" * 500,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000,
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"",
    ],
)
def test_what_is_not_http_fails_nobody(reply: bytes):
    assert not probe_raw(reply, timeout=2).is_hit


def test_one_bad_pod_delays_no_other():
    async def run() -> tuple[list[ProbeResult], float]:
        async with serving() as good, serving(health=never, metrics=never) as stuck:
            targets = [target(stuck, f"stuck-{n}") for n in range(10)]
            targets += [target(good, f"good-{n}") for n in range(40)]
            began = monotonic()
            results = await probe_many(targets, timeout=1, concurrency=20)
            return results, monotonic() - began

    results, seconds = asyncio.run(run())

    assert [r.key for r in results[:2]] == ["stuck-0", "stuck-1"]
    assert [r.miss for r in results] == [Miss.SLOW] * 10 + [Miss.NONE] * 40
    assert seconds < 4


def test_no_target_is_no_work():
    assert asyncio.run(probe_many([])) == []


def test_the_key_shows_in_no_repr():
    assert KEY not in repr(target("http://127.0.0.1:1"))
