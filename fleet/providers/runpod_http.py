"""One request to RunPod's REST v2: the only place that knows HTTP statuses.

Nothing is sent twice, redirects are not followed, bodies are read up to a limit and a
deadline, numbers become Decimal, and the key is in the Authorization header only.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from fleet.providers.errors import (
    BalanceTooLow,
    Conflict,
    InvalidRequest,
    NotFound,
    PoolForbidden,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    Unauthorized,
)
from fleet.providers.masking import scrub

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5
READ_SECONDS = 30
CREATE_SECONDS = 60  # a create that works can take more than 10 s
MOST_BODY_BYTES = 32 * 2**20  # 10,000 pods are about 30 MB
LONGEST_DETAIL = 500  # characters of a provider's sentence that we keep
LONGEST_WAIT_SECONDS = 86_400

REFUSALS: Mapping[int, type[ProviderRefused]] = {
    400: Rejected,
    401: Unauthorized,
    402: BalanceTooLow,
    403: PoolForbidden,
    404: NotFound,
    409: Conflict,
    422: InvalidRequest,
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WINDOW = re.compile(r'"?(?P<name>[a-z]+)"?(?P<parameters>(?:;\s*[a-z]+=[0-9]+)+)')


@dataclass(frozen=True, slots=True)
class RateWindow:
    """What is left of one quota: `remaining` requests for `reset_seconds` more."""

    remaining: int
    reset_seconds: int


class BearerKey(AuthBase):
    """Puts the key into the header of each request, and into no repr.

    As `auth` rather than as a session header, because requests lets an entry of the
    user's netrc override a header.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def __repr__(self) -> str:
        return "BearerKey(***)"


