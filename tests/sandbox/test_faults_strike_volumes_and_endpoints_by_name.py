"""A fault names whom it strikes: a pod, a network volume or a serverless endpoint."""

import pytest
import requests

from tests.sandbox.harness import Sandbox
from tests.sandbox.serverless import endpoint_body

PATHS = {"volume": "/v2/network-volumes", "endpoint": "/v2/serverless"}
LISTS = {"volume": "networkVolumes", "endpoint": "endpoints"}
NOUNS = {"volume": "NetworkVolume", "endpoint": "Endpoint"}


@pytest.fixture(params=["volume", "endpoint"])
def kind(request) -> str:
    return request.param


def make(sandbox: Sandbox, kind: str, name: str) -> str:
    body = (
        {"name": name, "size": 20, "dataCenter": "EU-RO-1"}
        if kind == "volume"
        else endpoint_body(name=name)
    )
    return sandbox.ask("POST", PATHS[kind], body, status=201)["id"]


def names(sandbox: Sandbox, kind: str) -> list[str]:
    return [each["name"] for each in sandbox.ask("GET", PATHS[kind])[LISTS[kind]]]


def test_the_delete_of_one_by_name_is_struck_and_no_other(sandbox: Sandbox, kind: str):
    victim, other = make(sandbox, kind, "victim"), make(sandbox, kind, "other")
    delete = f"delete{NOUNS[kind]}"
    sandbox.order({"kind": "lost_response", "operation": delete, "pod": "victim"})

    sandbox.ask("DELETE", f"{PATHS[kind]}/{other}", status=204)
    with pytest.raises(requests.ConnectionError):
        sandbox.ask("DELETE", f"{PATHS[kind]}/{victim}", status=204)

    assert names(sandbox, kind) == []


def test_a_lagging_list_hides_a_young_one_by_name(sandbox: Sandbox, kind: str):
    wanted = {"kind": "list_lag", "pod": "victim", "times": None, "params": {"seconds": 8}}
    sandbox.order(wanted)
    made = make(sandbox, kind, "victim")
    make(sandbox, kind, "other")

    assert names(sandbox, kind) == ["other"]
    assert sandbox.ask("GET", f"{PATHS[kind]}/{made}")["id"] == made
    sandbox.clock.forward(seconds=8)
    assert names(sandbox, kind) == ["victim", "other"]
