"""What the tests of several at once send, and to where."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator

from fleet.models import Deployment
from tests.api.tokens import token_of

PLAN, CONFIRM = "/api/v1/actions/together/plan", "/api/v1/actions/together/confirm"
ALONE = "/api/v1/actions"
KEY = "nightly-0001"
BOTH = ["llama-a", "llama-b"]


def client_of(user: Any, **changes: Any) -> Client:
    token = token_of(user, **changes)
    return Client(headers={"Authorization": f"Bearer {token.text}"})


def post(client: Client, address: str, body: Any, *, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(address, body, content_type="application/json", headers=headers)


def planned(client: Client, deed: str = "stop", **names: Any) -> dict[str, Any]:
    answer = post(client, PLAN, {"deed": deed, **(names or {"deployments": BOTH})})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def scaled(client: Client, replicas: object = 2) -> dict[str, Any]:
    return planned(client, "scale", deployments=BOTH, replicas=replicas)


def confirmed(client: Client, plan: dict[str, Any], *, key: str = KEY) -> Any:
    return post(client, CONFIRM, {"plan": plan["plan"]}, key=key)


def wanted() -> dict[str, int]:
    return dict(Deployment.objects.values_list("slug", "replicas"))


def valid(body: object, schema: object) -> None:
    Draft202012Validator(json.loads(json.dumps(schema))).validate(body)
