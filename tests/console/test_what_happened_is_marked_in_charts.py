"""Charts mark what happened beside their lines, by kind, and their tables say the same."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from economics.calc.hours import day_of
from economics.selectors.day_marks import day_marks, shortened
from fleet.charts.marks import Mark
from fleet.models import Action, Deployment, Pod
from tests.factories import NOW, make_audit, make_deployment, make_pod, make_price

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TODAY = NOW.date()


def ordered(deployment: Deployment, *, kind: str = "stop", at=NOW) -> Action:
    return Action.objects.create(
        kind=kind,
        key=f"{kind}{at}",
        target=deployment.slug,
        deployment=deployment,
        confirmed_by="ada",
        confirmed_at=at,
    )


def marks(*deployments: Deployment) -> list[Mark]:
    members = [each.pk for each in deployments]
    return day_marks(TODAY - DAY, TODAY, deployments=members)


def test_a_day_has_one_mark_of_each_kind(deployment: Deployment):
    pod = make_pod(deployment=deployment)
    make_price(served_model=deployment.variant.served_model, valid_from=NOW)
    ordered(deployment)
    ordered(deployment, kind="scale", at=NOW + timedelta(minutes=1))
    make_audit(verb="restart", target=pod.name, at=NOW)

    assert {(each.at, each.kind, each.words) for each in marks(deployment)} == {
        (TODAY, "price", f"{deployment.variant.served_model.name}: price changed"),
        (TODAY, "order", "stop llama-a, scale llama-a"),
        (TODAY, "restart", f"{pod.name} restarted"),
    }


def test_what_another_deployment_did_is_not_marked(deployment: Deployment):
    other = make_deployment(slug="other")
    ordered(other)
    make_audit(verb="restart", target=make_pod(deployment=other).name, at=NOW)

    assert marks(deployment) == []


def test_the_days_are_half_open(deployment: Deployment):
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    for at in (midnight - DAY - timedelta(seconds=1), midnight - DAY, midnight + DAY):
        ordered(deployment, at=at)

    assert [each.at for each in marks(deployment)] == [TODAY - DAY]


def test_a_busy_day_counts_what_it_does_not_name():
    assert shortened(["a", "b", "a", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"


@pytest.mark.parametrize("address", ["/charts/profit.json", "/profit/days.json"])
def test_the_figure_carries_the_marks(
    operator: Client, deployment: Deployment, address: str
):
    now = timezone.now()
    ordered(deployment, at=now)

    (mark,) = operator.get(address).json()["marks"]

    assert mark == {
        "at": f"{day_of(now)}",
        "kind": "order",
        "label": "orders and stops",
        "words": "stop llama-a",
    }


@pytest.mark.parametrize("address", ["/charts/profit/table/", "/profit/days/table/"])
def test_the_table_says_what_is_marked(
    operator: Client, deployment: Deployment, address: str
):
    ordered(deployment, at=timezone.now())

    page = operator.get(address).content.decode()

    assert "orders and stops" in page and "stop llama-a" in page


def test_a_bar_of_the_overview_opens_its_rows(operator: Client, pod: Pod):
    figure = operator.get("/charts/profit.json").json()["figure"]

    for trace in figure["data"]:
        for day, address in zip(trace["x"], trace["customdata"], strict=True):
            assert address.startswith(f"{reverse('economics:profit-lines')}?money=real")
            assert f"first={day}&last={day}&bar=" in address
    opened = operator.get(figure["data"][0]["customdata"][-1])
    assert opened.status_code == 200


def test_the_rows_of_a_bar_name_their_columns(operator: Client, pod: Pod):
    page = operator.get("/profit/days/table/").content.decode()

    assert '<th scope="col" class="num">revenue</th>' in page
