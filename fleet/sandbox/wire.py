"""JSON with exact numbers, and the responses that carry it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from fleet.sandbox.problems import Problem


def dumps(value: Any) -> str:
    """JSON text of `value`; a Decimal becomes a number with all of its digits.

    The json module can only write floats, and a float would lose digits of money.
    """
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, dict):
        inside = (f"{json.dumps(str(key))}: {dumps(item)}" for key, item in value.items())
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(dumps(item) for item in value) + "]"
    return json.dumps(value)


def rfc3339(epoch_seconds: float) -> str:
    """UTC time as the API writes it, in whole seconds: ``2026-11-24T03:29:22Z``."""
    moment = datetime.fromtimestamp(int(epoch_seconds), tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str, where: str) -> float:
    """Epoch seconds of an RFC 3339 text; Problem 422 naming `where` when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        expected = "an RFC 3339 time such as 2026-11-24T00:00:00Z"
        raise Problem(
            422,
            "Request validation failed.",
            errors=[f"{where}: {text!r} is not {expected}"],
        )
    return moment.timestamp()


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(dumps(value), status_code=status, media_type="application/json")


def refuse(problem: Problem) -> Response:
    """A Problem as its response."""
    return Response(
        dumps(problem.body()),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )
