"""An amount stays on one line: its sign is joined to its dollar on every page.

A browser may break a line between a minus (or a plus) and the dollar behind it, so that
"−$1.23" ended a line as "−" and began the next as "$1.23": a loss read as a gain. Amounts
come from filters, from templates and out of sentences that are also stored and sent, so
they are joined in the finished page, and only there: files and the API stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

WORD_JOINER = "\u2060"  # takes no room, and no line is broken at it
SIGNED = re.compile("(−|\\+)\\$".encode())
JOINED = rb"\1" + WORD_JOINER.encode() + b"$"


def joined(page: bytes) -> bytes:
    """A page in UTF-8 whose signed amounts can not be parted.

    >>> joined("lost −$1.23 of $4".encode()).decode() == f"lost −{WORD_JOINER}$1.23 of $4"
    True
    """
    return SIGNED.sub(JOINED, page)


class AmountsMiddleware:
    """Joins the amounts of each answer that is HTML and is not streamed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and not response.streaming:
            response.content = joined(response.content)
        return response
