"""Undo: a free change is done at once, and its message offers to take it back."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html


def undoable(request: HttpRequest, sentence: str, address: str, /, **values: str) -> None:
    """Say what was done, with a button that posts `values` to `address` to take it back.

    Only for what costs nothing: what costs something has a plan before it.
    """
    said = format_html(
        '<span>{}</span> <button class="button small" type="button" hx-post="{}" '
        'hx-vals="{}" hx-swap="none">Undo</button>',
        sentence,
        address,
        json.dumps(values),
    )
    messages.success(request, said, extra_tags="undo")


def refreshed(request: HttpRequest) -> HttpResponse:
    """The answer to an undo: the page that asked reads itself again."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect("fleet:list")
