"""Ending the process of an engine, with all that it started."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process

STOP_SECONDS = 8.0  # longer than the guard's grace time


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
