"""Refusals as RunPod words them: RFC 9457, ``application/problem+json``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class Problem(Exception):
    """A request that is answered with an error; nothing was changed.

    status   HTTP status
    detail   one sentence: what is wrong and what would be right
    errors   single violations, for 422
    headers  extra response headers, such as Retry-After
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: list[str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The answer's JSON as the contract's ErrorResponse."""
        body: dict[str, Any] = {
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return body


def not_found(what: str) -> Problem:
    """404: no such thing, or no longer."""
    return Problem(404, f"{what} not found")


def invalid(errors: list[str]) -> Problem:
    """422: the body or a parameter breaks the contract."""
    return Problem(422, "Request validation failed.", errors=errors)
