import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import Deployment, Pod
from fleet.services.roles import Role
from tests.factories import make_user
from tests.plan_sheet import confirm

HOURS = {
    "replicas": "1",
    "rental_kind": "scheduled",
    "days": "every",
    "from_time": "00:00",
    "to_time": "24:00",
    "zone": "UTC",
    "baseline_replicas": "0",
    "is_ready_at_start": "",
}


@pytest.fixture
def address(pod: Pod, catalog: None, play_money: None) -> str:
    return reverse("fleet:deployment-rental", args=[pod.deployment_id])


def test_the_form_shows_what_is(operator: Client, address: str):
    page = operator.get(address).content.decode()

    assert "Now: 1 replica, always on" in page
    assert '<option value="on_demand" selected>' in page


def test_it_leads_over_the_plan_to_another_rental_and_back(operator: Client, address: str):
    sheet = operator.post(address, HOURS, follow=True).content.decode()
    done = confirm(operator, sheet).content.decode()

    assert "1 replica, always on → <strong>1 replica: Every day" in sheet
    assert Deployment.objects.get().rental_kind == "scheduled"
    assert 'id="undo"' in done


def test_ready_at_the_start_is_switched_off_as_it_was_on_and_back(
    operator: Client, address: str
):
    ready = HOURS | {"is_ready_at_start": "yes"}
    confirm(operator, operator.post(address, ready, follow=True).content.decode())
    assert Deployment.objects.get().is_ready_at_start

    off = HOURS | {"is_ready_at_start": "no"}
    confirm(operator, operator.post(address, off, follow=True).content.decode())
    assert not Deployment.objects.get().is_ready_at_start

    done = confirm(operator, operator.post(address, ready, follow=True).content.decode())
    assert Deployment.objects.get().is_ready_at_start
    back = re.search(r'id="undo"[^>]*href="([^"]+)"', done.content.decode())
    assert back is not None
    sheet = operator.get(unescape(back[1])).content.decode()
    confirm(operator, sheet)
    assert not Deployment.objects.get().is_ready_at_start


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("zone", "Atlantis", "Atlantis"),
        ("from_time", "noon", "noon"),
        ("replicas", "0", "from 1 to 20"),
        ("replicas", "many", "write a whole number"),
        ("rental_kind", "x\x00", "without the null character"),
    ],
)
def test_a_wrong_field_keeps_its_sentence_beside_it(
    operator: Client, address: str, field: str, value: str, sentence: str
):
    page = operator.post(address, HOURS | {field: value}).content.decode()

    assert sentence in page and 'aria-invalid="true"' in page
    assert Deployment.objects.get().rental_kind == "on_demand"


def test_a_viewer_reads_the_form_and_may_not_send_it(address: str):
    viewer = Client()
    viewer.force_login(make_user("vic", role=Role.VIEWER))

    assert viewer.get(address).status_code == 200
    assert viewer.post(address, HOURS).status_code == 403
