"""Checks request bodies the way RunPod does: every violation is named, with its place.

Written by hand because the published contract is not part of this repository; the tests
compare these checks with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from fleet.sandbox.problems import Problem, invalid

Check = Callable[[Any, str], list[str]]


def text(*, minimum: int = 0, pattern: str = "", choices: tuple[str, ...] = ()) -> Check:
    """A string, of a minimum length, or of a pattern, or one of the choices."""

    def check(value: Any, where: str) -> list[str]:
        if not isinstance(value, str):
            return [f"{where}: got {_kind(value)}, want string"]
        if len(value) < minimum:
            return [f"{where}: length must be >= {minimum}, but got {len(value)}"]
        if pattern and not re.search(pattern, value):
            return [f"{where}: {value!r} does not match pattern {pattern}"]
        if choices and value not in choices:
            return [f"{where}: {value!r} is not one of {', '.join(choices)}"]
        return []

    return check


def integer(*, minimum: int | None = None, maximum: int | None = None) -> Check:
    """A whole number within bounds, both inclusive."""

    def check(value: Any, where: str) -> list[str]:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return [f"{where}: got {_kind(value)}, want integer"]
        if minimum is not None and value < minimum:
            return [f"{where}: must be >= {minimum}, but got {value}"]
        if maximum is not None and value > maximum:
            return [f"{where}: must be <= {maximum}, but got {value}"]
        return []

    return check


def boolean(value: Any, where: str) -> list[str]:
    """true or false."""
    return [] if isinstance(value, bool) else [f"{where}: got {_kind(value)}, want boolean"]


def number(*, minimum: float) -> Check:
    """A number of at least `minimum`."""

    def check(value: Any, where: str) -> list[str]:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return [f"{where}: got {_kind(value)}, want number"]
        return (
            [] if value >= minimum else [f"{where}: must be >= {minimum}, but got {value}"]
        )

    return check


def nullable(inner: Check) -> Check:
    """null, or what `inner` wants."""
    return lambda value, where: [] if value is None else inner(value, where)


def array(item: Check, *, minimum: int = 0, maximum: int | None = None) -> Check:
    """A list whose items all pass."""

    def check(value: Any, where: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{where}: got {_kind(value)}, want array"]
        if len(value) < minimum or (maximum is not None and len(value) > maximum):
            most = "any number" if maximum is None else maximum
            return [f"{where}: {minimum} to {most} items wanted, got {len(value)}"]
        return [
            error
            for index, entry in enumerate(value)
            for error in item(entry, f"{where}[{index}]")
        ]

    return check


def mapping(item: Check) -> Check:
    """An object with any keys, whose values all pass."""

    def check(value: Any, where: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where}: got {_kind(value)}, want object"]
        return [
            error for key, entry in value.items() for error in item(entry, f"{where}.{key}")
        ]

    return check


def record(fields: dict[str, Check], *, required: tuple[str, ...] = ()) -> Check:
    """An object with exactly these fields allowed."""

    def check(value: Any, where: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where}: got {_kind(value)}, want object"]
        errors = [
            f"{where}: missing property {name!r}" for name in required if name not in value
        ]
        for key, entry in value.items():
            if key in fields:
                errors += fields[key](entry, f"{where}.{key}")
            else:
                errors.append(f"{where}: additional properties {key!r} not allowed")
        return errors

    return check


def not_empty(inner: Check) -> Check:
    """What `inner` wants, with at least one field."""

    def check(value: Any, where: str) -> list[str]:
        empty = [f"{where}: minProperties: got 0, want 1"] if value == {} else []
        return empty + inner(value, where)

    return check


CUDA = text(pattern=r"^\d+\.\d+$")
CONTAINER: dict[str, Check] = {
    "args": text(),
    "disk": integer(minimum=1),
    "env": mapping(text()),
    "image": text(),
    "ports": array(text()),
    "registry": nullable(text()),
}
CPU = record(
    {"id": text(minimum=1), "vcpuCount": integer(minimum=2)}, required=("id", "vcpuCount")
)
MOUNTS = record(
    {
        "persistent": record(
            {"size": integer(minimum=10), "path": text()}, required=("size", "path")
        ),
        "network": array(
            record({"volumeId": text(), "path": text()}, required=("volumeId", "path")),
            maximum=1,
        ),
    }
)
CREATE_POD = record(
    CONTAINER
    | {
        "name": text(minimum=1),
        "cloud": text(choices=("SECURE", "COMMUNITY")),
        "cpu": CPU,
        "dataCenterIds": array(text()),
        "globalNetworking": boolean,
        "gpu": record(
            {
                "id": text(),
                "count": integer(minimum=1),
                "allowedCudaVersions": array(CUDA),
                "minCudaVersion": CUDA,
            },
            required=("id",),
        ),
        "mounts": MOUNTS,
        "startJupyter": boolean,
        "startSsh": boolean,
        "templateId": text(minimum=1),
    },
    required=("name",),
)
POD_ACTION = record(
    {"action": text(choices=("start", "stop", "restart", "terminate"))},
    required=("action",),
)
CREATE_VOLUME = record(
    {
        "name": text(minimum=1),
        "size": integer(minimum=10, maximum=4096),
        "dataCenter": text(minimum=1),
        "type": text(choices=("STANDARD", "HIGH_PERFORMANCE")),
    },
    required=("name", "size", "dataCenter"),
)
UPDATE_VOLUME = not_empty(
    record({"name": text(minimum=1), "size": integer(minimum=10, maximum=4096)})
)
QUEUE_DELAY = record(
    {"type": text(choices=("QUEUE_DELAY",)), "queueDelay": number(minimum=0.5)},
    required=("type", "queueDelay"),
)
REQUEST_COUNT = record(
    {"type": text(choices=("REQUEST_COUNT",)), "requestCount": integer(minimum=1)},
    required=("type", "requestCount"),
)


def scaling(value: Any, where: str) -> list[str]:
    """One of the two autoscaling signals, told apart by `type`."""
    counts = isinstance(value, dict) and value.get("type") == "REQUEST_COUNT"
    return (REQUEST_COUNT if counts else QUEUE_DELAY)(value, where)


ENDPOINT_GPU: dict[str, Check] = {
    "pools": array(text(), minimum=1),
    "excludedTypes": array(text(pattern=r"^\s*[^-\s]")),
    "count": integer(minimum=1),
    "allowedCudaVersions": array(CUDA),
    "minCudaVersion": CUDA,
}
ENDPOINT: dict[str, Check] = CONTAINER | {
    "name": text(minimum=1),
    "scaling": scaling,
    "cpu": array(CPU, minimum=1),
    "dataCenterIds": array(text()),
    "flashboot": text(choices=("OFF", "FLASHBOOT", "PRIORITY_FLASHBOOT")),
    "networkVolumes": array(text()),
    "timeout": integer(),
    "workers": record(
        {
            "min": integer(minimum=0),
            "max": integer(minimum=0),
            "idleTimeout": integer(minimum=1, maximum=3600),
        }
    ),
}
CREATE_ENDPOINT = record(
    ENDPOINT
    | {
        "type": text(choices=("QUEUE", "LOAD_BALANCER")),
        "gpu": record(ENDPOINT_GPU, required=("pools",)),
        "templateId": text(minimum=1),
    },
    required=("name", "type", "scaling"),
)
UPDATE_ENDPOINT = record(ENDPOINT | {"gpu": record(ENDPOINT_GPU), "templateId": text()})


def parse_body(raw: bytes, check: Check, *, needs_image: bool = False) -> dict[str, Any]:
    """The request's JSON object; Problem 400 when it is no JSON, 422 with all violations.

    needs_image  the body must name an image unless it names a template
    """
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Problem(400, f"the request body is not JSON: {error}") from error
    errors = check(body, "$")
    if needs_image and isinstance(body, dict) and not {"image", "templateId"} & body.keys():
        errors.append("$: missing property 'image'")
    if errors:
        raise invalid(errors)
    return dict(body)


def _kind(value: Any) -> str:
    names = {
        dict: "object",
        list: "array",
        str: "string",
        bool: "boolean",
        type(None): "null",
    }
    return names.get(type(value), "number")
