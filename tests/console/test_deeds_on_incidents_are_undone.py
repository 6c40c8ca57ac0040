"""The message of an acknowledgement and of a snooze offers to take it back."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.models import Incident
from fleet.services.incidents import open_incident
from fleet.services.roles import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def orphan(db: None) -> Incident:
    now = timezone.now() - timedelta(minutes=12)
    return open_incident(key="orphan:stray1", title="Orphan x is billed", now=now)


def undo_of(client: Client, name: str, incident: Incident, **fields: str):
    """The address and the values of Undo in the message that the deed leaves."""
    address = reverse(f"fleet:{name}", args=[incident.pk])
    page = html.unescape(client.post(address, fields, follow=True).content.decode())
    found = re.search(r'hx-post="([^"]+)" hx-vals="(\{.*?\})" hx-swap', page)
    assert found, page
    return found[1], json.loads(found[2])


def press(client: Client, undo) -> Incident:
    answer = client.post(undo[0], undo[1], headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    return Incident.objects.get()


def test_an_acknowledgement_is_undone(operator: Client, orphan: Incident):
    undo = undo_of(operator, "incident-acknowledge", orphan)
    assert Incident.objects.get().acknowledged_by == "ada"

    assert press(operator, undo).acknowledged_by == ""


def test_a_snooze_is_undone_to_none(operator: Client, orphan: Incident):
    undo = undo_of(operator, "incident-snooze", orphan, hours="2")

    assert press(operator, undo).snoozed_until is None


def test_a_snooze_is_undone_to_the_earlier_one(operator: Client, orphan: Incident):
    undo_of(operator, "incident-snooze", orphan, hours="1")
    earlier = Incident.objects.get().snoozed_until
    undo = undo_of(operator, "incident-snooze", orphan, hours="5")

    assert press(operator, undo).snoozed_until == earlier


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"until": "soon"},
        {"until": "2026-03-01T14:00"},
        {"until": "\x00"},
        {"until": "2999-01-01T00:00:00+00:00", "before": "2999-01-01T00:00:00+00:00"},
    ],
)
def test_a_forged_undo_gets_a_sentence_and_changes_nothing(
    operator: Client, orphan: Incident, fields: dict[str, str]
):
    undo_of(operator, "incident-snooze", orphan, hours="1")
    before = Incident.objects.get().snoozed_until

    address = reverse("fleet:incident-snooze-back", args=[orphan.pk])
    answer = operator.post(address, fields, follow=True)

    assert answer.status_code == 200
    assert 'class="message' in answer.content.decode()
    assert Incident.objects.get().snoozed_until == before


def test_a_viewer_takes_nothing_back(client: Client, orphan: Incident):
    client.force_login(make_user("vera", role=Role.VIEWER))

    for name in ("incident-acknowledge-back", "incident-snooze-back"):
        assert client.post(reverse(f"fleet:{name}", args=[orphan.pk])).status_code == 403
