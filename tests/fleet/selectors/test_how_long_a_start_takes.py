"""One set of past starts: the wait from the request, the cold start from the bill."""

from datetime import timedelta

import pytest

from fleet.models import Action, ActionKind, Deployment, Pod
from fleet.selectors.action_progress import usual_start
from fleet.selectors.start_up import (
    Measured,
    start_up,
    starts_alike,
    typical_cold_start,
    typical_wait,
)
from fleet.services import rolling
from tests.clock import NOON
from tests.factories import make_deployment, make_fleet, make_pod

pytestmark = pytest.mark.django_db


def started(
    deployment: Deployment, minutes: float, *, days_ago: float = 1, **columns: object
) -> Pod:
    """Requested, billed a minute later, ready after `minutes`."""
    asked = NOON - timedelta(days=days_ago)
    facts: dict[str, object] = {
        "requested_at": asked,
        "billed_from": asked + timedelta(minutes=1),
        "ready_at": asked + timedelta(minutes=minutes),
    }
    return make_pod(deployment=deployment, **(facts | columns))


def test_the_wait_counts_from_the_request_and_the_cold_start_from_the_bill():
    deployment = make_deployment()
    for minutes in (4, 9, 6):
        started(deployment, minutes)

    past = starts_alike(deployment)

    assert typical_wait(past) == Measured(360, 540, 3)
    assert typical_cold_start(past) == Measured(300, 480, 3)


def test_without_a_start_nothing_is_measured():
    deployment = make_deployment()
    started(deployment, 4, ready_at=None)

    assert typical_wait(starts_alike(deployment)) is None
    assert not start_up(
        deployment.variant, gpu_type_id="x", gpu_count=1, simulated=False
    ).is_measured


def test_the_newest_five_tell():
    deployment = make_deployment()
    for day in range(1, 8):
        started(deployment, day, days_ago=day)

    assert typical_wait(starts_alike(deployment)) == Measured(180, 300, 5)


def test_its_own_starts_go_before_those_of_another_deployment():
    deployment = make_deployment()
    started(make_deployment(variant=deployment.variant), 20)

    assert typical_wait(starts_alike(deployment)) == Measured(1200, 1200, 1)
    started(deployment, 5)
    assert typical_wait(starts_alike(deployment)) == Measured(300, 300, 1)


def test_another_machine_and_play_money_tell_nothing():
    deployment = make_deployment()
    started(deployment, 20, gpu_type_id="NVIDIA H200")
    started(deployment, 20, gpu_count=deployment.gpu_count + 1)
    play = make_fleet(simulated=True, slug="play", name="Play")
    started(make_deployment(variant=deployment.variant, fleet=play), 20)

    assert starts_alike(deployment) == []


def test_a_change_of_the_machine_is_timed_by_starts_on_the_new_one():
    deployment = make_deployment()
    started(deployment, 4)
    other = make_deployment(variant=deployment.variant, gpu_count=2)
    started(other, 11, gpu_count=2)

    deployment.gpu_count = 2

    assert rolling.cold_start_of(deployment) == (600, 1)


def test_a_rollout_takes_one_start_after_the_other():
    deployment = make_deployment()
    started(deployment, 5)
    facts = {"deployment": deployment, "confirmed_at": NOON, "new_pods": 3}

    launch = Action(kind=ActionKind.LAUNCH, **facts)
    change = Action(kind=ActionKind.SETTINGS, **facts)

    assert usual_start(launch) == Measured(300, 300, 1)
    assert usual_start(change) == Measured(900, 900, 1)
