"""Two workers at once, on a database that really commits."""

from functools import partial

import pytest

from fleet.models import AlertMessage, Incident, MessageState
from fleet.outgoing import Reply
from tests.at_once import at_once
from tests.fleet.alerts.worlds import make_channel, make_incident, sweep

pytestmark = pytest.mark.django_db(transaction=True)


def test_four_workers_open_one_incident_and_queue_one_message():
    make_channel()

    at_once(*[make_incident] * 4)

    assert Incident.objects.count() == 1
    assert AlertMessage.objects.count() == 1


def test_four_sweeps_say_each_message_once():
    make_channel()
    for n in range(5):
        make_incident(f"orphan:{n}")
    said: list[str] = []

    def mouth(address: str, *, title: str, body: str, level: str) -> Reply:
        said.append(title)
        return Reply(True, "accepted", 0.0)

    at_once(*[partial(sweep, mouth, token=f"sweep-{n}") for n in range(4)])

    assert sorted(said) == sorted(set(said)) and len(said) == 5
    assert AlertMessage.objects.filter(state=MessageState.SENT).count() == 5
