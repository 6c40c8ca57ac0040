"""What we send for volumes and endpoints, against RunPod's published contract."""

import json

import pytest

from fleet.providers.base import ProviderUnavailable, Rejected
from tests.fleet.providers.contract import needs_contract, violations
from tests.fleet.providers.scripted_server import Answer
from tests.fleet.providers.test_volumes_and_endpoints_keep_the_protocol import (
    a_volume,
    an_endpoint,
)

VOLUME = {
    "id": "agv6w2qcg7",
    "name": "kerne-demo-weights-1",
    "size": 100,
    "dataCenter": "EU-RO-1",
    "type": "STANDARD",
}
ENDPOINT = {
    "id": "4m7x2k9q",
    "name": "kerne-demo-chat-1",
    "workers": {"min": 0, "max": 3, "idleTimeout": 10},
    "gpu": {"pools": ["ADA_24"], "count": 1},
    "networkVolumes": [],
    "createdAt": "2026-06-01T12:00:00Z",
}
CATALOG = {
    "gpus": [
        {"id": "NVIDIA GeForce RTX 4090", "pool": "ADA_24"},
        {"id": "NVIDIA RTX 5000 Ada", "pool": "ADA_24"},
        {"id": "NVIDIA B300", "pool": None},
    ]
}


def told(value: object, status: int = 200) -> Answer:
    body = json.dumps(value).encode()
    return Answer(status, body, {"Content-Type": "application/json"})


@needs_contract
@pytest.mark.parametrize("changes", [{}, {"tier": "HIGH_PERFORMANCE"}, {"size_gb": 4096}])
def test_the_body_of_a_new_volume_is_allowed(server, runpod, changes):
    server.will_answer(told(VOLUME, 201))

    runpod.create_volume(a_volume(**changes))

    schema = "/components/schemas/CreateNetworkVolumeRequest"
    assert violations(schema, server.asked[0].json) == []


@needs_contract
@pytest.mark.parametrize(
    "changes", [{}, {"volume_ids": ("agv6w2qcg7",), "data_center_ids": ("EU-RO-1",)}]
)
def test_the_body_of_a_new_endpoint_is_allowed(server, runpod, changes):
    server.will_answer(told(CATALOG), told(ENDPOINT, 201))

    runpod.create_endpoint(an_endpoint(**changes))

    body = server.asked[1].json
    assert violations("/components/schemas/CreateEndpointRequest", body) == []


@needs_contract
def test_the_bodies_of_changes_are_allowed(server, runpod):
    server.will_answer(told(VOLUME), told(ENDPOINT))

    runpod.grow_volume("agv6w2qcg7", size_gb=200)
    runpod.set_workers("4m7x2k9q", least=1, most=2, idle_timeout_seconds=10)

    grown, scaled = (asked.json for asked in server.asked)
    assert violations("/components/schemas/UpdateNetworkVolumeRequest", grown) == []
    assert violations("/components/schemas/UpdateEndpointRequest", scaled) == []


def test_an_endpoint_asks_for_its_gpu_and_no_other_of_its_pool(server, runpod):
    server.will_answer(told(CATALOG), told(ENDPOINT, 201))

    runpod.create_endpoint(an_endpoint())

    assert server.asked[1].json["gpu"] == {
        "pools": ["ADA_24"],
        "count": 1,
        "excludedTypes": ["NVIDIA RTX 5000 Ada"],
    }


def test_a_gpu_without_a_pool_is_refused_and_nothing_is_created(server, runpod):
    server.will_answer(told(CATALOG))

    with pytest.raises(Rejected, match="no serverless pool"):
        runpod.create_endpoint(an_endpoint(gpu_type_id="NVIDIA B300"))
    assert len(server.asked) == 1


@pytest.mark.parametrize("method", ["create_volume", "create_endpoint"])
def test_a_create_whose_answer_is_lost_may_have_happened_and_is_sent_once(
    server, runpod, method
):
    request = a_volume() if method == "create_volume" else an_endpoint()
    if method == "create_endpoint":
        server.will_answer(told(CATALOG))
    server.will_answer(Answer(hang_up=True))

    with pytest.raises(ProviderUnavailable):
        getattr(runpod, method)(request)
    assert [asked.method for asked in server.asked].count("POST") == 1


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("volumes", {"networkVolumes": [VOLUME, {}]}),
        ("volumes", {"volumes": []}),
        ("volumes", {"networkVolumes": [], "pagination": {"hasNextPage": True}}),
        ("endpoints", {"endpoints": [ENDPOINT | {"workers": None}]}),
        ("endpoints", {"endpoints": [ENDPOINT | {"networkVolumes": None}]}),
        ("endpoints", []),
    ],
)
def test_a_list_with_a_hole_is_no_list(server, runpod, method, body):
    server.will_answer(told(body))

    with pytest.raises(ProviderUnavailable):
        getattr(runpod, method)()


@pytest.mark.parametrize("bad_id", ["../pods", "", "a/b", "ä"])
def test_an_id_that_is_none_becomes_no_address(server, runpod, bad_id):
    for ask in (runpod.volume, runpod.delete_volume, runpod.endpoint, runpod.workers):
        with pytest.raises(ValueError, match="provider_id"):
            ask(bad_id)
    assert server.asked == []
