"""Deadlines end what bills for nothing, and nothing that we only did not look at."""

from datetime import timedelta

import pytest

from fleet.models import AuditEntry, Deployment, Health, Pod, PodStatus
from fleet.services.deadlines import end_overdue
from fleet.services.probing import apply
from fleet.services.termination import request_termination
from tests.clock import NOON, seconds
from tests.factories import make_pod
from tests.fleet.services.test_a_probe_is_booked import answer, counters

pytestmark = pytest.mark.django_db


@pytest.fixture
def loading() -> Pod:
    """Rented at noon, due at 12:20, seen loading at the deadline."""
    return make_pod(
        status=PodStatus.PROVISIONING,
        ready_at=None,
        requested_at=NOON - timedelta(hours=3),
        sent_at=NOON,
        ready_by=NOON + timedelta(minutes=20),
        probed_at=NOON + timedelta(minutes=20),
        health=Health.LOADING,
    )


def end(*, now) -> list[str]:
    return end_overdue(provider_name="runpod", now=now)


def test_it_ends_after_its_deadline_and_says_how_long_it_took(loading):
    late = loading.ready_by

    assert end(now=late) == []
    assert end(now=late + seconds(1)) == [loading.name]
    assert end(now=late + seconds(2)) == []

    row = Pod.objects.get()
    assert (row.status, row.status_reason) == (
        "terminating",
        "not ready 20 minutes after the order",
    )
    assert Deployment.objects.get().launch_failures == 1
    assert AuditEntry.objects.get().acting_user == "rule:deadline"


@pytest.mark.parametrize(
    "seen",
    [
        {"probed_at": None},
        {"probed_at": NOON + timedelta(minutes=19)},
        {"health": Health.UNKNOWN},
    ],
)
def test_while_nobody_could_look_nobody_ends_it(loading, seen):
    Pod.objects.update(**seen)

    assert end(now=NOON + timedelta(hours=9)) == []


def test_after_an_outage_of_ours_the_next_probe_decides(loading):
    Pod.objects.update(probed_at=None)
    back = NOON + timedelta(hours=9)
    assert end(now=back) == []

    apply(Pod.objects.get(), answer(at=back, read=counters()), now=back)

    assert end(now=back + seconds(60)) == []
    assert Pod.objects.get().status == PodStatus.SERVING


def test_a_pod_that_got_ready_in_the_same_moment_stays(loading):
    stale = Pod.objects.get()
    loading.move_to(PodStatus.SERVING, now=NOON, facts={"ready_at": NOON})

    assert not request_termination(stale, acting_user="rule:deadline", now=NOON)
    assert Pod.objects.get().status == PodStatus.SERVING


def test_another_clouds_pods_are_none_of_this_ones(loading):
    Pod.objects.update(provider="sandbox")

    assert end(now=NOON + timedelta(hours=9)) == []
