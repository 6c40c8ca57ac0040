"""A pod that had been ready and hangs or is dead: restart, restart, replace."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from fleet.models import AuditEntry, Health, Pod, PodStatus
from fleet.providers.base import Conflict, LogLine, ProviderUnavailable
from fleet.providers.fake import FakeProvider
from fleet.services.mending import mend
from fleet.services.probing import apply
from tests.clock import NOON, Clock
from tests.factories import make_health_change, make_pod
from tests.fleet.providers.conftest import a_request
from tests.fleet.services.test_a_probe_is_booked import answer, counters

pytestmark = pytest.mark.django_db

PAST = NOON - timedelta(minutes=3)


def hears() -> str:
    return ""


def silent() -> str:
    return "the canary does not answer: ConnectTimeout"


@pytest.fixture
def hung(account: FakeProvider) -> Pod:
    """A pod of the fake account that has been hanging for three minutes."""
    return rented(account)


def rented(account: FakeProvider, **columns: object) -> Pod:
    rented = account.create(a_request())
    account.set_status(rented.provider_id, "RUNNING")
    facts: dict[str, object] = {
        "provider": "fake",
        "provider_id": rented.provider_id,
        "billed_from": NOON - timedelta(hours=1),
        "ready_at": NOON - timedelta(minutes=58),
        "health": Health.HUNG,
        "health_since": PAST,
        "health_reason": "The engine has made no step for 120 s.",
        "probed_at": NOON,
        "engine_started_at": NOON - timedelta(minutes=59),
        "container_disk_gb": 0,
        "usd_per_pod_hour": Decimal("3.60"),
    }
    return make_pod(**(facts | columns))


def act(account: FakeProvider, *, now: datetime = NOON, canary=hears) -> list[str]:
    troubles: list[str] = []
    done = mend(provider=account, canary=canary, now=now, troubles=troubles)
    assert troubles == []
    return done


def restarts_of(account: FakeProvider) -> int:
    return sum(method == "restart" for method, _ in account.calls)


def test_it_is_restarted_and_the_row_says_what_it_cost(hung, account):
    assert act(account) == [f"{hung.name} restarted, 1 of 2: {hung.health_reason}"]

    assert restarts_of(account) == 1
    row = AuditEntry.objects.get(verb="restart")
    assert (row.acting_user, row.target) == ("rule:hung", hung.name)
    assert row.figures["attempt"] == "1 of 2"
    assert row.figures["seconds"] == 180
    assert Decimal(row.figures["usd_meanwhile"]) == Decimal("0.18")  # 3 min at $3.60/h


def test_it_is_not_restarted_again_while_it_may_still_be_loading(hung, account):
    act(account)

    Pod.objects.update(probed_at=NOON + timedelta(minutes=3))
    assert act(account, now=NOON + timedelta(minutes=3)) == []
    assert restarts_of(account) == 1


def test_after_two_restarts_it_is_replaced_with_its_cause(hung, account):
    account.lines[hung.provider_id] = [
        LogLine(NOON, "container", "torch.OutOfMemoryError: CUDA out of memory.")
    ]
    for minutes in (0, 5, 10):
        now = NOON + timedelta(minutes=minutes)
        Pod.objects.update(probed_at=now)
        act(account, now=now)

    pod = Pod.objects.get()
    assert restarts_of(account) == 2
    assert pod.status == PodStatus.TERMINATING
    assert pod.diagnosis.kind == "out_of_memory"
    row = AuditEntry.objects.get(verb="terminate")
    assert row.acting_user == "rule:hung"
    assert Decimal(row.figures["usd_of_its_cold_start"]) == Decimal("0.12")
    pod.deployment.refresh_from_db()
    assert pod.deployment.not_before == NOON + timedelta(minutes=10, seconds=15)
    assert pod.deployment.launches_stopped_at is None


def test_a_restart_without_an_answer_counts_and_is_not_sent_twice(hung, account):
    account.lose_next_answer("restart", ProviderUnavailable("lost"))

    act(account)
    act(account)

    assert restarts_of(account) == 1
    assert Pod.objects.get().restarts == 1


def test_a_pod_that_can_not_be_restarted_is_replaced(hung, account):
    account.fail_next("restart", Conflict("not now"), Conflict("not now"))

    for _ in range(3):
        act(account)

    assert Pod.objects.get().status == PodStatus.TERMINATING


@pytest.mark.parametrize(
    "facts",
    [
        {"health": Health.BUSY},
        {"health": Health.UNKNOWN},
        {"health": Health.LOADING},
        {"probed_at": NOON - timedelta(minutes=10)},
        {"health_since": NOON - timedelta(seconds=119)},
        {"status": PodStatus.PROVISIONING, "ready_at": None},
        {"status": PodStatus.TERMINATING},
        {"provider_status": "EXITED"},
        {"provider": "elsewhere"},
    ],
)
def test_nothing_is_done_to_a_pod_that_is(account, facts):
    pod = rented(account, **facts)

    assert act(account) == []

    assert restarts_of(account) == 0
    assert Pod.objects.get().restarts == 0 and pod.status == Pod.objects.get().status


def test_an_engine_that_comes_back_is_judged_anew(hung, account):
    act(account)
    old = counters(process_start_time=Decimal(int(hung.engine_started_at.timestamp())))
    later = NOON + timedelta(seconds=20)
    apply(Pod.objects.get(), answer(later, old, model_listed=False), now=later)
    assert Pod.objects.get().health == Health.LOADING  # not DEAD: it restarts

    new = counters(process_start_time=Decimal(int(later.timestamp())))
    later += timedelta(seconds=60)
    apply(Pod.objects.get(), answer(later, new), now=later)

    assert Pod.objects.get().health == Health.READY
    assert act(account, now=later + timedelta(seconds=10)) == []


def test_one_that_does_not_come_back_from_a_restart_is_due_again(hung, account):
    act(account)
    later = NOON + timedelta(minutes=5)
    Pod.objects.update(
        health=Health.LOADING, health_since=NOON + timedelta(seconds=20), probed_at=later
    )

    act(account, now=later)

    assert restarts_of(account) == 2


def test_when_many_fall_and_the_canary_is_silent_nothing_is_touched(account):
    for _ in range(4):
        pod = rented(account)
        make_health_change(pod, Health.HUNG, at=PAST)

    words = act(account, canary=silent)
    act(account, canary=silent)

    assert len(words) == 1 and words[0].startswith("4 of 4 pods fell within 5 minutes")
    assert restarts_of(account) == 0
    assert AuditEntry.objects.get().verb == "hold"  # said once


def test_when_many_fall_and_the_canary_sings_two_are_restarted_at_a_time(
    account, clock: Clock
):
    for _ in range(4):
        pod = rented(account)
        make_health_change(pod, Health.HUNG, at=PAST)

    words = act(account)

    assert restarts_of(account) == 2
    assert sum("waits: enough restarts" in each for each in words) == 2


def test_one_of_many_needs_no_canary(account):
    for _ in range(3):
        rented(account, health=Health.READY)
    pod = rented(account)
    make_health_change(pod, Health.HUNG, at=PAST)

    act(account, canary=silent)

    assert restarts_of(account) == 1
