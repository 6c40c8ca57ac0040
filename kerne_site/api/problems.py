"""What is answered when nothing can be given: a problem body as of RFC 9457."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"
NO_MORE_TO_SAY = "about:blank"  # RFC 9457: the title is that of the status


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one parameter; `detail` names it, its value and what is right."""

    parameter: str
    detail: str


class Problem(Exception):
    """Raised in an endpoint to answer with `status` and a sentence.

    more  members beside those of every problem, in JSON's own types
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = dict(more or {})


def problem_response(problem: Problem) -> HttpResponse:
    """The answer: type, title, status, detail, errors[] as application/problem+json."""
    body = {
        "type": NO_MORE_TO_SAY,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "errors": [asdict(fault) for fault in problem.errors],
        **problem.more,
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False) + "\n",
        status=problem.status,
        content_type=CONTENT_TYPE,
        headers=problem.headers,
    )


def nothing_at(path: str) -> Problem:
    """404 of an address that is none."""
    shown = path if len(path) <= 80 else f"{path[:80]}…"
    return Problem(404, f"There is nothing at {shown}; GET /api/v1/ lists what there is.")
