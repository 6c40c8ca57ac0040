"""What we send and what our recordings answer, against RunPod's published contract."""

import re
from datetime import UTC, datetime

import pytest

from tests.fleet.providers.conftest import a_request
from tests.fleet.providers.contract import (
    escaped,
    needs_contract,
    operation,
    resolved,
    violations,
)
from tests.fleet.providers.scripted_server import RECORDINGS, Answer, recording

pytestmark = needs_contract

NAMES = sorted(path.stem for path in RECORDINGS.glob("*.json") if path.stem != "balance")
NOT_IN_CONTRACT = ("refused_402",)  # described in the contract's text only


@pytest.mark.parametrize("name", [n for n in NAMES if n not in NOT_IN_CONTRACT])
def test_a_recording_is_an_answer_that_the_contract_allows(name: str):
    taken = recording(name)
    responses = operation(taken["method"], taken["path"])["responses"]
    response = resolved(responses[str(taken["status"])])
    media = taken["headers"]["Content-Type"]

    assert media in response["content"]
    if "$ref" in responses[str(taken["status"])]:
        pointer = responses[str(taken["status"])]["$ref"].removeprefix("#")
    else:
        path = f"/paths/{escaped(taken['path'])}/{taken['method'].lower()}"
        pointer = f"{path}/responses/{taken['status']}"
    assert violations(f"{pointer}/content/{escaped(media)}/schema", taken["body"]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gpu_count": 8, "gpu_type_id": "NVIDIA H200", "disk_gb": 900},
        {"cloud": "COMMUNITY", "env": {}, "ports": ()},
        {"data_center_ids": ("US-TX-3", "EU-RO-1")},
        {"volume_id": "agv6w2qcg7", "volume_path": "/weights"},
    ],
)
def test_the_body_of_a_create_is_one_that_the_contract_allows(server, runpod, changes):
    server.will_play("pod_created")

    runpod.create(a_request(**changes))

    assert violations("/components/schemas/CreatePodRequest", server.asked[0].json) == []


def test_an_unknown_field_in_the_body_would_be_found(server, runpod):
    server.will_play("pod_created")
    runpod.create(a_request())

    body = {**server.asked[0].json, "gpuCount": 1}

    assert violations("/components/schemas/CreatePodRequest", body)


def test_every_other_request_is_one_that_the_contract_knows(server, runpod):
    stream = Answer(body=(RECORDINGS / "logs.sse").read_bytes(), stay_open=True)
    server.will_play("catalog_secure", "catalog_community", "pods", "pod_running")
    server.will_play("pod_running", "pod_running", "billing_pods")
    server.will_answer(stream, Answer(204))
    day = datetime(2026, 11, 20, tzinfo=UTC)

    runpod.offers()
    runpod.pods()
    runpod.pod("k3n7x9q2w4")
    runpod.stop("k3n7x9q2w4")
    runpod.start("k3n7x9q2w4")
    runpod.billing(day, day.replace(hour=9), bucket="hour")
    runpod.logs("k3n7x9q2w4", tail=3)
    runpod.terminate("k3n7x9q2w4")

    for asked in server.asked:
        path = re.sub(r"k3n7x9q2w4", "{id}", asked.path)
        known = operation(asked.method, path)
        for name, values in asked.query.items():
            (parameter,) = [
                p for p in map(resolved, known.get("parameters", [])) if p["name"] == name
            ]
            check_parameter(parameter["schema"], values)
        if asked.body:
            pointer = f"/paths/{escaped(path)}/{asked.method.lower()}/requestBody"
            schema = f"{pointer}/content/application~1json/schema"
            assert violations(schema, asked.json) == []


def check_parameter(schema: dict, values: list[str]) -> None:
    schema = resolved(schema)
    if schema.get("type") == "array":
        schema = resolved(schema["items"])
        values = values[0].split(",")
    for value in values:
        assert value in schema.get("enum", [value])
        if schema.get("type") == "integer":
            assert (
                schema.get("minimum", 0) <= int(value) <= schema.get("maximum", int(value))
            )
        if schema.get("format") == "date-time":
            assert datetime.fromisoformat(value).tzinfo is not None
