"""Renew the leases of many pods at once: facts only, nothing is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

CONCURRENCY = 100
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class LeaseTarget:
    """One pod's guard. `url` is the base address of its port, without a slash."""

    url: str
    api_key: str = field(repr=False)


async def renew_many(
    targets: Sequence[LeaseTarget], *, seconds: float = SECONDS
) -> list[str]:
    """POST /lease to each; "" where it was renewed, else why not, in their order."""
    gate = asyncio.Semaphore(CONCURRENCY)
    connector = aiohttp.TCPConnector(
        limit=0, force_close=True, resolver=aiohttp.ThreadedResolver()
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=seconds),
    ) as session:

        async def renew(target: LeaseTarget) -> str:
            async with gate:
                return await _renew(session, target)

        return list(await asyncio.gather(*(renew(target) for target in targets)))


async def _renew(session: aiohttp.ClientSession, target: LeaseTarget) -> str:
    key = {"Authorization": f"Bearer {target.api_key}"}
    try:
        async with session.post(
            f"{target.url}/lease", headers=key, allow_redirects=False
        ) as answer:
            return "" if answer.status == 200 else f"its guard answered {answer.status}"
    except TimeoutError:
        return "its guard did not answer in time"
    except (aiohttp.ClientError, OSError) as error:
        return f"its guard was not reached: {type(error).__name__}"
