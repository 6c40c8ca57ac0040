from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from fleet.models import Action, ActionKind, AuditEntry, Deployment, Pod
from fleet.services.actions import KINDS, plan_action
from fleet.services.spending import stop_spending
from kerne_site import api_tokens
from kerne_site.api.endpoints.action_answer import ACTION, ACTION_PLAN
from kerne_site.models import ApiToken
from tests.api.tokens import token_of
from tests.factories import (
    make_balance,
    make_deployment,
    make_fleet,
    make_lists,
    make_offer,
    make_pod,
    make_requested_pod,
    make_user,
)
from tests.fleet.services.conftest import allow

PLAN, CONFIRM = "/api/v1/actions/plan", "/api/v1/actions/confirm"
KEY = "nightly-0001"


@pytest.fixture
def deployment(db: None, settings) -> Deployment:
    """Play money: one replica serves and is wanted, at $0.74/h and $0.01/h of disk."""
    settings.PROVIDER_NAME, settings.KERNE_SANDBOX = "fake", True
    settings.REQUIRE_SECOND_FACTOR = False
    now = timezone.now()
    make_offer(provider="fake", seen_at=now)
    make_lists("fake", read_at=now)
    make_balance(provider="fake", balance_usd=Decimal(60), read_at=now)
    row = make_deployment(
        fleet=make_fleet(simulated=True), slug="llama-a", container_disk_gb=73
    )
    make_pod(deployment=row, name="pod-1", provider="fake")
    return row


@pytest.fixture
def script(deployment: Deployment) -> Client:
    """Sends a token of ada's that may operate."""
    token = token_of(make_user("ada"), scope="operate", name="nightly")
    return Client(headers={"Authorization": f"Bearer {token.text}"})


