"""Two workers at once, on a database that really commits."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from fleet.models import AlertMessage, Incident, MessageState
from fleet.outgoing import Reply
from tests.fleet.alerts.worlds import make_channel, make_incident, sweep

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count: int, work) -> list:
    """Run `work(n)` in so many threads that start together."""
    gate = threading.Barrier(count)

    def one(n: int):
        gate.wait()
        try:
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_four_workers_open_one_incident_and_queue_one_message():
    make_channel()

    at_once(4, lambda _: make_incident())

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

    at_once(4, lambda n: sweep(mouth, token=f"sweep-{n}"))

    assert sorted(said) == sorted(set(said)) and len(said) == 5
    assert AlertMessage.objects.filter(state=MessageState.SENT).count() == 5
