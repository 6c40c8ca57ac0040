"""Holds requests and answers against RunPod's published contract, where it is at hand."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2]
NAME = "runpod-v2.openapi.json"
ABSENT = f"RunPod's contract is not at hand (RUNPOD_OPENAPI or ../shared/contracts/{NAME})"


def contract_path() -> Path | None:
    """The contract's file, or None where it is absent."""
    given = os.environ.get("RUNPOD_OPENAPI")
    path = Path(given) if given else ROOT.parent / "shared" / "contracts" / NAME
    return path if path.is_file() else None


@cache
def load() -> dict[str, Any]:
    """The whole contract; only where `contract_path` is not None."""
    path = contract_path()
    assert path is not None
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def violations(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with `value`; references point into the contract."""
    resource = Resource(contents=load(), specification=DRAFT202012)
    registry = Registry().with_resource("urn:contract", resource)
    schema = json.loads(json.dumps(schema).replace('"#/', '"urn:contract#/'))
    validator = Draft202012Validator(schema, registry=registry)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def request_violations(method: str, path: str, body: Any) -> list[str]:
    """What is wrong with a request body."""
    content = _operation(method, path)["requestBody"]["content"]
    return violations(content["application/json"]["schema"], body)


def response_violations(
    method: str, path: str, status: int, headers: dict[str, str], text: str
) -> list[str]:
    """What is wrong with an answer: its status, its media type, its headers, its body."""
    operation = _operation(method, path)
    responses = operation["responses"]
    described = _deref(responses.get(str(status)) or responses["default"])
    found = []
    content = described.get("content")
    if content is None:
        return [f"{status} has no body, got {text!r}"] if text else []
    media_type = headers.get("content-type", "").partition(";")[0]
    if media_type not in content:
        return [f"{status}: media type {media_type!r} is not one of {list(content)}"]
    for name in ("RateLimit", "RateLimit-Policy"):
        if name in described.get("headers", {}) and name.lower() not in headers:
            found.append(f"{status}: header {name} is missing")
    if media_type != "text/event-stream":
        found += violations(content[media_type]["schema"], json.loads(text))
    return found


def _operation(method: str, path: str) -> dict[str, Any]:
    for template, operations in sorted(load()["paths"].items(), key=_fewest_holes):
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise LookupError(f"{method} {path} is not in the contract")


def _fewest_holes(entry: tuple[str, Any]) -> int:
    return entry[0].count("{")


def _deref(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        target: Any = load()
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        part = target
    return part
