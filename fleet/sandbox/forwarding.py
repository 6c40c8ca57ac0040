"""Passes a request on to another server, without buffering in either direction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import aiohttp
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from fleet.sandbox.engines.base import EngineUnreachable
from fleet.sandbox.problems import Problem

CONNECT_SECONDS = 5.0
HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te")
    + ("trailer", "transfer-encoding", "upgrade", "host")
)


async def forward_to(
    http: aiohttp.ClientSession, url: str, request: Request, silence_seconds: float
) -> Response:
    """The answer of `url` to this request, streamed.

    EngineUnreachable when nobody listens; Problem 524 when the server sends no byte for
    `silence_seconds`, as RunPod's proxy cuts after 100 s.
    """
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=CONNECT_SECONDS, sock_read=silence_seconds
    )
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    if request.url.query:
        url = f"{url}?{request.url.query}"
    try:
        answer = await http.request(
            request.method,
            url,
            headers=_passed_on(request.headers.items()),
            data=_upload(request) if has_body else None,
            timeout=timeout,
            allow_redirects=False,
        )
    except aiohttp.SocketTimeoutError as error:
        raise Problem(524, f"the pod sent nothing for {silence_seconds:g} s") from error
    except (aiohttp.ClientConnectionError, ConnectionError) as error:
        raise EngineUnreachable(str(error)) from error
    return StreamingResponse(
        _download(answer),
        status_code=answer.status,
        headers=_passed_on(answer.headers.items()),
        background=BackgroundTask(answer.release),
    )


def _passed_on(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in HOP_BY_HOP}


async def _upload(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            if chunk:
                yield chunk
    except ClientDisconnect:
        return  # the caller left; the server sees a cut body and gives up


async def _download(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Bytes as they arrive; closing the generator cuts the server's work short."""
    try:
        async for chunk in answer.content.iter_any():
            yield chunk
    finally:
        answer.close()
