"""Several deployments and pods by the API: one plan, one key, all of it or nothing.

Play money: $0.74 an hour and $0.01 of disk each; a balance of $60.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import Action, AuditEntry, Deployment, GpuOffer, Pod
from fleet.services.actions.selection import STOP, Selection, asked_of
from fleet.services.actions.together import plan_together
from fleet.services.spending import stop_spending
from kerne_site import api_tokens
from kerne_site.api.endpoints.actions_together import ACTIONS, JOINT_PLAN
from kerne_site.models import ApiToken
from tests.api.together import (
    ALONE,
    BOTH,
    CONFIRM,
    KEY,
    PLAN,
    client_of,
    confirmed,
    planned,
    post,
    scaled,
    valid,
    wanted,
)
from tests.factories import make_user
from tests.fleet.services.conftest import allow


def test_a_plan_has_every_part_the_sums_and_the_account_and_changes_nothing(operates):
    plan = planned(operates, deployments=["llama-a"], pods=["pod-b"])

    valid(plan, JOINT_PLAN)
    assert [(each["kind"], each["target"]) for each in plan["parts"]] == [
        ("stop", "llama-a"),
        ("terminate", "pod-b"),
    ]
    assert Decimal(plan["saved_usd_per_hour"]) == Decimal("1.50")
    assert Decimal(plan["change_usd_per_hour"]) == Decimal("-1.50")
    assert Decimal(plan["change_usd_per_day"]) == Decimal("-36.00")
    (account,) = plan["accounts"]
    assert account["provider"] == "fake"
    assert Decimal(account["usd_per_hour_before"]) == Decimal("1.50")
    assert Decimal(account["usd_per_hour_after"]) == 0
    assert wanted() == {"llama-a": 1, "llama-b": 1}
    assert not Action.objects.exists()
    assert not AuditEntry.objects.filter(verb__startswith="confirm").exists()


def test_a_part_is_what_is_said_of_it_alone_but_has_no_plan_of_its_own(operates):
    body = {"kind": "stop", "fields": {"deployment": "llama-a"}}
    alone = post(operates, f"{ALONE}/plan", body).json()

    part = planned(operates)["parts"][0]

    moving = {"plan", "quoted_at", "good_until", "spent_usd", "account"}
    assert set(alone) - set(part) == {"plan"}
    assert {k: v for k, v in part.items() if k not in moving} == {
        k: v for k, v in alone.items() if k not in moving
    }


def test_a_pod_of_a_named_deployment_is_part_of_it_and_a_name_twice_is_one(operates):
    plan = planned(operates, deployments=["llama-a", "llama-a", " llama-a"], pods=["pod-a"])

    assert [each["target"] for each in plan["parts"]] == ["llama-a"]
    assert Decimal(plan["saved_usd_per_hour"]) == Decimal("0.75")


def test_a_confirmed_plan_is_an_action_of_each_audited_with_its_token(operates):
    answer = confirmed(operates, planned(operates))

    assert answer.status_code == 200, answer.content
    valid(answer.json(), ACTIONS)
    actions = answer.json()["actions"]
    assert [each["target"] for each in actions] == BOTH
    followed = operates.get(f"{ALONE}/{actions[1]['id']}").json()
    assert (followed["target"], followed["confirmed_by"]) == ("llama-b", "ada")
    assert wanted() == {"llama-a": 0, "llama-b": 0}
    assert set(Pod.objects.values_list("status", flat=True)) == {"terminating"}
    words = f"{ApiToken.objects.get().public_id} nightly"
    rows = AuditEntry.objects.filter(verb="confirm stop")
    assert [row.figures["token"] for row in rows] == [words, words]


def test_a_start_without_a_number_wants_one_of_each(operates):
    Deployment.objects.update(replicas=0)
    Pod.objects.update(status="terminated", billed_until=timezone.now())

    plan = planned(operates, "start", deployments=BOTH)

    assert [each["new_pods"] for each in plan["parts"]] == [1, 1]
    assert Decimal(plan["added_usd_per_hour"]) == Decimal("1.50")


def test_the_same_key_gives_the_same_actions_back_and_changes_nothing_twice(operates):
    plan = scaled(operates)

    first, second = confirmed(operates, plan), confirmed(operates, plan)

    ids = [[each["id"] for each in answer.json()["actions"]] for answer in (first, second)]
    assert ids[0] == ids[1] and Action.objects.count() == 2
    assert AuditEntry.objects.filter(verb="confirm scale").count() == 2


def test_a_key_that_was_used_for_another_plan_of_several_is_a_409(operates):
    other = scaled(operates, 3)
    confirmed(operates, scaled(operates))

    answer = confirmed(operates, other)

    assert answer.status_code == 409
    said = answer.json()["detail"]
    assert "This Idempotency-Key was used for scale llama-a, action" in said
    assert "and 1 more; send another one. Nothing was changed." in said
    assert wanted() == {"llama-a": 2, "llama-b": 2}


def test_a_key_of_one_action_confirms_no_several_and_the_other_way_round(operates):
    one = post(
        operates, f"{ALONE}/plan", {"kind": "stop", "fields": {"deployment": "llama-a"}}
    )
    several = planned(operates, deployments=["llama-b"])
    post(operates, f"{ALONE}/confirm", {"plan": one.json()["plan"]}, key=KEY)
    confirmed(operates, several, key="other-key")

    crossed = confirmed(operates, several)
    back = post(operates, f"{ALONE}/confirm", {"plan": one.json()["plan"]}, key="other-key")

    assert (crossed.status_code, back.status_code) == (409, 409)
    assert "was used for stop llama-a" in crossed.json()["detail"]
    assert "was used for stop llama-b" in back.json()["detail"]
    assert Action.objects.count() == 2


def test_a_plan_that_moved_is_a_409_with_the_new_plan(operates):
    plan = scaled(operates)
    GpuOffer.objects.update(usd_per_gpu_hour=Decimal("0.90"))

    answer = confirmed(operates, plan)

    assert answer.status_code == 409
    assert "llama-a: What it costs moved" in answer.json()["detail"]
    valid(answer.json()["plan"], JOINT_PLAN)
    assert wanted() == {"llama-a": 1, "llama-b": 1}
    assert confirmed(operates, answer.json()["plan"]).status_code == 200
    assert wanted() == {"llama-a": 2, "llama-b": 2}


def test_an_old_plan_is_a_409_with_the_plan_of_now(operates):
    then = timezone.now() - timedelta(minutes=6)
    asked = asked_of(STOP, Selection(tuple(BOTH)))
    old = plan_together(asked, guard=allow, now=then)

    answer = confirmed(operates, {"plan": old.seal()})

    assert answer.status_code == 409
    assert "more than 5 minutes old" in answer.json()["detail"]
    assert not Action.objects.exists()


def test_one_bad_part_is_named_and_changes_nothing(operates):
    plan = planned(operates)
    Pod.objects.filter(name="pod-b").update(
        status="terminated", billed_until=timezone.now()
    )
    Deployment.objects.filter(slug="llama-b").update(replicas=0)

    answers = (
        confirmed(operates, plan),
        post(operates, PLAN, {"deed": "stop", "deployments": BOTH}),
    )

    for answer in answers:
        assert answer.status_code == 409
        assert answer.json()["errors"] == [
            {
                "parameter": "llama-b",
                "detail": "llama-b is stopped already, and no pod of it runs.",
            }
        ]
    assert wanted() == {"llama-a": 1, "llama-b": 0}
    assert not Action.objects.exists()


def test_what_each_alone_may_do_both_together_may_not(operates):
    # A limit of $4.00/h: $1.50 is rented, each alone adds $1.50, both add $3.00.
    fields = {"deployment": "llama-a", "replicas": 3}
    alone = post(operates, f"{ALONE}/plan", {"kind": "scale", "fields": fields}).json()

    plan = scaled(operates, 3)
    answer = confirmed(operates, plan)

    assert alone["refused_because"] == ""
    assert "llama-a and 1 more costs $3.00/h" in plan["refused_because"]
    assert answer.status_code == 409
    assert "Not done, because of the spend limit" in answer.json()["detail"]
    assert wanted() == {"llama-a": 1, "llama-b": 1}


def test_the_switch_forbids_the_whole_plan(operates):
    stop_spending(acting_user="grace", reason="a drill", now=timezone.now())

    plan = scaled(operates)

    assert "a drill" in plan["refused_because"]
    assert confirmed(operates, plan).status_code == 409
    assert planned(operates)["refused_because"] == ""


def test_the_key_of_another_account_is_another_key(operates):
    confirmed(operates, planned(operates, deployments=["llama-a"]))
    bea = client_of(make_user("bea"), scope="operate")

    answer = confirmed(bea, planned(bea, deployments=["llama-b"]))

    assert answer.status_code == 200
    assert Action.objects.count() == 2


@pytest.mark.parametrize("address", [PLAN, CONFIRM])
def test_neither_a_read_token_nor_a_session_nor_a_viewer_acts(operates, client, address):
    ada = ApiToken.objects.get().user
    client.force_login(ada)

    assert post(client_of(ada), address, {}).status_code == 403
    assert post(client, address, {}).status_code == 403
    assert post(Client(), address, {}).status_code == 401
    assert operates.get(address).status_code == 405
    ada.groups.clear()
    refused = post(operates, address, {})
    assert refused.status_code == 403 and "ada is a viewer" in refused.json()["detail"]


def test_a_token_that_acts_too_often_waits(operates):
    ApiToken.objects.update(acts=api_tokens.MOST_ACTS, acts_since=timezone.now())

    answer = post(operates, PLAN, {"deed": "stop", "deployments": BOTH})

    assert answer.status_code == 429
