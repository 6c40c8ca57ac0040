"""The progress of an action as Server-Sent Events: a word whenever something moved.

The page reads its living part again at each `moved`, and stops listening at `ended`. What
moved is not in the event, so that there is one way to show it. A connection ends after
five minutes and is opened again by the browser, so that a login that ended is noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.selectors.action_progress import Progress, progress_of
from fleet.views.actions import get_action
from fleet.views.log_stream import RETRY_MILLISECONDS, event, say, streamed

LOOK_SECONDS = 1.0
MOST_LOOKS = 300  # then the browser comes back
MOST_STREAMS = 40  # at once in one process: each look reads the database
QUIET_LOOKS = 10  # without a move until a comment shows that somebody is there

_open_streams = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """Where an action is, as far as two looks can differ but for the seconds."""

    words: str
    has_ended: bool


Look = Callable[[], Awaitable[Sight]]


@require_GET
@viewer_required
def action_stream(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The moves of one action. The view is plain; its content is asynchronous."""
    get_action(pk)
    if not isinstance(request, ASGIRequest):
        return say("trouble", "this web server cannot stream")

    def look() -> Sight:
        try:
            action = get_action(pk)
            return sight_of(progress_of(action, now=timezone.now()))
        finally:
            close_old_connections()

    return streamed(bounded(sync_to_async(look)))


def sight_of(progress: Progress) -> Sight:
    """The stages, pods and end of an action, without what only grows with time."""
    stages = [f"{each.name} {each.state} {each.detail}" for each in progress.stages]
    pods = [f"{each.name} {each.status} {each.status_reason}" for each in progress.pods]
    end = "" if progress.end is None else progress.end.outcome
    return Sight("\n".join([*stages, *pods, end]), progress.end is not None)


async def bounded(look: Look) -> AsyncIterator[str]:
    """The events of an action, unless too many streams are open."""
    global _open_streams
    if _open_streams >= MOST_STREAMS:
        yield event({"reason": f"{MOST_STREAMS} are followed already."}, kind="trouble")
        return
    _open_streams += 1
    try:
        async with aclosing(moves(look)) as events:
            async for each in events:
                yield each
    finally:
        _open_streams -= 1


async def moves(
    look: Look, *, pause: float = LOOK_SECONDS, most_looks: int = MOST_LOOKS
) -> AsyncGenerator[str, None]:
    """An event at each look that differs from the one before, and one at the end.

    pause  between two looks [s]
    """
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    before, quiet = await look(), 0
    for _ in range(most_looks):
        if before.has_ended:
            break
        await asyncio.sleep(pause)
        now = await look()
        quiet = 0 if now != before else quiet + 1
        if now != before and not now.has_ended:
            yield event({}, kind="moved")
        elif quiet % QUIET_LOOKS == QUIET_LOOKS - 1:
            yield ": still here\n\n"
        before = now
    if before.has_ended:
        yield event({}, kind="ended")
