"""RunPod's log stream (server-sent events), read for a moment and then left.

The stream has no end: after the lines of the past it stays open for new ones. It is
read until the wanted lines are there, until nothing comes for `QUIET_SECONDS`, or
until the limits of time and bytes.
"""

from __future__ import annotations

import json
import re
from collections import deque
from datetime import UTC, datetime
from time import monotonic

import requests
from urllib3.exceptions import HTTPError

from fleet.providers.base import LogLine
from fleet.providers.masking import scrub

QUIET_SECONDS = 2.0  # silence after which the past is taken to be complete
DEADLINE_SECONDS = 8.0
MOST_BYTES = 2**20
LONGEST_LINE = 4_000  # characters kept of one line
MOST_LINES = 5_000  # RunPod's own limit for `tail`
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def read_stream(
    response: requests.Response,
    *,
    tail: int,
    secrets: tuple[str, ...] = (),
    deadline_seconds: float = DEADLINE_SECONDS,
) -> list[LogLine]:
    """At most `tail` lines of the stream, oldest first."""
    lines: deque[LogLine] = deque(maxlen=tail)
    deadline = monotonic() + deadline_seconds
    pending = b""
    size = 0
    while len(lines) < tail and size < MOST_BYTES and monotonic() < deadline:
        try:
            part = response.raw.read1(65_536)
        except (HTTPError, OSError):
            break  # silence: the past has been sent
        if not part:
            break
        size += len(part)
        *whole, pending = (pending + part).split(b"\n")
        lines.extend(
            line for line in (log_line(raw, secrets) for raw in whole) if line is not None
        )
    return list(lines)


def log_line(raw: bytes, secrets: tuple[str, ...] = ()) -> LogLine | None:
    """The log line in one line of the stream; None for an id, a comment or a blank."""
    field, _, value = raw.rstrip(b"\r").partition(b":")
    if field != b"data":
        return None
    data = value.strip().decode(errors="replace")
    try:
        body = json.loads(data)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return LogLine(None, "unknown", _clean(data, secrets))
    return LogLine(
        at=_instant(body.get("ts")),
        source=str(body.get("source", "unknown"))[:40],
        text=_clean(str(body.get("line", "")), secrets),
    )


def _clean(text: str, secrets: tuple[str, ...]) -> str:
    plain = ANSI.sub("", scrub(text, secrets)).rstrip()
    return "".join(c if c.isprintable() or c == "\t" else " " for c in plain)[:LONGEST_LINE]


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
