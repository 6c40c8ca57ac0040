"""Following the process of an engine to its end, and ending it with all it started."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process

from fleet.sandbox.engines.base import LogTo

STOP_SECONDS = 8.0  # longer than the guard's grace time


async def log_to_end(process: Process, log: LogTo) -> int:
    """Log what a process prints, line by line; its exit status once it is gone."""
    assert process.stdout is not None, "started with its output piped"
    while line := await process.stdout.readline():
        log(line.decode(errors="replace").rstrip())
    return await process.wait()


async def end_process(process: Process | None, reader: asyncio.Task[None] | None) -> None:
    """Close the guard's input, which ends its command; returns when all of it is gone."""
    if process is None or process.stdin is None:
        return
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
    if reader is not None:
        reader.cancel()
