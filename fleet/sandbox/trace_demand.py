"""A demand that was recorded: requests with their instants, as an engine would be asked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate

from fleet.sandbox.demand import Tokens


class TraceDemand:
    """The requests of a trace; each counts whole at the instant it was made."""

    def __init__(self, requests: Iterable[tuple[datetime, Tokens]]) -> None:
        rows = sorted(requests, key=lambda row: row[0])
        self._at = [at for at, _ in rows]
        self._until = [Tokens(), *accumulate(tokens for _, tokens in rows)]

    def between(self, start: datetime, end: datetime) -> Tokens:
        """Tokens of the requests in [start, end)."""
        first, last = (bisect_left(self._at, at) for at in (start, max(start, end)))
        return self._until[last] - self._until[first]
