"""Log lines of pods, and their stream as Server-Sent Events."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

KEPT_LINES = 5000
LINE_LIMIT = 4000
KEEP_ALIVE_SECONDS = 15.0


@dataclass(frozen=True)
class LogLine:
    """One line; `at` is unique within a pod, because it is the cursor of the stream."""

    at: datetime
    source: str
    text: str

    def event(self) -> str:
        """The line as one Server-Sent Event."""
        stamp = self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        data = {"source": self.source, "line": self.text, "ts": stamp}
        return f"id: {stamp}\ndata: {json.dumps(data)}\n\n"


class PodLog:
    """The last lines of one pod and whoever is reading along."""

    def __init__(self) -> None:
        self._lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._news = asyncio.Event()
        self._closed = False

    def add(self, source: str, text: str, at: datetime) -> None:
        """Append a line from ``system`` or ``container``."""
        at = at.astimezone(UTC)
        if self._lines and at <= self._lines[-1].at:
            at = self._lines[-1].at + timedelta(microseconds=1)
        self._lines.append(LogLine(at, source, text[:LINE_LIMIT]))
        self._wake()

    def close(self) -> None:
        """No more lines will come: end every stream."""
        self._closed = True
        self._wake()

    def lines(self, wanted: Callable[[LogLine], bool]) -> list[LogLine]:
        """Kept lines that are wanted, oldest first."""
        return [line for line in self._lines if wanted(line)]

    async def stream(
        self, *, source: str | None, tail: int, after: datetime | None
    ) -> AsyncIterator[str]:
        """Events: the last `tail` lines, or all after a cursor, then what comes."""

        def wanted(line: LogLine) -> bool:
            return source is None or line.source == source

        backlog = self.lines(wanted)
        if after is not None:
            backlog = [line for line in backlog if line.at > after]
        else:
            backlog = backlog[len(backlog) - min(tail, len(backlog)) :]
        cursor = self._lines[-1].at if self._lines else datetime.min.replace(tzinfo=UTC)
        yield "".join(line.event() for line in backlog) or ": no lines yet\n\n"
        while True:
            news = self._news
            fresh = [line for line in self._lines if line.at > cursor]
            if fresh:
                cursor = fresh[-1].at
                if shown := "".join(line.event() for line in fresh if wanted(line)):
                    yield shown
                continue
            if self._closed:
                return
            try:
                await asyncio.wait_for(news.wait(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield ": keep-alive\n\n"

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
