"""Stop, start and terminate by hand: never lost, never more than was meant."""

import pytest

from fleet.models import WANTED, AuditEntry, Deployment, Pod, PodStatus
from fleet.services.lifecycle import (
    request_termination,
    start_deployment,
    stop_deployment,
)
from tests.clock import NOON, at
from tests.factories import daily_hours, make_deployment, make_pod, make_requested_pod

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("meanwhile", WANTED)
@pytest.mark.parametrize("when_read", WANTED)
def test_a_pod_that_moved_on_since_the_page_was_read_ends_all_the_same(
    when_read, meanwhile
):
    pod = make_pod(status=when_read)
    Pod.objects.update(status=meanwhile)

    assert request_termination(pod, acting_user="ada", now=NOON)

    gone = {PodStatus.REQUESTED: "failed"}
    assert Pod.objects.get().status == gone.get(meanwhile, "terminating")
    assert AuditEntry.objects.get().acting_user == "ada"


def test_ending_a_pod_wants_one_replica_less_also_while_others_wait_to_start():
    deployment = make_deployment(replicas=3)
    request_termination(make_pod(deployment=deployment), acting_user="ada", now=NOON)

    deployment.refresh_from_db()
    assert deployment.replicas == 2


def test_ending_a_surplus_pod_takes_nothing_from_what_is_wanted():
    deployment = make_deployment(replicas=1)
    make_pod(deployment=deployment)
    request_termination(make_pod(deployment=deployment), acting_user="ada", now=NOON)

    deployment.refresh_from_db()
    assert deployment.replicas == 1


def test_ending_it_twice_takes_one_replica():
    pod = make_pod(deployment=make_deployment(replicas=2))
    told = [request_termination(pod, acting_user="ada", now=NOON) for _ in range(2)]

    assert told == [True, False]
    assert Deployment.objects.get().replicas == 1


def test_a_stop_ends_every_pod_and_says_how_many_replicas_there_were():
    deployment = make_deployment(replicas=2)
    stale = Deployment.objects.get()
    Deployment.objects.update(replicas=3)
    make_pod(deployment=deployment), make_requested_pod(deployment=deployment)

    assert stop_deployment(stale, acting_user="ada", now=NOON) == 2

    assert {pod.status for pod in Pod.objects.all()} == {"terminating", "failed"}
    assert AuditEntry.objects.get(verb="stop").figures == {"was": 3}
    assert stale.replicas == 0


def test_starting_again_forgets_the_failures_and_is_on_record():
    deployment = make_deployment(replicas=0, launch_failures=3, not_before=NOON)
    start_deployment(deployment, replicas=2, acting_user="ada", now=NOON)

    assert (deployment.replicas, deployment.launch_failures) == (2, 0)
    assert deployment.not_before is None
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.acting_user, entry.figures) == (
        "start",
        "ada",
        {"replicas": 2},
    )


@pytest.mark.parametrize("replicas", [0, -1, 21])
def test_a_number_that_could_not_be_ordered_can_not_be_started(replicas):
    deployment = make_deployment(replicas=1)

    with pytest.raises(ValueError, match=f"Replicas is {replicas}; it must be 1 to 20"):
        start_deployment(deployment, replicas=replicas, acting_user="ada", now=NOON)

    assert Deployment.objects.get().replicas == 1
    assert not AuditEntry.objects.exists()


def test_a_pod_of_the_baseline_that_is_ended_lowers_the_baseline():
    deployment = make_deployment(**daily_hours(14, 22), replicas=3, baseline_replicas=2)
    pods = [make_pod(deployment=deployment) for _ in range(2)]
    request_termination(pods[0], acting_user="ada", now=at(3))

    deployment.refresh_from_db()
    assert (deployment.replicas, deployment.baseline_replicas) == (3, 1)
