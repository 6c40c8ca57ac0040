"""JSON Schemas of answers, in the words of `encode`: exact, and with no field untold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerne_site.api.encode import BECAUSE

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
DECIMAL: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
INSTANT: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9-]{10}T[0-9:]{8}(\.[0-9]{6})?Z$",
}
DAY: Schema = {
    "type": "string",
    "format": "date",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
}
UNKNOWABLE = "x-unknowable"  # becomes null, with a field for the reason


def record(**properties: Schema) -> Schema:
    """An object with exactly these fields, each of them always there."""
    told: dict[str, Any] = {}
    for name, schema in properties.items():
        told[name] = {key: each for key, each in schema.items() if key != UNKNOWABLE}
        if schema.get(UNKNOWABLE):
            told[name + BECAUSE] = TEXT
    return {
        "type": "object",
        "properties": told,
        "required": list(properties),
        "additionalProperties": False,
    }


def table(schema: Schema) -> Schema:
    """An object whose names are data, such as the parts of a GPU's memory."""
    return {"type": "object", "additionalProperties": schema}


def many(schema: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": schema}


def words(*choices: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(choices)}


def or_null(schema: Schema) -> Schema:
    """Such a value, or null where there is none by nature."""
    return {"anyOf": [schema, {"type": "null"}]}


def or_unknown(schema: Schema) -> Schema:
    """Such a figure, or null with its reason in `<name>_unknown_because`."""
    return {**or_null(schema), UNKNOWABLE: True}


def described(schema: Schema, line: str) -> Schema:
    """The same with a sentence for whoever reads it."""
    return {**schema, "description": line}
