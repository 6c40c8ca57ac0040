"""The tables of Decide and of the road map as CSV: exact, and no formula."""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from economics.models import GoalVersion
from fleet.models import Deployment
from tests.economics.decisions.worlds import closed_days

pytestmark = pytest.mark.django_db
FILES = ("/decide/goals.csv", "/decide/deployments.csv", "/roadmap/steps.csv")


def rows(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(address, query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(answer.content.decode().splitlines()))


def test_every_verb_of_a_deployment_is_a_row_and_what_is_unknown_is_empty(
    operator: Client, deployment: Deployment, play_money: None, catalog: None
):
    closed_days(deployment, "-5", "-4", "-6", newest=timezone.now() - timedelta(days=1))

    found = {row["verb"]: row for row in rows(operator, FILES[1])}

    assert list(found) == ["keep", "scale up", "scale down", "move", "re-price", "stop"]
    assert {row["recommended"] for row in found.values()} == {"stop"}
    assert float(found["keep"]["usd_per_day"]) == -5  # (5 + 4 + 6) / 3, and no formula
    assert float(found["stop"]["usd_per_day"]) == 0
    assert (found["scale down"]["usd_per_day"], found["scale down"]["is_open"]) == (
        "",
        "no",
    )


def test_the_goals_are_those_of_the_policy_in_the_address(operator: Client, catalog: None):
    for policy in ("safer", "founding-plan"):
        found = rows(operator, FILES[0], policy=policy)

        assert len(found) == 4
        assert {row["policy"] for row in found} == {policy}


def test_a_goal_named_like_a_formula_is_none(operator: Client, catalog: None):
    operator.post("/decide/goal/", {"title": "=1+1", "profit": "1"})
    assert GoalVersion.objects.filter(title="=1+1").exists()

    assert "'=1+1" in [row["goal"] for row in rows(operator, FILES[0])]


def test_the_steps_have_their_days_and_the_last_has_no_end(operator: Client, catalog: None):
    found = rows(operator, FILES[2])

    assert len(found) == 5
    assert found[0]["step"] == "Rent tier 1: a small model on one GPU"
    assert found[0]["begins_on"] == found[0]["ends_on"] != ""
    assert found[-1]["ends_on"] == ""


@pytest.mark.parametrize("address", FILES)
def test_a_file_of_decisions_needs_a_login(client: Client, address: str):
    assert client.get(address).status_code == 302


def test_the_pages_lead_to_their_files(
    operator: Client, deployment: Deployment, play_money: None, catalog: None
):
    page = operator.get("/decide/?policy=founding-plan").content.decode()

    for address in FILES[:2]:
        assert f'href="{address}?policy=founding-plan"' in page
    assert f'href="{FILES[2]}"' in operator.get("/roadmap/").content.decode()
