"""Against renting twice: a sheet names the orders of the same that are not old news."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.models import Action, Deployment, ModelVariant
from fleet.selectors.ordered_before import ordered_before
from tests.factories import NOW, make_deployment, make_variant

pytestmark = pytest.mark.django_db
SAID = "This was ordered before."


def make_order(deployment: Deployment, **changes: Any) -> Action:
    """A launch of two pods that goes on."""
    columns: dict[str, Any] = {
        "kind": "launch",
        "key": f"key-{Action.objects.count()}",
        "target": deployment.slug,
        "deployment": deployment,
        "new_pods": 2,
        "confirmed_by": "ada",
        "confirmed_at": NOW - timedelta(hours=2),
    }
    return Action.objects.create(**columns | changes)


def ended(minutes_ago: int, result: str = "done") -> dict[str, Any]:
    at = NOW - timedelta(minutes=minutes_ago)
    return {"confirmed_at": at, "ended_at": at, "result": result}


def before(deployment: Deployment) -> list[Action]:
    return ordered_before(deployment=deployment, now=NOW)


def test_an_order_that_goes_on_is_named_however_old_it_is(deployment: Deployment):
    order = make_order(deployment)

    assert before(deployment) == [order]


@pytest.mark.parametrize(("minutes_ago", "named"), [(30, True), (31, False)])
def test_one_that_is_done_is_named_for_half_an_hour(
    deployment: Deployment, minutes_ago: int, named: bool
):
    make_order(deployment, **ended(minutes_ago))

    assert bool(before(deployment)) is named


@pytest.mark.parametrize(
    "changes",
    [
        ended(1, "failed"),
        ended(1, "cancelled"),
        {"kind": "stop", "new_pods": 0},
        {"kind": "scale", "new_pods": 0},
    ],
)
def test_what_rented_nothing_is_no_order(deployment: Deployment, changes: dict[str, Any]):
    make_order(deployment, **changes)

    assert before(deployment) == []


def test_a_launch_whose_hours_are_closed_is_one(deployment: Deployment):
    make_order(deployment, new_pods=0)

    assert len(before(deployment)) == 1


def test_an_order_of_another_deployment_of_the_model_is_named_for_the_model(
    deployment: Deployment, llama: ModelVariant
):
    make_order(deployment)
    other = make_deployment(fleet=deployment.fleet, variant=llama, slug="llama-b")

    assert before(other) == []
    assert len(ordered_before(variant=llama, now=NOW)) == 1
    assert ordered_before(variant=make_variant(), now=NOW) == []


def test_the_form_of_a_rental_says_so_with_a_link(operator: Client, deployment: Deployment):
    order = make_order(deployment, confirmed_at=timezone.now())

    page = operator.get(
        reverse("fleet:deployment-rental", args=[deployment.pk])
    ).content.decode()

    assert SAID in page
    assert reverse("fleet:action", args=[order.pk]) in page
    assert "launch llama-a</a>, 2 pods, by ada" in page


@pytest.mark.usefixtures("catalog", "play_money")
def test_a_sheet_of_more_replicas_says_so_and_one_of_fewer_does_not(
    operator: Client, deployment: Deployment
):
    make_order(deployment, confirmed_at=timezone.now())
    address = reverse("fleet:action-plan", args=["scale"])
    asked = {"deployment": deployment.slug, "replicas": "2"}

    assert SAID in operator.get(address, asked).content.decode()

    address = reverse("fleet:action-plan", args=["stop"])
    assert SAID not in operator.get(address, asked).content.decode()
