import json
from decimal import Decimal

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from kerne_site.api.endpoints.schedules import SCHEDULE, SCHEDULES
from tests.economics.schedules.asked import answered, ask, world

pytestmark = pytest.mark.django_db


def read(script: Client, address: str) -> dict:
    answer = script.get(f"/api/v1/{address}")
    assert answer.status_code == 200
    return answer.json()


def test_an_answer_has_the_kept_figures_and_every_field_told(script: Client):
    world()
    plan = answered()

    told = read(script, f"schedules/{plan.pk}")

    schema = json.loads(json.dumps(SCHEDULE.answer))
    Draft202012Validator(schema).validate(told)
    assert Decimal(told["profit_usd"]) == plan.profit_usd
    assert told["answer"]["headline"] == plan.answer["headline"]
    assert len(told["answer"]["hours"]) == 24
    profit = sum(Decimal(each["profit_usd"]) for each in told["answer"]["hours"])
    assert abs(profit - plan.profit_usd) < Decimal("0.0001")


@pytest.mark.parametrize("written", [{"floor": "2", "usd_per_hour": "0.5"}, {}])
def test_without_a_schedule_the_figures_are_null_and_the_reason_is_told(
    script: Client, written: dict[str, str]
):
    world()
    simulated = not written  # of which nothing was counted
    plan = answered(simulated=simulated, **written)

    told = read(script, f"schedules/{plan.pk}")

    Draft202012Validator(json.loads(json.dumps(SCHEDULE.answer))).validate(told)
    assert told["profit_usd"] is None and told["why"]
    assert told["answer"]["hours"] == []


def test_the_list_has_what_waits_too(script: Client):
    plan = ask()

    told = read(script, "schedules?limit=1")

    Draft202012Validator(json.loads(json.dumps(SCHEDULES.answer))).validate(told)
    (row,) = told["schedules"]
    assert (row["id"], row["status"], row["outcome"]) == (plan.pk, "pending", None)
    assert read(script, "schedules?model=glm-5")["schedules"] == []
    assert read(script, f"schedules/{plan.pk}")["answer"] is None


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("schedules/999", 404),
        ("schedules/99999999999999", 404),
        ("schedules?limit=0", 400),
        ("schedules?limit=many", 400),
        ("schedules?nonsense=1", 400),
    ],
)
def test_nonsense_gets_a_sentence(script: Client, address: str, status: int):
    answer = script.get(f"/api/v1/{address}")

    assert answer.status_code == status
    assert answer.json()["detail"]
