"""The log of a pod as Server-Sent Events, followed while somebody watches.

Each event is one line as JSON, with the provider's id of it: a browser that was cut
off says the last one and goes on there. A connection ends after five minutes or 5,000
lines and is opened again by the browser, so that a login that ended and a pod that
ended are noticed. A stream says why it ends: `ended` (do not come back) or `trouble`
(read the tail instead).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from datetime import UTC
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.cloud import followed_log
from fleet.models import Pod, PodStatus
from fleet.providers.base import ProviderError
from fleet.providers.masking import mask_line
from fleet.providers.runpod_follow import LogEvent
from fleet.selectors.providers import provider_names
from fleet.views.pod_page import get_pod

MOST_SECONDS = 300.0
MOST_LINES = 5_000
FIRST_LINES = 200
HEARTBEAT_SECONDS = 10.0
MOST_STREAMS = 40  # at once in one process: each holds a connection to the provider
RETRY_MILLISECONDS = 2_000
EVENT_ID = re.compile(r"[0-9TZ:.+-]{10,40}", re.ASCII)
CONTENT_TYPE = "text/event-stream; charset=utf-8"
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

_open_streams = 0


@require_GET
@viewer_required
def pod_log_stream(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The events of one pod's log. The view is plain; its content is asynchronous."""
    pod = get_pod(pk)
    after = request.headers.get("Last-Event-ID", "")
    if not EVENT_ID.fullmatch(after):
        after = ""
    if reason := why_no_stream(pod):
        return say("ended", reason)
    if not isinstance(request, ASGIRequest):
        return say("trouble", "this web server cannot stream")
    # Here, and not where it is read: the key may lie in the database.
    lines = followed_log(
        pod.provider,
        pod.provider_id,
        tail=FIRST_LINES,
        after=after,
        seconds=MOST_SECONDS,
    )
    return streamed(bounded(lines, secrets=[pod.api_key]))


def streamed(events: AsyncIterator[str]) -> StreamingHttpResponse:
    """Events that come while somebody watches.

    The connection to the database goes back first: a request keeps its own until its end,
    and forty that are watched for minutes would leave none to the pages.
    """
    close_old_connections()
    return StreamingHttpResponse(events, content_type=CONTENT_TYPE, headers=HEADERS)


def why_no_stream(pod: Pod) -> str:
    """Why this pod's log cannot be followed; "" where it can."""
    if not pod.provider_id:
        return "Nothing is rented yet, so there is no log."
    if pod.status == PodStatus.TERMINATED:
        return "The pod is gone."
    if pod.provider not in provider_names():
        return f"This pod was rented at {pod.provider}, which is not connected now."
    return ""


def say(kind: str, reason: str) -> HttpResponse:
    """One event that tells why there are no lines."""
    return HttpResponse(
        event({"reason": reason}, kind=kind), content_type=CONTENT_TYPE, headers=HEADERS
    )


async def bounded(
    lines: AsyncIterator[LogEvent], *, secrets: list[str]
) -> AsyncIterator[str]:
    """The events of `lines`, unless too many streams are open."""
    global _open_streams
    if _open_streams >= MOST_STREAMS:
        yield event(
            {"reason": f"{MOST_STREAMS} logs are followed already."}, kind="trouble"
        )
        return
    _open_streams += 1
    try:
        async with aclosing(stream(lines, secrets=secrets)) as events:
            async for each in events:
                yield each
    finally:
        _open_streams -= 1


async def stream(
    lines: AsyncIterator[LogEvent],
    *,
    secrets: list[str],
    heartbeat: float = HEARTBEAT_SECONDS,
    most_lines: int = MOST_LINES,
) -> AsyncGenerator[str, None]:
    """Server-Sent Events of `lines`, a comment in every silence of `heartbeat` seconds.

    The reader of the lines is ended when whoever reads the events leaves.
    """
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    queue: asyncio.Queue[LogEvent | str] = asyncio.Queue(maxsize=500)
    reader = asyncio.create_task(read_into(queue, lines))
    sent = 0
    try:
        while sent < most_lines:
            try:
                item = await asyncio.wait_for(queue.get(), heartbeat)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if isinstance(item, str):
                yield item
                return
            sent += 1
            yield line_event(item, secrets)
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader


async def read_into(
    queue: asyncio.Queue[LogEvent | str], lines: AsyncIterator[LogEvent]
) -> None:
    """Put each line into the queue, and at last the event that says why it ends."""
    try:
        async for each in lines:
            await queue.put(each)
    except ProviderError as error:
        await queue.put(event({"reason": str(error)}, kind="trouble"))
        return
    await queue.put(": to be continued\n\n")


def line_event(item: LogEvent, secrets: list[str]) -> str:
    line = item.line
    at = None if line.at is None else f"{line.at.astimezone(UTC):%H:%M:%S}"
    data = {"at": at, "source": line.source, "text": mask_line(line.text, secrets)}
    return event(data, event_id=item.id)


def event(data: dict[str, Any], *, kind: str = "", event_id: str = "") -> str:
    """One Server-Sent Event. JSON has no line feed, so that a line cannot forge one."""
    name = f"event: {kind}\n" if kind else ""
    place = f"id: {event_id}\n" if EVENT_ID.fullmatch(event_id) else ""
    return f"{place}{name}data: {json.dumps(data)}\n\n"
