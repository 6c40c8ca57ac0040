"""Lists and addresses of RunPod's REST v2: whole, or an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from fleet.providers import runpod_parse as parse
from fleet.providers.errors import ProviderUnavailable
from fleet.providers.runpod_http import RunPodHttp

MOST_PAGES = 100

Item = TypeVar("Item")


def whole_list(
    http: RunPodHttp,
    path: str,
    key: str,
    *,
    read: Callable[[Any], Item],
    id_of: Callable[[Item], str],
) -> list[Item]:
    """Every item of a list that may be paged; ProviderUnavailable for a part of it."""
    found: dict[str, Item] = {}
    query: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        body = http.get(path, params=query)
        page = [read(raw) for raw in parse.listed(body, key)]
        repeated = bool(query) and bool(page) and all(id_of(p) in found for p in page)
        found |= {id_of(item): item for item in page}
        cursor = _next_cursor(body, path)
        if cursor is None:
            return list(found.values())
        if repeated or cursor == query.get("cursor"):
            break  # RunPod ignores query parameters that it does not know
        query = {"cursor": cursor}
    raise ProviderUnavailable(f"GET {path} did not reach the end of its pages")


def resource_path(collection: str, provider_id: str) -> str:
    """The address of one resource. ValueError for an id that is none."""
    return f"/v2/{collection}/{quote(checked_id(provider_id), safe='')}"


def checked_id(provider_id: str) -> str:
    """An id from outside that becomes part of an address; "../billing" does not."""
    if (
        not provider_id.replace("-", "").replace("_", "").isalnum()
        or not provider_id.isascii()
    ):
        raise ValueError(f"provider_id is {provider_id!r}; it must be letters and digits.")
    return provider_id


def billing_query(start: datetime, end: datetime, bucket: str) -> dict[str, str]:
    """The query of a billing window [start, end)."""
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise ValueError(f"billing from {start} to {end}; give UTC instants in order.")
    return {
        "startTime": rfc3339(start),
        "endTime": rfc3339(end),
        "bucketSize": bucket,
    }


def rfc3339(at: datetime) -> str:
    """A UTC instant in whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _next_cursor(body: Any, path: str) -> str | None:
    pages = body.get("pagination")
    if not isinstance(pages, Mapping) or not pages.get("hasNextPage"):
        return None
    cursor = pages.get("nextCursor")
    if not isinstance(cursor, str) or not cursor:
        raise ProviderUnavailable(f"GET {path} has a next page and no cursor for it")
    return cursor
