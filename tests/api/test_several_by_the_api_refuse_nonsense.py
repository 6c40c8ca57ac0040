from __future__ import annotations

import json

import pytest

from fleet.models import Action
from fleet.services.actions.together import MOST_PARTS
from tests.api.together import ALONE, BOTH, CONFIRM, KEY, PLAN, confirmed, planned, post

MANY = [f"d-{n}" for n in range(MOST_PARTS + 1)]


@pytest.mark.parametrize(
    ("body", "parameter", "sentence"),
    [
        ("{", "", 'The body is not JSON; send an object such as {"deed": …}.'),
        ([], "", "The body is a JSON list; send an object."),
        ({}, "deed", "deed is missing; write a text such as stop."),
        ({"deed": 7}, "deed", "deed is number or null; write a text"),
        ({"deed": "buy"}, "deed", "deed is 'buy'; write one of: stop, start, scale."),
        ({"deed": "stop", "to": 1}, "to", "'to' is no member here; known: deed,"),
        ({"deed": "stop"}, "deployments", "Nothing is named; send a list such as"),
        (
            {"deed": "stop", "deployments": [], "pods": []},
            "deployments",
            "Nothing is named",
        ),
        (
            {"deed": "stop", "deployments": "llama-a"},
            "deployments",
            "deployments is a JSON text; send a list of names.",
        ),
        ({"deed": "stop", "pods": None}, "pods", "pods is a JSON number or null; send a"),
        (
            {"deed": "stop", "deployments": ["llama-a", ["x"]]},
            "deployments.1",
            "deployments.1 is a JSON list; write a name of 1 to 120 printable characters.",
        ),
        ({"deed": "stop", "pods": [" "]}, "pods.0", "pods.0 is ' '; write a name"),
        ({"deed": "stop", "pods": ["a\x00"]}, "pods.0", "pods.0 is 'a\\x00'; write a name"),
        ({"deed": "stop", "pods": ["\ud800"]}, "pods.0", "pods.0 is '\\ud800'; write"),
        ({"deed": "stop", "pods": ["x" * 121]}, "pods.0", "pods.0 is 'xxx"),
        (
            {"deed": "stop", "deployments": MANY},
            "deployments",
            "51 deployments are named; at most 50 are planned together.",
        ),
        (
            {"deed": "scale", "deployments": BOTH},
            "replicas",
            "Replicas is ''; write a whole number from 1 to",
        ),
        (
            {"deed": "scale", "deployments": BOTH, "replicas": 2.5},
            "replicas",
            "Replicas is '2.5'; write a whole number",
        ),
        (
            {"deed": "scale", "deployments": BOTH, "replicas": [2]},
            "replicas",
            "Replicas is 'a JSON list'; write a whole number",
        ),
        (
            {"deed": "start", "deployments": BOTH, "replicas": 0},
            "replicas",
            "Replicas is '0'; write a whole number",
        ),
        (
            {"deed": "stop", "deployments": BOTH, "replicas": 0},
            "replicas",
            "replicas goes with start and scale; leave it out",
        ),
        (
            {"deed": "start", "pods": ["pod-a"]},
            "pod-a",
            "pod-a: A pod can not be started; select its deployment.",
        ),
        (
            {"deed": "stop", "deployments": ["llama-a", "x"], "pods": ["y"]},
            "x",
            "x: Deployment 'x' does not exist; name one of the fleet page. y: Pod 'y'",
        ),
    ],
)
def test_what_can_not_be_planned_gets_a_sentence(operates, body, parameter, sentence):
    answer = post(operates, PLAN, body if isinstance(body, str) else json.dumps(body))

    assert answer.status_code == 400, answer.content
    problem = answer.json()
    assert sentence in problem["detail"]
    assert "Nothing was changed." in problem["detail"] or not parameter
    if parameter:
        assert problem["errors"][0]["parameter"] == parameter


def test_every_bad_part_is_an_error_of_its_own(operates):
    answer = post(operates, PLAN, {"deed": "stop", "pods": MANY[:MOST_PARTS]})

    problem = answer.json()
    assert [each["parameter"] for each in problem["errors"]] == MANY[:MOST_PARTS]
    assert "And 45 more. Nothing was changed." in problem["detail"]


@pytest.mark.parametrize(
    ("body", "key", "parameter"),
    [
        ({"plan": "mine"}, KEY, "plan"),
        ({"plan": ["x"]}, KEY, "plan"),
        ({}, KEY, "plan"),
        ({"plan": "x", "answers": {}}, KEY, "answers"),
        (None, "", "Idempotency-Key"),
        (None, "short", "Idempotency-Key"),
    ],
)
def test_a_wrong_confirmation_names_what_is_wrong(operates, body, key, parameter):
    if body is None:
        body = {"plan": planned(operates)["plan"]}
    answer = post(operates, CONFIRM, body, key=key)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter
    assert not Action.objects.exists()


def test_the_plan_of_one_action_is_none_of_several(operates):
    body = {"kind": "stop", "fields": {"deployment": "llama-a"}}
    alone = post(operates, f"{ALONE}/plan", body).json()

    answer = confirmed(operates, alone)

    assert answer.status_code == 400
    assert "was not made here" in answer.json()["detail"]


@pytest.mark.parametrize("address", [PLAN, CONFIRM])
def test_a_large_body_is_refused(operates, address):
    assert post(operates, address, '"' + "x" * 70_000 + '"').status_code == 413
