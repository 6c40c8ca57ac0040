"""Ask many vLLM servers at once, and report facts.

A pod's address is public and may answer anything: each answer is read up to a size and
a pod up to a deadline, nothing is followed or unpacked, and connections are closed
after use (a kept TLS connection costs about 0.3 MB; 5,000 of them 1.7 GB).
"""

from __future__ import annotations

import asyncio
import errno
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import aiohttp

from fleet.vllm.health import Miss
from fleet.vllm.metrics import (
    DEFAULT_LIMITS,
    EngineCounters,
    Limits,
    MetricsRejected,
    parse,
    too_large,
)

CONCURRENCY = 100
POD_SECONDS = 15.0
MOST_MODELS_BYTES = 256 * 1024
MOST_HEALTH_BYTES = 64 * 1024
VERSION = re.compile(r"[\w.+-]{1,40}", re.ASCII)
HEADERS = {"Accept-Encoding": "identity", "Accept": "text/plain, application/json"}


@dataclass(frozen=True, slots=True)
class Target:
    """One replica to ask.

    key         what the caller knows it by; returned unchanged
    base_url    without a slash at its end
    api_key     bearer of /v1; empty sends none
    model       served model name that /v1/models should list
    ask_version ask /version too; once per replica is enough
    """

    key: str
    base_url: str
    api_key: str = field(repr=False)
    model: str
    ask_version: bool = False


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one replica answered. Facts only; `health.judge` draws the conclusion.

    at               when the probe began
    health_status    HTTP status of /health; None without an answer
    miss             why /health brought no 200; Miss.NONE when it did
    health_error     the same in words; "" when it did
    latency_seconds  [s] until the whole answer of /health; None without one
    models_status    HTTP status of /v1/models; 401 is a wrong key
    model_listed     it names the model; None where it did not answer 200
    counters         None where /metrics brought none; then `metrics_error` says why
    version          vLLM's, when asked for and answered
    """

    key: str
    at: datetime
    health_status: int | None
    miss: Miss
    health_error: str
    latency_seconds: float | None
    models_status: int | None
    model_listed: bool | None
    counters: EngineCounters | None
    metrics_error: str
    version: str = ""

    @property
    def is_hit(self) -> bool:
        """/health answered 200."""
        return self.miss is Miss.NONE


@dataclass(frozen=True, slots=True)
class _Answer:
    """One exchange. `size` is what was read or declared; `cut` if over the limit."""

    miss: Miss
    error: str = ""
    status: int | None = None
    body: bytes = b""
    size: int = 0
    cut: bool = False
    seconds: float | None = None


def utc_now() -> datetime:
    """The wall clock, for the moment that a result carries."""
    return datetime.now(UTC)


async def probe_many(
    targets: Sequence[Target],
    *,
    concurrency: int = CONCURRENCY,
    timeout: float = POD_SECONDS,
    limits: Limits = DEFAULT_LIMITS,
    clock: Callable[[], datetime] = utc_now,
) -> list[ProbeResult]:
    """Probe every target, `concurrency` at a time, each for at most `timeout` seconds.

    One result per target, in their order; no target can delay or fail another. Each
    takes three or four sockets at a time, so `concurrency` times four must stay under
    the process's limit of open files.
    """
    gate = asyncio.Semaphore(concurrency)
    # The resolver is named because `runpod` installs aiodns, which aiohttp then takes
    # by default, and whose lookups failed where the system's own succeed.
    connector = aiohttp.TCPConnector(
        limit=0, force_close=True, resolver=aiohttp.ThreadedResolver()
    )
    async with aiohttp.ClientSession(
        connector=connector,
        headers=HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=timeout),
    ) as session:

        async def probe(target: Target) -> ProbeResult:
            async with gate:
                return await _probe(session, target, timeout, limits, clock())

        return list(await asyncio.gather(*(probe(target) for target in targets)))


async def _probe(
    session: aiohttp.ClientSession,
    target: Target,
    timeout: float,
    limits: Limits,
    at: datetime,
) -> ProbeResult:
    key = {"Authorization": f"Bearer {target.api_key}"} if target.api_key else {}
    asked = [
        _get(session, target, "/health", {}, MOST_HEALTH_BYTES, timeout),
        _get(session, target, "/v1/models", key, MOST_MODELS_BYTES, timeout),
        _get(session, target, "/metrics", {}, limits.bytes, timeout),
    ]
    if target.ask_version:
        asked.append(_get(session, target, "/version", key, MOST_HEALTH_BYTES, timeout))
    health, models, metrics, *rest = await asyncio.gather(*asked)
    counters, metrics_error = _read_metrics(metrics, limits)
    return ProbeResult(
        key=target.key,
        at=at,
        health_status=health.status,
        miss=health.miss,
        health_error=health.error,
        latency_seconds=health.seconds,
        models_status=models.status,
        model_listed=_lists_model(models, target.model),
        counters=counters,
        metrics_error=metrics_error,
        version=_read_version(rest[0]) if rest else "",
    )


async def _get(
    session: aiohttp.ClientSession,
    target: Target,
    path: str,
    headers: Mapping[str, str],
    most_bytes: int,
    timeout: float,
) -> _Answer:
    began = monotonic()
    try:
        # Around the whole exchange: a server that sends a byte a second would satisfy
        # any timeout that starts anew with each read.
        async with (
            asyncio.timeout(timeout),
            session.get(
                target.base_url + path, headers=headers, allow_redirects=False
            ) as answer,
        ):
            body, size = await _read(answer, most_bytes)
    except TimeoutError:
        return _Answer(Miss.SLOW, f"no whole answer within {timeout:g} s")
    except aiohttp.ClientConnectorError as error:
        return _Answer(_connection_miss(error), f"no connection: {error.os_error}"[:200])
    except aiohttp.InvalidURL:
        return _Answer(Miss.BLIND, "no connection: the address is not a URL")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # Connected, then broken off: a server that is dying, or a proxy's hiccup.
        return _Answer(Miss.SLOW, f"the answer broke off: {type(error).__name__}")
    return _Answer(
        miss=Miss.NONE if answer.status == 200 else Miss.STATUS,
        error="" if answer.status == 200 else f"status {answer.status}",
        status=answer.status,
        body=body,
        size=size,
        cut=size > most_bytes,
        seconds=monotonic() - began,
    )


async def _read(answer: aiohttp.ClientResponse, most_bytes: int) -> tuple[bytes, int]:
    """The body and its size; an oversized one is left unread from the limit on."""
    declared = answer.content_length or 0
    if declared > most_bytes:
        return b"", declared
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            return b"", size
    return b"".join(parts), size


def _connection_miss(error: aiohttp.ClientConnectorError) -> Miss:
    """Whose fault a connection that never was: the pod's, or our own eyes'."""
    number = error.os_error.errno
    if number == errno.ECONNREFUSED:
        return Miss.REFUSED
    if number in (errno.ECONNRESET, errno.ETIMEDOUT, errno.EPIPE):
        return Miss.SLOW
    # No name, no route, no free file, no trust in the certificate: a proxy answers for
    # every pod at one name, so this says something about us and nothing about the pod.
    return Miss.BLIND


def _read_metrics(answer: _Answer, limits: Limits) -> tuple[EngineCounters | None, str]:
    if answer.miss is not Miss.NONE:
        return None, f"/metrics: {answer.error}"
    try:
        if answer.cut:
            raise MetricsRejected(too_large(answer.size, limits))
        return parse(answer.body, limits), ""
    except MetricsRejected as rejection:
        return None, str(rejection)


def _lists_model(answer: _Answer, model: str) -> bool | None:
    if answer.miss is not Miss.NONE or answer.cut:
        return None
    listed = _json_object(answer.body).get("data")
    if not isinstance(listed, list):
        return None
    return any(isinstance(item, dict) and item.get("id") == model for item in listed)


def _read_version(answer: _Answer) -> str:
    if answer.miss is not Miss.NONE or answer.cut:
        return ""
    version = _json_object(answer.body).get("version")
    return version if isinstance(version, str) and VERSION.fullmatch(version) else ""


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
