"""Termination repeats until the provider itself says that the pod is gone."""

from datetime import timedelta

import pytest

from fleet.models import Pod, PodStatus
from fleet.providers.base import ProviderUnavailable
from fleet.services.provisioning import provision
from fleet.services.termination import drive_terminations, overdue, request_termination
from tests.clock import NOON
from tests.factories import make_sample
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db


class StubbornAccount:
    """Says yes to a delete and keeps the pod."""

    def __init__(self, account) -> None:
        self.account = account
        self.deletes = 0

    def terminate(self, provider_id: str) -> None:
        self.deletes += 1

    def pod(self, provider_id: str):
        return self.account.pod(provider_id)


@pytest.fixture
def ending(make_wanted, account) -> Pod:
    """A rented pod that was told to stop at noon."""
    pod = make_wanted()
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    pod.refresh_from_db()
    request_termination(pod, acting_user="ada", now=NOON, reason="enough")
    return pod


def drive(pod: Pod, account, *, now, scrapes: list[str] | None = None) -> bool:
    seen = [] if scrapes is None else scrapes
    gone = drive_terminations(
        [Pod.objects.get(pk=pod.pk)],
        provider=account,
        clock=lambda: now,
        last_scrape=lambda pods: seen.extend(each.name for each in pods),
        troubles=[],
    )
    return gone == [pod.name]


def test_a_pod_is_scraped_a_last_time_and_then_deleted(ending, account, clock):
    scrapes: list[str] = []

    assert drive(ending, account, now=clock.forward(seconds=5), scrapes=scrapes)

    ending.refresh_from_db()
    assert scrapes == [ending.name]
    assert ending.status == PodStatus.TERMINATED
    assert ending.billed_until == NOON + timedelta(seconds=5)
    assert ending.status_reason == "enough"


def test_telling_it_twice_tells_it_once(ending):
    assert not request_termination(ending, acting_user="bob", now=NOON)
    assert ending.transitions.filter(new="terminating").count() == 1


def test_a_delete_without_an_answer_is_sent_again(ending, account, clock):
    account.fail_next("terminate", ProviderUnavailable("timeout"))

    assert not drive(ending, account, now=clock.forward(seconds=5))
    assert drive(ending, account, now=clock.forward(seconds=15))


def test_a_pod_that_survives_its_delete_is_deleted_again_every_minute(
    ending, account, clock
):
    stubborn = StubbornAccount(account)
    for _ in range(13):
        assert not drive(ending, stubborn, now=clock.forward(seconds=15))

    assert stubborn.deletes == 4
    assert Pod.objects.get(pk=ending.pk).status == PodStatus.TERMINATING


def test_five_minutes_after_the_order_it_is_an_alarm(ending):
    assert overdue(now=NOON + timedelta(seconds=300)) == []
    assert overdue(now=NOON + timedelta(seconds=301)) == [ending]


def test_requests_in_flight_may_finish_for_two_minutes(ending, account, clock):
    for wait in (10, 10):
        make_sample(ending, at=clock.forward(seconds=wait), requests_running=3)
        assert not drive(ending, account, now=clock.now)
    make_sample(ending, at=clock.forward(seconds=10), requests_running=0)

    assert drive(ending, account, now=clock.now)


def test_draining_ends_after_two_minutes_whoever_still_waits(ending, account, clock):
    make_sample(ending, at=clock.forward(seconds=120), requests_running=3)

    assert drive(ending, account, now=clock.now)


def test_a_pod_without_an_id_waits_for_the_cloud_list(make_wanted, account, clock):
    pod = make_wanted()
    account.lose_next_answer("create")
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    pod.refresh_from_db()
    request_termination(pod, acting_user="ada", now=NOON)

    assert not drive(pod, account, now=clock.forward(seconds=5))
    assert ("terminate", "") not in account.calls
