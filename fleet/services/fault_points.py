"""Fault points: named moments at which a drill may kill the worker.

Off unless KERNE_FAULT_POINTS is true, which a live console refuses. Then a file named
like a point in `KERNE_VAR/fault-points` orders one death there: the process that takes
the file away ends itself by SIGKILL, so that a point strikes once, whoever comes first.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

POINTS = {
    # launch
    "before_intent": "a replica is missing, and nothing is written",
    "after_intent": "the intent is committed, and nobody has claimed it",
    "claimed": "the intent is claimed, and the create is not sent",
    "created": "the create is answered, and the id is not saved",
    # stop and terminate
    "stop_requested": "a pod is told to stop, and nothing was done about it",
    "scraped": "the last scrape is answered, and not kept",
    "scrape_kept": "the last scrape is kept, and no delete is sent",
    "deleted": "the delete is answered, and not noted",
    "delete_noted": "the delete is noted, and the end is not confirmed",
    # volumes and endpoints
    "resource_claimed": "a volume or endpoint is claimed, and its create is not sent",
    "resource_created": "its create is answered, and the id is not saved",
    "resource_deleted": "its delete is answered, and not noted",
    "resource_delete_noted": "its delete is noted, and its end is not confirmed",
    "grow_claimed": "a volume's growth is claimed, and not sent",
    "grown": "the growth is answered, and the list does not show it",
}

Listener = Callable[[str], None]
_listeners: list[Listener] = []


def reach(point: str) -> None:
    """Go on, unless a drill ordered a death at `point`."""
    for listener in _listeners:
        listener(point)
    if settings.FAULT_POINTS and take_order(point):
        os.kill(os.getpid(), signal.SIGKILL)


def take_order(point: str) -> bool:
    """Whether a death was ordered at `point`, and this call is the one to die of it."""
    try:
        (folder() / point).unlink()
    except FileNotFoundError:
        return False
    return True


def order(point: str) -> None:
    """Let the next worker that reaches `point` die. ValueError for one that is none."""
    if point not in POINTS:
        raise ValueError(f"{point!r} is no fault point; write one of {', '.join(POINTS)}.")
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / point).touch()


def folder() -> Path:
    """Where deaths are ordered."""
    return Path(settings.KERNE_VAR) / "fault-points"


@contextmanager
def watched(listener: Listener) -> Iterator[None]:
    """Tell `listener` of each point that is reached; what it raises goes through."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
