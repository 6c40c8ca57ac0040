"""Replicas that start, die and start again cost a cold start each: they are stopped."""

from datetime import datetime, timedelta

import pytest

from fleet.models import AuditEntry, Deployment, Pod, PodStatus
from fleet.providers.base import LogLine
from fleet.providers.fake import FakeProvider
from fleet.services import replicas
from fleet.services.cloud_list import compare
from fleet.services.crash_loops import note_console_start
from fleet.services.lifecycle import start_deployment
from fleet.services.mending import mend
from tests.clock import NOON
from tests.factories import make_deployment, make_job_run, make_pod, make_sample
from tests.fleet.providers.conftest import a_request

pytestmark = pytest.mark.django_db


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def pod(account: FakeProvider) -> Pod:
    rented = account.create(a_request())
    account.set_status(rented.provider_id, "RUNNING")
    account.lines[rented.provider_id] = [
        LogLine(NOON, "container", "ValueError: No available memory for the cache blocks.")
    ]
    return make_pod(
        provider="fake",
        provider_id=rented.provider_id,
        billed_from=NOON - minutes(60),
        probed_at=NOON,
        engine_started_at=NOON - minutes(1),
    )


def start_engines(pod: Pod, *ages: float) -> None:
    for age in ages:
        started = NOON - minutes(age)
        make_sample(pod, at=started + timedelta(seconds=20), process_started_at=started)
        make_sample(pod, at=started + timedelta(seconds=30), process_started_at=started)


def act(account: FakeProvider, *, now: datetime = NOON) -> list[str]:
    return mend(provider=account, canary=lambda: "", now=now, troubles=[])


def test_three_engine_starts_in_15_minutes_end_it_and_say_why(pod, account):
    start_engines(pod, 12, 6, 1)

    act(account)

    deployment = Deployment.objects.get()
    assert Pod.objects.get().status == PodStatus.TERMINATING
    assert deployment.launches_stopped_reason.startswith(
        "crash loop: 3 starts of the engine in 15 minutes. The KV cache that is left "
        "cannot hold one request of the whole context."
    )
    assert not replicas.may_launch(deployment, now=NOON + timedelta(days=1))
    users = set(AuditEntry.objects.values_list("acting_user", flat=True))
    assert users == {"rule:crash_loop"}


def test_two_starts_or_older_ones_are_no_loop(pod, account):
    start_engines(pod, 30, 20, 6, 1)

    assert act(account) == []


def test_restarts_that_were_ordered_are_not_counted(pod, account):
    Pod.objects.update(restarts=1, restarted_at=NOON - minutes(7))
    start_engines(pod, 12, 6, 1)

    assert act(account) == []


def look(*ages: float) -> None:
    for age in ages:
        make_job_run("probe", started_at=NOON - minutes(age))


def test_starts_while_nobody_looked_are_not_counted(pod, account):
    start_engines(pod, 12, 6, 1)
    look(12.2, 11.9, 6.5, 5.9, 1.2, 0.9)  # 18 s apart, but 36 s around the start at 6

    assert act(account) == []


def test_starts_together_with_the_console_are_not_counted(pod, account):
    # A restart takes 13 s: the sweeps around it are less than two intervals apart.
    start_engines(pod, 12, 6, 1)
    look(*(n / 6 + 0.05 for n in range(90)))
    note_console_start(NOON - minutes(6.01))
    note_console_start(NOON - minutes(1.01))

    assert act(account) == []


def test_a_console_that_looked_all_the_time_counts_every_start(pod, account):
    start_engines(pod, 12, 6, 1)
    look(*(n / 4 for n in range(60)))

    assert len(act(account)) == 1


def test_a_person_may_start_it_again(pod, account):
    start_engines(pod, 12, 6, 1)
    act(account)
    deployment = Deployment.objects.get()

    start_deployment(deployment, replicas=1, acting_user="ada", now=NOON)

    assert replicas.may_launch(Deployment.objects.get(), now=NOON)


def test_three_replicas_that_were_ready_and_died_within_an_hour_are_a_loop(account):
    deployment = make_deployment()
    for age in (50, 25, 0):
        rented = account.create(a_request())
        account.set_status(rented.provider_id, "EXITED")
        make_pod(deployment=deployment, provider="fake", provider_id=rented.provider_id)
        assert replicas.may_launch(Deployment.objects.get(), now=NOON)
        compare(provider=account, now=NOON - minutes(age))

    assert "3 replicas became ready and died within an hour" in (
        Deployment.objects.get().launches_stopped_reason
    )


def test_three_over_a_longer_time_are_not(account):
    deployment = make_deployment()
    for age in (130, 65, 0):
        rented = account.create(a_request())
        account.set_status(rented.provider_id, "EXITED")
        make_pod(deployment=deployment, provider="fake", provider_id=rented.provider_id)
        compare(provider=account, now=NOON - minutes(age))

    assert Deployment.objects.get().launches_stopped_at is None
