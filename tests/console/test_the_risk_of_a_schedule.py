"""A schedule's risk on its page: worlds, tornado and what its limits are worth."""

from html import unescape

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


def page(client: Client, plan: SchedulePlan) -> str:
    answer = client.get(reverse("economics:schedule", args=[plan.pk]))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_page_has_every_schedule_its_chances_and_the_sentences(operator: Client):
    world()
    plan = answered(usd_per_hour="3", cap_usd="4.5")
    risk = plan.answer["risk"]

    text = page(operator, plan)

    for sentence in (*risk["sentences"], *(each["sentence"] for each in risk["limits"])):
        assert sentence in text
    for each in risk["schedules"]:
        assert each["name"].lower() in text.lower()
    assert "Loses more than $4.50" in text
    assert "Seed 7:" in text and "(as asked)" in text
    assert all(each["source"] in text for each in risk["inputs"])
    assert reverse("economics:schedule-tornado", args=[plan.pk]) in text


def test_beside_the_chart_it_says_that_the_inputs_are_independent(operator: Client):
    world()

    figure = page(operator, answered()).split('id="chart-schedule-tornado"')[1]

    assert "Inputs are drawn independently of each other" in figure.split("</figure>")[0]


def test_a_question_without_an_answer_has_no_risk_on_its_page(operator: Client):
    assert "When the inputs come otherwise" not in page(operator, ask())


def test_asked_again_the_worlds_are_the_same(operator: Client):
    world()
    plan = answered()

    address = reverse("economics:schedule-again", args=[plan.pk])
    operator.post(address, {"key": "again" * 4})

    assert SchedulePlan.objects.exclude(pk=plan.pk).get().seed == plan.seed


def test_an_answer_of_before_has_no_risk_and_is_still_shown(operator: Client):
    world()
    plan = answered()
    plan.answer.pop("risk")
    plan.save(update_fields=["answer"])

    text = page(operator, plan)

    assert "The answer" in text and "When the inputs come otherwise" not in text
