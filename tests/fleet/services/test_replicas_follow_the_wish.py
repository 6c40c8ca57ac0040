"""Desired replicas become intent rows, once; surplus ones are told to stop."""

from datetime import datetime, timedelta

import pytest

from fleet.models import Deployment, Pod, PodStatus
from fleet.services.replicas import note_launch_failure, settle_deployment
from tests.clock import NOON, at
from tests.factories import daily_hours, make_deployment

pytestmark = pytest.mark.django_db


def settle(deployment: Deployment, *, now: datetime = NOON) -> int:
    return settle_deployment(
        deployment.pk,
        provider="fake",
        simulated=False,
        now=now,
        new_key=lambda: "sk-0123456789abcdef",
    )


def statuses(deployment: Deployment) -> list[str]:
    return list(deployment.pods.order_by("attempt").values_list("status", flat=True))


def test_missing_replicas_are_requested_once():
    deployment = make_deployment(replicas=2)

    assert [settle(deployment), settle(deployment)] == [2, 0]
    assert statuses(deployment) == ["requested", "requested"]


def test_names_are_unique_and_say_environment_deployment_and_attempt():
    deployment = make_deployment(slug="llama-8b", replicas=2)
    settle(deployment)

    assert {pod.name for pod in Pod.objects.all()} == {
        "kerne-demo-llama-8b-1",
        "kerne-demo-llama-8b-2",
    }


def test_a_pod_that_failed_is_followed_by_a_new_attempt_under_a_new_name():
    deployment = make_deployment(slug="llama-8b")
    settle(deployment)
    Pod.objects.get().move_to(PodStatus.FAILED, now=NOON)
    settle(deployment)

    assert statuses(deployment) == ["failed", "requested"]
    assert Pod.objects.order_by("-attempt")[0].name == "kerne-demo-llama-8b-2"


def test_nothing_is_requested_while_the_back_off_runs():
    deployment = make_deployment(not_before=NOON + timedelta(seconds=30))

    assert settle(deployment) == 0
    assert settle(deployment, now=NOON + timedelta(seconds=30)) == 1


def test_after_three_replicas_that_never_got_ready_nothing_is_tried_any_more():
    deployment = make_deployment()
    waits = []
    for _ in range(3):
        note_launch_failure(deployment, now=NOON, reason="not ready in time")
        deployment.refresh_from_db()
        waits.append((deployment.not_before - NOON).total_seconds())

    assert waits == [15, 30, 60]
    assert settle(deployment, now=NOON + timedelta(days=1)) == 0


def test_surplus_replicas_are_told_to_stop_the_newest_first():
    deployment = make_deployment(replicas=2)
    settle(deployment)
    Pod.objects.update(status=PodStatus.SERVING)
    Deployment.objects.update(replicas=1)
    settle(deployment)

    assert statuses(deployment) == ["serving", "terminating"]


@pytest.mark.parametrize(
    ("hour", "minute", "wanted"),
    [(13, 59, 0), (14, 0, 1), (21, 57, 1), (21, 58, 0), (22, 0, 0)],
)
def test_scheduled_hours_begin_at_their_start_and_drain_before_their_end(
    hour, minute, wanted
):
    deployment = make_deployment(**daily_hours(14, 22))

    assert deployment.replicas_wanted(now=at(hour, minute)) == wanted


def test_a_pod_ends_when_its_scheduled_hours_end():
    deployment = make_deployment(**daily_hours(14, 22))
    settle(deployment, now=at(14))
    Pod.objects.update(status=PodStatus.SERVING)
    settle(deployment, now=at(22))

    pod = Pod.objects.get()
    assert pod.status == PodStatus.TERMINATING
    assert pod.status_reason == "outside the scheduled hours"


def test_an_intent_that_is_not_wanted_any_more_is_called_off_and_rents_nothing():
    deployment = make_deployment()
    settle(deployment)
    Deployment.objects.update(replicas=0)
    settle(deployment)

    assert statuses(deployment) == ["failed"]