def post(client: Client, address: str, body: Any, *, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(address, body, content_type="application/json", headers=headers)


def scale(client: Client, replicas: object = 2) -> dict[str, Any]:
    asked = {"kind": "scale", "fields": {"deployment": "llama-a", "replicas": replicas}}
    answer = post(client, PLAN, asked)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def confirmed(client: Client, plan: str, *, key: str = KEY, **answers: str) -> Any:
    return post(client, CONFIRM, {"plan": plan, "answers": answers}, key=key)


def valid(body: object, schema: object) -> None:
    Draft202012Validator(json.loads(json.dumps(schema))).validate(body)


def test_a_plan_is_the_sheet_and_changes_nothing(script, deployment):
    plan = scale(script)

    valid(plan, ACTION_PLAN)
    assert Decimal(plan["added_usd_per_hour"]) == Decimal("0.75")
    assert plan["changes"][0] == {"what": "replicas", "before": "1", "after": "2"}
    assert plan["price_age_seconds"] <= 60
    assert Decimal(plan["account"]["balance_usd"]) == 60
    assert not Action.objects.exists()


def test_what_is_lost_is_said_and_what_has_to_be_answered(script, deployment):
    body = {"kind": "terminate", "fields": {"pod": "pod-1"}}

    plan = post(script, PLAN, body).json()

    assert plan["ends_pods"] == ["pod-1"] and plan["lost"]
    assert plan["price_age_seconds"] is None
    assert "nothing new" in plan["price_age_seconds_unknown_because"]


def test_a_confirmed_plan_is_done_followed_and_audited_with_its_token(script, deployment):
    answer = confirmed(script, scale(script)["plan"])

    assert answer.status_code == 200
    valid(answer.json(), ACTION)
    followed = script.get(f"/api/v1/actions/{answer.json()['id']}").json()
    assert followed["state"] == "running" and followed["stages"][0]["state"] == "now"
    assert followed["stages"][4]["usd_unknown_because"] == "not reached yet"
    deployment.refresh_from_db()
    assert deployment.replicas == 2
    row = AuditEntry.objects.get(verb="confirm scale")
    token = ApiToken.objects.get()
    assert (row.acting_user, row.figures["token"]) == ("ada", f"{token.public_id} nightly")


def test_a_launch_takes_the_order_form_and_its_defaults(script, deployment):
    fields = {
        "slug": "llama-b",
        "fleet_id": deployment.fleet_id,
        "variant_id": deployment.variant_id,
        "gpu_type_id": deployment.gpu_type_id,
    }

    right = post(script, PLAN, {"kind": "launch", "fields": fields})
    wrong = post(script, PLAN, {"kind": "launch", "fields": fields | {"replicas": "x"}})

    assert right.status_code == 200, right.content
    assert right.json()["fields"]["max_model_len"] == "8192"
    assert confirmed(script, right.json()["plan"]).status_code == 200
    assert Deployment.objects.get(slug="llama-b").replicas == 1
    assert wrong.json()["errors"][0]["parameter"] == "fields.replicas"
    assert wrong.json()["errors"][0]["detail"].startswith("Replicas is 'x';")


def test_the_same_key_gives_the_first_action_back(script, deployment):
    plan = scale(script)["plan"]

    first, second = confirmed(script, plan), confirmed(script, plan)

    assert first.json()["id"] == second.json()["id"]
    assert Action.objects.count() == 1


def test_a_key_that_was_used_for_another_plan_is_a_409(script, deployment):
    other = scale(script, 3)["plan"]
    confirmed(script, scale(script)["plan"])

    answer = confirmed(script, other)

    assert answer.status_code == 409
    assert "was used for scale llama-a" in answer.json()["detail"]
    assert Action.objects.count() == 1


def test_the_key_of_another_account_is_another_key(script, deployment):
    confirmed(script, scale(script)["plan"])
    token = token_of(make_user("bea"), scope="operate")
    bea = Client(headers={"Authorization": f"Bearer {token.text}"})

    answer = confirmed(bea, scale(bea, 3)["plan"])

    assert answer.status_code == 200
    assert Action.objects.count() == 2


def test_an_old_plan_is_a_409_with_the_plan_of_now(script, deployment):
    parameters = {"deployment": "llama-a", "replicas": "2"}
    then = timezone.now() - timedelta(minutes=6)
    old = plan_action(ActionKind.SCALE, parameters, guard=allow, now=then)

    answer = confirmed(script, old.seal())

    assert answer.status_code == 409
    assert "more than 5 minutes old" in answer.json()["detail"]
    valid(answer.json()["plan"], ACTION_PLAN)
    assert not Action.objects.exists()
    assert confirmed(script, answer.json()["plan"]["plan"]).status_code == 200


def test_the_switch_forbids_here_what_it_forbids_on_the_page(script, deployment):
    stop_spending(acting_user="grace", reason="a drill", now=timezone.now())

    plan = scale(script)
    answer = confirmed(script, plan["plan"])

    assert "a drill" in plan["refused_because"]
    assert (answer.status_code, Action.objects.exists()) == (409, False)


def test_a_cancel_says_what_is_billed_and_names_the_token(script, deployment):
    number = confirmed(script, scale(script)["plan"]).json()["id"]
    make_requested_pod(
        deployment=deployment,
        name="pod-2",
        provider="fake",
        status="provisioning",
        requested_at=timezone.now(),
        billed_from=timezone.now() - timedelta(hours=1),
        usd_per_pod_hour=Decimal("0.74"),
    )

    answer = post(script, f"/api/v1/actions/{number}/cancel", {})
    again = post(script, f"/api/v1/actions/{number}/cancel", {})

    body = answer.json()
    assert (answer.status_code, body["state"]) == (200, "cancelled")
    assert Decimal(body["spent_usd"]) >= Decimal("0.75")
    assert (
        AuditEntry.objects.get(verb="cancelled scale").figures["token"].endswith("nightly")
    )
    assert again.status_code == 409 and "has ended" in again.json()["detail"]


@pytest.mark.parametrize("number", ["999999", "9" * 30])
def test_an_action_that_is_none_is_a_404(script, number):
    assert script.get(f"/api/v1/actions/{number}").status_code == 404
    assert post(script, f"/api/v1/actions/{number}/cancel", {}).status_code == 404


@pytest.mark.parametrize("address", [PLAN, CONFIRM, "/api/v1/actions/1/cancel"])
def test_neither_a_read_token_nor_a_session_acts(script, deployment, client, address):
    ada = ApiToken.objects.get().user
    client.force_login(ada)
    read = Client(headers={"Authorization": f"Bearer {token_of(ada).text}"})

    assert post(read, address, {}).status_code == 403
    assert post(client, address, {}).status_code == 403
    assert script.get(address).status_code == 405


def test_a_token_that_acts_too_often_waits(script, deployment):
    ApiToken.objects.update(acts=api_tokens.MOST_ACTS, acts_since=timezone.now())

    answer = post(script, PLAN, {"kind": "stop", "fields": {"deployment": "llama-a"}})

    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    ApiToken.objects.update(acts_since=timezone.now() - timedelta(minutes=1))
    assert scale(script)


def test_where_a_second_factor_is_required_an_account_without_one_does_not_act(
    script, deployment, settings
):
    settings.REQUIRE_SECOND_FACTOR = True

    answer = post(script, PLAN, {"kind": "stop", "fields": {"deployment": "llama-a"}})

    assert answer.status_code == 403
    assert "ada has to have a second factor" in answer.json()["detail"]


SCALE = {"deployment": "llama-a", "replicas": 2}


@pytest.mark.parametrize(
    ("body", "parameter", "sentence"),
    [
        ("{", "", "The body is not JSON"),
        ("[" * 5000, "", "The body is not JSON"),
        ("[1]", "", "The body is a JSON list; send an object."),
        ({}, "kind", "kind is missing; write a text such as scale."),
        ({"kind": 7}, "kind", "kind is number or null; write a text"),
        ({"kind": "buy"}, "kind", "kind is 'buy'; write one of: launch, scale"),
        ({"kind": "\ud800"}, "kind", "kind is a text of 1 characters; write a text"),
        ({"kind": "scale", "to": 1}, "to", "'to' is no member here; known: kind, fields."),
        ({"kind": "scale", "fields": 1}, "fields", "fields is a JSON number"),
        (
            {"kind": "scale", "fields": SCALE | {"x\ud800": "1"}},
            "fields.x?",
            "is no field of scale; it takes: deployment, replicas",
        ),
        (
            {"kind": "scale", "fields": SCALE | {"replicas": {}}},
            "fields.replicas",
            "fields.replicas is a JSON object; write a text in one line",
        ),
        (
            {"kind": "scale", "fields": SCALE | {"replicas": 1e400}},
            "",
            "The body is not JSON",
        ),
        (
            {"kind": "scale", "fields": SCALE | {"replicas": "many"}},
            "fields.replicas",
            "Replicas is 'many'; write a whole number from 1 to",
        ),
        (
            {"kind": "scale", "fields": SCALE | {"deployment": "x"}},
            "fields.deployment",
            "Deployment 'x' does not exist",
        ),
    ],
)
def test_what_can_not_be_planned_gets_a_sentence(
    script, deployment, body, parameter, sentence
):
    answer = post(script, PLAN, body if isinstance(body, str) else json.dumps(body))

    assert answer.status_code == 400
    problem = answer.json()
    assert sentence in problem["detail"]
    if parameter:
        assert problem["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize("kind", ActionKind.values)
@pytest.mark.parametrize("value", [None, "", "'; --", "9" * 400, "é" * 300])
def test_no_kind_breaks_on_nonsense(script, deployment, kind, value):
    fields = {} if value is None else dict.fromkeys(KINDS[ActionKind(kind)].fields, value)

    answer = post(script, PLAN, {"kind": kind, "fields": fields})

    assert answer.status_code in (200, 400, 409), answer.content
    assert Pod.objects.count() == 1 and not Action.objects.exists()


@pytest.mark.parametrize(
    ("body", "key", "parameter"),
    [
        ({"plan": "mine"}, KEY, "plan"),
        ({"answers": {}}, KEY, "plan"),
        (None, "", "Idempotency-Key"),
        (None, "short", "Idempotency-Key"),
        (None, "é" * 10, "Idempotency-Key"),
    ],
)
def test_a_wrong_confirmation_names_what_is_wrong(script, deployment, body, key, parameter):
    body = body or {"plan": scale(script)["plan"]}

    answer = post(script, CONFIRM, body, key=key)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter
    assert not Action.objects.exists()


def test_a_large_body_is_refused(script, deployment):
    assert post(script, PLAN, '"' + "x" * 70_000 + '"').status_code == 413
