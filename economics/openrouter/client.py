"""One request to OpenRouter's public API: read only, bounded, numbers exact.

Redirects are not followed, bodies are read up to a limit and a deadline, numbers become
Decimal, and a key is in the Authorization header only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import HTTPError

from economics.openrouter.errors import MarketRefused, MarketSilent
from fleet.providers.masking import scrub
from fleet.providers.runpod_http import LOOPBACK, BearerKey

CONNECT_SECONDS = 5
READ_SECONDS = 20
MOST_BODY_BYTES = 16 * 2**20  # 400 models were 2 MB in 2026-08
MODELS_PER_PAGE = 1000
MOST_PAGES = 5
LONGEST_DETAIL = 200


class OpenRouterClient:
    """A session with OpenRouter, or with a stand-in. Not shared between threads.

    api_key    "" for none: then percentiles are missing and rankings are not read
    transport  carries the requests; None: the network
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str = "",
        read_seconds: float = READ_SECONDS,
        most_body_bytes: int = MOST_BODY_BYTES,
        transport: BaseAdapter | None = None,
    ) -> None:
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError(f"base_url is {base_url!r}; it must begin with https://.")
        self.base_url = base_url.rstrip("/")
        self.has_key = bool(api_key)
        self._key = api_key
        self._read_seconds = read_seconds
        self._most_body_bytes = most_body_bytes
        self._session = requests.Session()
        self._session.trust_env = urlsplit(base_url).hostname not in LOOPBACK
        if api_key:
            self._session.auth = BearerKey(api_key)
        # Compressed bodies would make a limit in bytes meaningless.
        self._session.headers.update(
            {"Accept": "application/json", "Accept-Encoding": "identity"}
        )
        if transport is not None:
            self._session.mount(self.base_url, transport)

    def __repr__(self) -> str:
        return f"OpenRouterClient({self.base_url!r}, api_key=***)"

    def models(self) -> list[Any]:
        """Every model that is listed, page by page, as told."""
        found: list[Any] = []
        for page in range(MOST_PAGES):
            offset = page * MODELS_PER_PAGE
            body = self._get(
                "/models", {"offset": f"{offset}", "limit": f"{MODELS_PER_PAGE}"}
            )
            told = _list(body, "models")
            found += told
            if len(told) < MODELS_PER_PAGE:
                break
        return found

    def endpoints(self, slug: str) -> list[Any]:
        """The offers of a model, `author/name`, as told."""
        body = self._get(f"/models/{quote(slug, safe='/:')}/endpoints", {})
        data = body.get("data") if isinstance(body, dict) else None
        endpoints = data.get("endpoints") if isinstance(data, dict) else None
        if not isinstance(endpoints, list):
            raise MarketSilent(f"the endpoints of {slug} came without a list")
        return endpoints

    def rankings(self, *, first: date, last: date) -> tuple[list[Any], Any]:
        """Tokens per day of the largest models in [first, last], and what is said of them.

        Needs a key. Free to show with its source: CC BY 4.0.
        """
        body = self._get(
            "/datasets/rankings-daily", {"start_date": f"{first}", "end_date": f"{last}"}
        )
        return _list(body, "rankings"), body.get("meta")

    def _get(self, path: str, params: Mapping[str, str]) -> Any:
        deadline = monotonic() + self._read_seconds
        try:
            with self._session.get(
                self.base_url + path,
                params=params,
                timeout=(CONNECT_SECONDS, self._read_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response, path, deadline)
                status = response.status_code
        except (requests.RequestException, HTTPError, OSError) as error:
            said = scrub(str(error), (self._key,) if self._key else ())[:LONGEST_DETAIL]
            raise MarketSilent(f"{path}: {type(error).__name__}: {said}") from error
        if 400 <= status < 500 and status != 408:
            raise MarketRefused(f"{path} was refused with HTTP {status}", status=status)
        if status != 200:
            raise MarketSilent(f"{path} answered HTTP {status}")
        try:
            return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise MarketSilent(f"{path} answered something that is not JSON") from error

    def _read(self, response: requests.Response, path: str, deadline: float) -> bytes:
        # The timeout of requests starts anew at every byte; the deadline does not.
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(65_536):
            parts.append(part)
            size += len(part)
            if size > self._most_body_bytes:
                raise MarketSilent(
                    f"{path} answered more than {self._most_body_bytes:,} bytes"
                )
            if monotonic() > deadline:
                raise MarketSilent(f"{path} took over {self._read_seconds:g} s")
        return b"".join(parts)


def _list(body: Any, what: str) -> list[Any]:
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise MarketSilent(f"the {what} came without a list")
    return data


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON number")