class RunPodHttp:
    """A session with RunPod. Not shared between threads: one per task or command.

    transport  carries the requests; None: the network
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        read_seconds: float = READ_SECONDS,
        create_seconds: float = CREATE_SECONDS,
        most_body_bytes: int = MOST_BODY_BYTES,
        transport: BaseAdapter | None = None,
    ) -> None:
        if not api_key:
            raise ValueError("api_key is empty; give the key of a RunPod account.")
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError(f"base_url is {base_url!r}; it must begin with https://.")
        self.base_url = base_url.rstrip("/")
        self.rate_limit: Mapping[str, RateWindow] = {}
        self.read_seconds = read_seconds
        self._create_seconds = create_seconds
        self._most_body_bytes = most_body_bytes
        self._key = api_key
        self._session = requests.Session()
        self._session.auth = BearerKey(api_key)
        # A proxy of the environment cannot reach the sandbox on this machine.
        self._session.trust_env = urlsplit(base_url).hostname not in LOOPBACK
        self._session.headers["Accept"] = "application/json"
        if transport is not None:
            self._session.mount(self.base_url, transport)
        # Compressed bodies would make a limit in bytes meaningless.
        self._session.headers["Accept-Encoding"] = "identity"

    def __repr__(self) -> str:
        return f"RunPodHttp({self.base_url!r}, api_key=***)"

    def get(self, path: str, *, params: Mapping[str, str] | None = None) -> Any:
        """The JSON body of a GET; numbers with a point are Decimal."""
        return self.send("GET", path, params=params)

    def create(
        self, path: str, body: Mapping[str, Any], *, secrets: tuple[str, ...]
    ) -> Any:
        """The JSON body of a POST that may cost money; `secrets` stay out of errors."""
        return self.send(
            "POST", path, body=body, seconds=self._create_seconds, secrets=secrets
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        seconds: float | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Any:
        """Send one request once; the parsed JSON, or None for an answer without body.

        Raises ProviderRefused for a definite no, and ProviderUnavailable for anything
        that does not say whether it happened.
        """
        seconds = seconds or self.read_seconds
        with self.open(method, path, params=params, body=body, seconds=seconds) as response:
            content = self._read(response, method, path, seconds)
        if not response.ok:
            raise self._failure(response, content, (*secrets, self._key))
        if not content:
            return None
        return _json(content, f"{method} {path}")

    def open(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float,
    ) -> requests.Response:
        """The response with its body unread; the caller closes it."""
        try:
            response = self._session.request(
                method,
                self.base_url + path,
                params=params,
                json=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, seconds),
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            raise ProviderUnavailable(self._silence(method, path, error)) from error
        self._note_rate_limit(response)
        logger.debug("%s %s answered %s", method, path, response.status_code)
        if 300 <= response.status_code < 400:
            response.close()
            raise ProviderUnavailable(
                f"{method} {path} answered with a redirect, which is never followed"
            )
        return response

    def refusal(self, response: requests.Response) -> ProviderError:
        """The exception for an answer that is not 2xx; reads its body."""
        path = urlsplit(response.url).path
        content = self._read(response, "GET", path, self.read_seconds)
        return self._failure(response, content, (self._key,))

    def _read(
        self, response: requests.Response, method: str, path: str, seconds: float
    ) -> bytes:
        # The timeout of requests starts anew at every byte; the deadline does not. read1
        # returns what has come, where a plain read would wait for a full buffer.
        deadline = monotonic() + seconds
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.raw.read1(65_536):
                parts.append(part)
                size += len(part)
                if size > self._most_body_bytes:
                    raise ProviderUnavailable(
                        f"{method} {path} answered more than {self._most_body_bytes} bytes"
                    )
                if monotonic() > deadline:
                    raise ProviderUnavailable(f"{method} {path} took over {seconds:g} s")
        except (HTTPError, OSError) as error:
            raise ProviderUnavailable(self._silence(method, path, error)) from error
        return b"".join(parts)

    def _failure(
        self, response: requests.Response, content: bytes, secrets: tuple[str, ...]
    ) -> ProviderError:
        detail, errors = problem(content)
        detail = scrub(detail or response.reason or "no detail", secrets)
        errors = tuple(scrub(error, secrets) for error in errors)
        status = response.status_code
        if status == 429:
            return RateLimited(
                detail,
                errors=errors,
                status=status,
                retry_after_seconds=self._wait(response),
            )
        if status in REFUSALS:
            return REFUSALS[status](detail, errors=errors, status=status)
        if status >= 500 or status == 408:
            return ProviderUnavailable(f"HTTP {status}: {detail}")
        return ProviderRefused(f"HTTP {status}: {detail}", errors=errors, status=status)

    def _wait(self, response: requests.Response) -> int | None:
        """Seconds until the next try, from Retry-After or the emptied quotas."""
        asked = response.headers.get("Retry-After", "").strip()
        if asked.isascii() and asked.isdigit():
            return min(int(asked[:9]), LONGEST_WAIT_SECONDS)
        empty = [w.reset_seconds for w in self.rate_limit.values() if w.remaining == 0]
        return max(empty) if empty else None

    def _note_rate_limit(self, response: requests.Response) -> None:
        windows = rate_windows(response.headers.get("RateLimit", ""))
        if windows:
            self.rate_limit = windows

    def _silence(self, method: str, path: str, error: Exception) -> str:
        said = scrub(str(error), (self._key,))[:LONGEST_DETAIL]
        return f"{method} {path}: {type(error).__name__}: {said}"


def rate_windows(header: str) -> dict[str, RateWindow]:
    """The quotas of a `RateLimit` header by window; {} for one that is unreadable.

    >>> rate_windows('"minute";r=59;t=30')
    {'minute': RateWindow(remaining=59, reset_seconds=30)}
    """
    windows = {}
    for found in _WINDOW.finditer(header[:1_000]):
        pairs = (pair.strip().split("=") for pair in found["parameters"].split(";") if pair)
        numbers = {key: int(value[:9]) for key, value in pairs}
        if "r" in numbers and "t" in numbers:
            windows[found["name"]] = RateWindow(numbers["r"], numbers["t"])
    return windows


def problem(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The detail and the violations of an RFC 9457 body; ("", ()) for anything else."""
    try:
        body = json.loads(content)
    except ValueError:
        return "", ()
    if not isinstance(body, dict):
        return "", ()
    detail = body.get("detail") or body.get("title") or ""
    errors = body.get("errors")
    listed = errors[:20] if isinstance(errors, list) else []
    return (
        str(detail)[:LONGEST_DETAIL],
        tuple(str(error)[:LONGEST_DETAIL] for error in listed),
    )


def _json(content: bytes, what: str) -> Any:
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProviderUnavailable(f"{what} answered something that is not JSON") from error


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON number")
