"""An endpoint as data: its address, its view, and what docs and OpenAPI say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

ROOT = "/api/v1/"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the address. `schema` is JSON Schema of its text.

    example  what would be right; a required parameter has one
    """

    name: str
    line: str
    schema: Mapping[str, Any]
    required: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address below /api/v1/.

    path    after the root, such as "fleets"; "" is the list of all
    view    made by `api_view`
    line    one sentence for the list, the docs and the OpenAPI page
    answer  JSON Schema of the answer's body, see `schemas`
    """

    path: str
    view: Callable[..., HttpResponse]
    line: str
    answer: Mapping[str, Any]
    parameters: tuple[Parameter, ...] = ()

    @property
    def address(self) -> str:
        return ROOT + self.path

    @property
    def name(self) -> str:
        """Its URL name in the namespace `api`."""
        return self.path or "index"
