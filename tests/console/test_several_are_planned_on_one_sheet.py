"""The fleet page selects several; one sheet lists each with its money, and the total."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import Action, Deployment, MaintenanceWindow, Pod
from fleet.services.roles import Role
from tests.console.conftest import PROVIDER
from tests.factories import make_deployment, make_pod, make_user
from tests.plan_sheet import do

PAGE, CONFIRM = "/actions/together/", "/actions/together/confirm/"
QUIET = "/actions/together/maintenance/"


@pytest.fixture(autouse=True)
def _prices(catalog: None, play_money: None) -> None:
    """A catalog, a balance and a deployment of this cloud for every test here."""


@pytest.fixture
def second(deployment: Deployment, pod: Pod) -> Pod:
    """A pod of another deployment of the same fleet, which serves since an hour."""
    other = make_deployment(
        fleet=deployment.fleet, variant=deployment.variant, slug="llama-b"
    )
    begun = timezone.now() - timedelta(hours=1)
    return make_pod(
        deployment=other,
        name="kerne-test-llama-b-1",
        provider=PROVIDER,
        requested_at=begun,
        billed_from=begun,
        ready_at=begun,
    )


def sheet(client: Client, **query: object) -> str:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return " ".join(html.unescape(answer.content.decode()).split()).replace("\u2060", "")


def confirm(client: Client, page: str) -> Any:
    """Confirm what a sheet shows."""
    form = page.split(f'action="{CONFIRM}"')[1].split("</form>")[0]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(value)
    return client.post(CONFIRM, fields, follow=True)


def both(deed: str, **more: object) -> dict[str, object]:
    return {"deed": deed, "deployment": ["llama-a", "llama-b"]} | more


def test_each_has_its_own_line_and_the_total_stands_below(operator: Client, second: Pod):
    page = sheet(operator, **both("stop"))

    assert "Stop 2 deployments?" in page
    for name in ("llama-a", "llama-b"):
        assert f'class="row-title">{name}</th>' in page
    assert page.count('$0.7455<span class="unit">/h</span> less') == 2
    assert '$1.491<span class="unit">/h</span> less' in page  # the foot of the table
    assert "Stop 2 deployments, saves $1.491/h" in page
    assert "Balance lasts" in page and "no spend" in page
    assert page.count("Container disks of") == 1 and "Of each of them:" in page
    assert page.index("autofocus") < page.index('id="confirm"')


def test_a_confirmation_stops_them_all_and_leads_to_the_actions(
    operator: Client, second: Pod
):
    answer = confirm(operator, sheet(operator, **both("stop")))

    page = answer.content.decode()
    assert "2 actions confirmed together" in page
    for action in Action.objects.all():
        assert f'href="/actions/{action.pk}/"' in page
    assert set(Pod.objects.values_list("status", flat=True)) == {"terminating"}
    assert set(Deployment.objects.values_list("replicas", flat=True)) == {0}


def test_each_action_leads_back_to_those_that_were_confirmed_with_it(
    operator: Client, second: Pod
):
    done = confirm(operator, sheet(operator, **both("stop"))).redirect_chain[0][0]

    for action in Action.objects.all():
        page = operator.get(f"/actions/{action.pk}/").content.decode()
        assert f'id="together" href="{done}"' in page


def test_an_action_that_was_confirmed_alone_leads_to_no_others(operator: Client, pod: Pod):
    do(operator, "stop", deployment="llama-a")

    page = operator.get(f"/actions/{Action.objects.get().pk}/").content.decode()

    assert 'id="together"' not in page


def test_a_second_click_does_nothing_more(operator: Client, second: Pod):
    page = sheet(operator, **both("stop"))

    addresses = [confirm(operator, page).redirect_chain[0][0] for _ in range(2)]

    assert addresses[0] == addresses[1]
    assert Action.objects.count() == 2


def test_a_scale_says_what_both_cost_together(operator: Client, second: Pod):
    page = sheet(operator, **both("scale", replicas="2"))

    assert "Scale 2 deployments to 2?" in page
    assert "Scale 2 deployments for $1.491/h" in page


def test_a_scale_without_a_number_asks_for_it(operator: Client, second: Pod):
    page = sheet(operator, **both("scale"))

    assert "Replicas of each" in page and 'id="confirm"' not in page
    assert "write a whole number from 1" in page


def test_one_that_can_not_be_done_is_named_and_can_be_left_out(
    operator: Client, second: Pod
):
    Deployment.objects.filter(slug="llama-b").update(replicas=2)

    page = sheet(operator, **both("scale", replicas="2"))

    assert "<strong>llama-b</strong>: Replicas is 2, and llama-b wants as many" in page
    assert 'id="confirm"' not in page
    without = re.search(r'id="without" href="([^"]+)"', page)
    assert without is not None
    again = operator.get(without[1]).content.decode()
    assert "llama-b" not in again.split("<main")[1] and 'id="confirm"' in again


def test_the_box_for_all_is_a_field_that_means_what_the_page_shows(
    operator: Client, second: Pod
):
    assert "Stop 2 deployments?" in sheet(operator, deed="stop", all="yes")
    assert "Stop 1 deployment?" in sheet(operator, deed="stop", all="yes", q="llama-b")


def test_every_row_of_the_fleet_has_a_box_with_its_name(operator: Client, second: Pod):
    page = operator.get("/fleet/").content.decode()

    for label in ("llama-a", "llama-b", "kerne-test-llama-a-1", second.name):
        assert f'aria-label="Select {label}"' in page
    assert page.count('form="together"') == 4
    assert 'id="select-all" name="all" value="yes"' in page


def test_a_pod_that_ends_can_not_be_selected(operator: Client, second: Pod):
    Pod.objects.filter(pk=second.pk).update(status="terminating")

    page = operator.get("/fleet/").content.decode()

    assert f'aria-label="Select {second.name}"' not in page


def test_maintenance_of_several_says_that_costs_go_on_and_silences_each(
    operator: Client, second: Pod
):
    page = sheet(operator, deed="maintenance", deployment="llama-a", pod=second.name)

    assert "costs go on; nothing is stopped" in page
    assert '$1.491<span class="unit">/h</span>' in page
    answer = operator.post(
        QUIET, {"deployment": "llama-a", "pod": second.name, "minutes": "60"}, follow=True
    )
    assert "Maintenance of 1 deployment and 1 pod until" in answer.content.decode()
    subjects = {window.subject for window in MaintenanceWindow.objects.all()}
    assert subjects == {"llama-a", second.name}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"deployment": "llama-a", "minutes": "0"},
        {"deployment": ["llama-a", "nobody"], "minutes": "60"},
        {"deployment": "llama-a", "pod": "\x00", "minutes": "60"},
    ],
)
def test_a_maintenance_that_can_not_be_begins_none(
    operator: Client, second: Pod, fields: dict[str, Any]
):
    page = operator.post(QUIET, fields, follow=True).content.decode()

    assert "Nothing was changed." in page
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"deed": "stop"}, "Nothing is selected; tick what is meant."),
        ({"deed": "explode", "deployment": "llama-a"}, "Deed is 'explode'; choose one of"),
        ({"deed": "stop", "deployment": "nobody"}, "Deployment 'nobody' does not exist"),
        ({"deed": "stop", "pod": "no\x00body"}, "Pod 'nobody' does not exist"),
        ({"deed": "maintenance", "pod": "nobody"}, "It does not exist"),
    ],
)
def test_nonsense_gets_its_sentence(
    operator: Client, second: Pod, query: dict[str, str], sentence: str
):
    assert sentence in sheet(operator, **query)


@pytest.mark.parametrize(
    "fields",
    [{}, {"key": "a/b/c/d/e/f/g"}, {"key": "k" * 40, "plan": "x"}, {"plan": "\x00"}],
)
def test_a_forged_confirmation_does_nothing(
    operator: Client, second: Pod, fields: dict[str, str]
):
    answer = operator.post(CONFIRM, fields)

    assert answer.status_code == 200 and "Nothing was changed." in answer.content.decode()
    assert not Action.objects.exists()


def test_a_key_under_which_nothing_was_confirmed_is_not_found(operator: Client):
    assert operator.get("/actions/together/nothing/").status_code == 404


def test_a_viewer_sees_the_plan_and_may_not_confirm_it(client: Client, second: Pod):
    client.force_login(make_user("vera", role=Role.VIEWER))

    page = sheet(client, **both("stop"))

    assert 'id="confirm" disabled' in page and "Only an operator may do this" in page
    for address in (CONFIRM, QUIET):
        assert client.post(address, {}).status_code == 403
