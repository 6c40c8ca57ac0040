"""Each field of each recording replaced by something odd: our types, or our exceptions."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fleet.providers import runpod_parse as parse
from fleet.providers.base import ProviderUnavailable
from tests.fleet.providers.scripted_server import recording

ODD: list[Any] = [
    None,
    "",
    "x",
    True,
    -1,
    1.5,
    [],
    {},
    [1],
    {"id": 5},
    "2026-13-99T00:00:00Z",
]
READERS: dict[str, Callable[[Any], object]] = {
    "pod_created": parse.pod,
    "pods": lambda body: [parse.pod(raw) for raw in parse.listed(body, "pods")],
    "catalog_secure": lambda body: parse.offers(body, "SECURE"),
    "billing_pods": lambda body: [
        parse.bucket(raw) for raw in parse.listed(body, "records")
    ],
}


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(child, (*path, key))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed


@pytest.mark.parametrize("name", READERS)
def test_no_odd_field_raises_anything_but_unavailable(name: str):
    body = recording(name)["body"]
    for path in places(body):
        for odd in ODD:
            try:
                READERS[name](replaced(body, path, odd))
            except ProviderUnavailable:
                continue


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", READERS)
def test_no_odd_body_raises_anything_but_unavailable(name: str, odd: object):
    with pytest.raises(ProviderUnavailable):
        READERS[name](odd)
