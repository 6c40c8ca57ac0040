"""RunPod's log stream, followed as it comes: for a reader who watches.

`runpod_logs` reads a tail and leaves. This one stays, asynchronously, until the pod's
stream ends, the time is over or the reader leaves. Each line carries the id that the
provider gave it, with which a reader who was cut off goes on where it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp

from fleet.providers.base import LogLine
from fleet.providers.errors import NotFound, ProviderUnavailable, Rejected
from fleet.providers.runpod_logs import log_line

LONGEST_PENDING = 64 * 1024  # bytes of a line without an end
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line with its place in the stream; `id` is "" where the provider gave none."""

    id: str
    line: LogLine


async def follow(
    *,
    base_url: str,
    api_key: str,
    provider_id: str,
    tail: int,
    after: str,
    seconds: float,
) -> AsyncIterator[LogEvent]:
    """Lines of a pod: the last `tail`, or those after the id `after`, then what comes.

    Ends when the pod's stream does, and after `seconds` at the latest. Raises NotFound
    for a pod that is gone and ProviderUnavailable when the provider does not answer.
    """
    headers = {
        "Authorization": f"Bearer {api_key}",
        "Accept": "text/event-stream",
        "Accept-Encoding": "identity",
    }
    if after:
        headers["Last-Event-ID"] = after
    timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
    connector = aiohttp.TCPConnector(force_close=True, resolver=aiohttp.ThreadedResolver())
    url = f"{base_url.rstrip('/')}/v2/pods/{quote(provider_id, safe='')}/logs"
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(
                url, headers=headers, params={"tail": str(tail)}, allow_redirects=False
            ) as answer,
        ):
            _check(answer.status)
            async for event in _events(answer.content, api_key):
                yield event
    except TimeoutError:
        return  # the time is over
    except (aiohttp.ClientError, OSError) as error:
        raise ProviderUnavailable(
            f"the log stream broke off: {type(error).__name__}"
        ) from error


def _check(status: int) -> None:
    if status == 404:
        raise NotFound("the provider does not know this pod", status=404)
    if 400 <= status < 500:
        raise Rejected(f"the provider refused its log: {status}", status=status)
    if status != 200:
        raise ProviderUnavailable(f"the provider answered {status} for its log")


async def _events(content: aiohttp.StreamReader, api_key: str) -> AsyncIterator[LogEvent]:
    pending, event_id = b"", ""
    async for part in content.iter_any():
        *whole, pending = (pending + part).split(b"\n")
        if len(pending) > LONGEST_PENDING:
            raise ProviderUnavailable("the log has a line without an end")
        for raw in whole:
            if raw.startswith(b"id:"):
                event_id = raw[3:].strip().decode(errors="replace")[:60]
                continue
            line = log_line(raw, (api_key,))
            if line is not None:
                yield LogEvent(event_id, line)
                event_id = ""
