"""RunPod's published contract, where its file is at hand."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[3]
URI = "urn:runpod:v2"


def contract_path() -> Path:
    named = os.environ.get("RUNPOD_OPENAPI")
    beside = ROOT.parent / "shared" / "contracts" / "runpod-v2.openapi.json"
    return Path(named) if named else beside


needs_contract = pytest.mark.skipif(
    not contract_path().is_file(),
    reason="RunPod's OpenAPI file is not at hand; name it in RUNPOD_OPENAPI",
)


@cache
def contract() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(contract_path().read_text())
    return loaded


def violations(pointer: str, value: object) -> list[str]:
    """What of `value` breaks the schema at `pointer` of the contract."""
    resource = Resource.from_contents(contract(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(URI, resource)
    validator = Draft202012Validator(
        {"$ref": f"{URI}#{pointer}"}, registry=registry, format_checker=FormatChecker()
    )
    return [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(value)]


def escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1")


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = contract()["paths"][path][method.lower()]
    return found


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node that a local $ref stands for."""
    while "$ref" in node:
        target: Any = contract()
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
