"""A list that lags for longer than we wait: the pod is ended, and its cost is booked."""

from datetime import timedelta

import pytest

from economics.models import CostLine
from economics.services.accrual import accrue
from fleet.models import AuditEntry, Orphan, Pod, PodStatus
from fleet.services.cloud_list import compare
from fleet.services.provisioning import provision
from fleet.services.termination import drive_terminations
from tests.clock import NOON
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db


@pytest.fixture
def given_up(make_wanted, account, clock) -> Pod:
    """Rented at noon, its answer lost, in no list for five minutes."""
    pod = make_wanted()
    account.lose_next_answer("create")
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    account.hidden.add("fake-1")
    for _ in range(3):
        compare(provider=account, now=clock.forward(seconds=90))
    pod.refresh_from_db()
    assert pod.status == PodStatus.FAILED
    account.hidden.clear()
    return pod


def test_it_is_ended_under_its_own_row_and_is_no_orphan(given_up, account, clock):
    done = compare(provider=account, now=clock.forward(seconds=60))

    given_up.refresh_from_db()
    assert (done.late, done.orphans) == ([given_up.name], [])
    assert (given_up.status, given_up.provider_id) == ("terminating", "fake-1")
    assert given_up.billed_from == NOON
    assert not Orphan.objects.exists()
    assert AuditEntry.objects.get(verb="terminate").acting_user == "rule:late_create"


def test_seeing_it_twice_ends_it_once(given_up, account, clock):
    for _ in range(2):
        compare(provider=account, now=clock.forward(seconds=15))

    assert AuditEntry.objects.filter(verb="terminate").count() == 1


def test_what_it_cost_is_booked(given_up, account, clock):
    compare(provider=account, now=clock.forward(seconds=60))
    clock.forward(seconds=10)
    drive_terminations(
        list(Pod.objects.filter(status=PodStatus.TERMINATING)),
        provider=account,
        clock=clock,
        last_scrape=lambda pods: None,
        troubles=[],
    )

    accrue(clock.forward(hours=1))

    given_up.refresh_from_db()
    assert given_up.status == PodStatus.TERMINATED
    seconds = given_up.billed_until - NOON
    assert seconds == timedelta(seconds=340)
    assert CostLine.objects.get(pod=given_up, kind="gpu").seconds == 340
