"""Logs: one line a record, with the id of the request that led to it and no secret in it.

The id comes from the X-Request-ID header or is made here, is answered in the same header,
travels with every Celery message that the request publishes and stands in each line, so
one `grep` finds what a click did in the web process and in the workers.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
NO_REQUEST = "-"
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
MASK = "***"
# Shorter literals would mask ordinary words wherever they stand.
SHORTEST_LITERAL = 8

_request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)

SECRET_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer\s+)[^\s\"',}\]]+"), rf"\1{MASK}"),
    (re.compile(r"(--api-key['\"]?[\s,=]+['\"]?)[^\s'\",\]]+"), rf"\1{MASK}"),
    (re.compile(r"\b(sk-|rpa_|hf_)[A-Za-z0-9_-]{6,}"), rf"\1{MASK}"),
    # An API token of ours: its id may be read, its secret, also a part of it, may not.
    (re.compile(r"(?i)(kerne_[0-9a-f]{12}_)[A-Za-z0-9_-]+"), rf"\1{MASK}"),
    (
        re.compile(
            r"(?i)((?:api[_-]?key|secret[_-]?key|passw(?:or)?d|"
            r"(?:access|auth|login)[_-]?token)['\"]?\s*[=:]\s*['\"]?)[^\s'\"&,;}\])]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(://[^\s:/@]*:)[^\s/@]+(@)"), rf"\1{MASK}\2"),
    (re.compile(r"(/login/)[A-Za-z0-9_-]{16,}"), rf"\1{MASK}"),
)


def current_request_id() -> str:
    """The id of the request or task that this code runs for, "-" outside of any."""
    return _request_id.get()


def set_request_id(value: str | None) -> str:
    """Take the id over if it is well-formed, else make one; give back what is in force.

    A foreign id with other characters could forge a log line.
    """
    if value is None or not ACCEPTED_ID.fullmatch(value):
        value = uuid.uuid4().hex[:16]
    _request_id.set(value)
    return value


def clear_request_id() -> None:
    """Forget the id, so that what runs next in this thread does not inherit it."""
    _request_id.set(NO_REQUEST)


def mask_secrets(text: str, literals: Iterable[str] = ()) -> str:
    """The text with every known secret and everything shaped like one replaced by ***."""
    for literal in literals:
        text = text.replace(literal, MASK)
    for pattern, replacement in SECRET_SHAPES:
        text = pattern.sub(replacement, text)
    return text


class RequestIdMiddleware:
    """Gives each request its id and answers it in the header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = set_request_id(request.headers.get(HEADER))
        try:
            response = self._get_response(request)
        finally:
            clear_request_id()
        response[HEADER] = request_id
        return response


class LineFormatter(logging.Formatter):
    """`2026-11-24T03:10:00.123Z INFO fleet.tasks [id] message`, masked as a whole.

    The mask is applied to the finished text, so it covers the message, its arguments and
    the traceback alike. Line breaks inside a message are written as \\n: a provider's
    answer must not be able to look like a line of ours. A traceback follows, indented.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(
            "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s [%(request_id)s] %(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
        self.converter = time.gmtime
        self._literals = tuple(s for s in secrets if len(s) >= SHORTEST_LITERAL)

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = current_request_id()
        return mask_secrets(super().format(record), self._literals)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        line = super().formatMessage(record)
        return line.replace("\r", "\\r").replace("\n", "\\n")

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "    " + super().formatException(ei).replace("\n", "\n    ")


def config(level: str, *, secrets: Iterable[str] = ()) -> Mapping[str, Any]:
    """Django's LOGGING: everything to stderr in our one format.

    secrets: values to mask literally wherever they appear.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter, "secrets": list(secrets)}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would write a second line in another format.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "uvicorn": {"level": level},
            "uvicorn.access": {"level": "WARNING"},
            # Runs have rows of their own, on the jobs page; failures are still logged.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # Both write whole addresses when they are asked for details, and the address
            # of a webhook is its password.
            "urllib3": {"level": "INFO"},
            "apprise": {"level": "WARNING", "propagate": False},
        },
    }
