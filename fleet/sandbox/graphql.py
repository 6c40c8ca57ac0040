"""The one GraphQL query that REST v2 has no answer to: the account's balance."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

TOKEN = re.compile(r"[A-Za-z_]\w*|[{}(),:!$\"]|\S")
Fields = dict[str, Callable[[], Any]]


class QueryRefused(Exception):
    """A query the sandbox cannot answer, in words."""


def answer_query(query: str, myself: Fields) -> dict[str, Any]:
    """The ``data`` of ``{ myself { ... } }``; QueryRefused names what is not offered.

    myself  field -> its value; only the fields asked for are computed and returned
    """
    selections = _parse(query)
    data: dict[str, Any] = {}
    for name, inner in selections.items():
        if name != "myself":
            raise QueryRefused(f'Cannot query field "{name}" on type "Query".')
        if not inner:
            raise QueryRefused('Field "myself" of type "User" must have a selection.')
        data[name] = {field: _value(field, myself) for field in inner}
    return data


def _value(field: str, myself: Fields) -> Any:
    if field not in myself:
        raise QueryRefused(f'Cannot query field "{field}" on type "User".')
    return myself[field]()


def _parse(query: str) -> dict[str, Any]:
    """Nested field names of one anonymous or named query without arguments."""
    words = TOKEN.findall(query)
    if "{" not in words or words[0] not in ("query", "{"):
        raise QueryRefused(
            "Syntax Error: a query such as { myself { clientBalance } } is wanted."
        )
    position = words.index("{") + 1
    selections, position = _selection(words, position)
    if position != len(words):
        raise QueryRefused(f'Syntax Error: Unexpected "{words[position]}".')
    return selections


def _selection(words: list[str], position: int) -> tuple[dict[str, Any], int]:
    fields: dict[str, Any] = {}
    while position < len(words) and words[position] != "}":
        name = words[position]
        position += 1
        if name == ",":
            continue
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise QueryRefused(f'Syntax Error: Unexpected "{name}".')
        fields[name] = {}
        if position < len(words) and words[position] == "{":
            fields[name], position = _selection(words, position + 1)
    if position >= len(words):
        raise QueryRefused("Syntax Error: Expected Name, found <EOF>.")
    return fields, position + 1
