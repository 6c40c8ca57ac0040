"""Figures as JSON: a Decimal keeps every digit, an unknown figure keeps its reason."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from economics.calc.unknown import Unknown
from fleet.views import throughput

UNKNOWNS = (Unknown, throughput.Unknown)  # the fleet knows no economics
BECAUSE = "_unknown_because"


def encoded(answer: Mapping[str, Any]) -> str:
    """The JSON text of an answer. Raises TypeError or ValueError for what has no form."""
    return json.dumps(plain(answer), ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """`value` in JSON's own types.

    A Decimal becomes a string without exponent, its unit stands in the field's name; an
    instant ISO 8601 in UTC with a Z; a dataclass its fields; an unknown field null, with
    its reason in `<name>_unknown_because`.
    """
    if value is None or isinstance(value, bool | int | float) and not _is_enum(value):
        return value
    if _is_enum(value):
        return value.value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _record(value.items())
    if is_dataclass(value) and not isinstance(value, type | Unknown | throughput.Unknown):
        return _record((each.name, getattr(value, each.name)) for each in fields(value))
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no form in JSON here: {value!r}")


def _record(items: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in items:
        if not isinstance(name, str):
            raise TypeError(f"a field's name must be text, got {name!r}")
        if isinstance(value, UNKNOWNS):
            out[name] = None
            out[name + BECAUSE] = value.reason
        else:
            out[name] = plain(value)
    return out


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"a figure must be finite, got {value}")
    return f"{value:f}"


def _is_enum(value: Any) -> bool:
    return isinstance(value, Enum)


def instant(at: datetime) -> str:
    """An instant as 2026-03-04T16:20:00Z. Raises ValueError for one without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a time zone, got {at.isoformat()}")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
