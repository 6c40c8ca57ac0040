"""An endpoint as data: its address, its view, and what docs and OpenAPI say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

ROOT = "/api/v1/"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the address, its path or its headers; `schema` is that of its text.

    example  what would be right; a required parameter has one
    """

    name: str
    line: str
    schema: Mapping[str, Any]
    required: bool = False
    example: str = ""
    place: str = "query"  # or path, header


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address below /api/v1/.

    path    after the root, such as "fleets" or "actions/{id}"; "" is the list of all
    method  GET, or POST for one that acts
    body    JSON Schema of what a POST sends; None where it sends nothing
    view    made by `api_view`
    line    one sentence for the list, the docs and the OpenAPI page
    answer  JSON Schema of the answer's body, see `schemas`
    """

    path: str
    view: Callable[..., HttpResponse]
    line: str
    answer: Mapping[str, Any]
    parameters: tuple[Parameter, ...] = ()
    method: str = "GET"
    body: Mapping[str, Any] | None = None

    @property
    def address(self) -> str:
        return ROOT + self.path

    @property
    def name(self) -> str:
        """Its URL name in the namespace `api`."""
        return self.path.replace("{id}", "id") or "index"

    @property
    def route(self) -> str:
        """Its path in Django's words."""
        return self.path.replace("{id}", "<int:id>")
