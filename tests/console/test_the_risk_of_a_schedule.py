"""A schedule's tornado as the chart reads it."""

import pytest
from django.test import Client
from django.urls import reverse

from economics.models import SchedulePlan
from tests.economics.schedules.asked import answered, ask, world

pytestmark = pytest.mark.django_db


def tornado(client: Client, plan: SchedulePlan) -> dict:
    address = reverse("economics:schedule-tornado", args=[plan.pk])
    return client.get(address).json()


def test_the_tornado_has_the_values_of_its_inputs_and_the_base_in_its_title(
    operator: Client,
):
    world()

    chart = tornado(operator, answered())

    assert chart["empty"] == ""
    assert chart["caption"].startswith("As asked it earns $")
    low, high = chart["figure"]["data"]
    assert any(text.endswith("M tokens/day") for text in (*low["text"], *high["text"]))


def test_a_question_without_an_answer_has_a_sentence_and_no_chart(operator: Client):
    told = tornado(operator, ask())

    assert told["figure"] is None
    assert told["empty"] == "There is no risk to draw; the page above says why."


def test_no_schedule_of_this_number_is_not_found(operator: Client):
    address = reverse("economics:schedule-tornado", args=[999])

    assert operator.get(address).status_code == 404


def test_the_chart_needs_a_login():
    plan = ask()
    address = reverse("economics:schedule-tornado", args=[plan.pk])

    assert Client().get(address).status_code == 302
