"""Burst: samples ask for replicas, the tick keeps the decision and rents, once."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fleet.models import Deployment, Pod, PodStatus, RentalKind, ScalingDecision
from fleet.selectors.scaling import decision_for
from fleet.services import lifecycle
from fleet.services.replicas import settle_deployment
from fleet.services.scaling import scale, scale_all
from tests.clock import NOON
from tests.factories import make_deployment, make_fleet, make_pod, make_sample

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def burst(**columns: Any) -> Deployment:
    """1 to 4 replicas at up to $0.75/h, of which $2.30/h pays for three."""
    defaults: dict[str, Any] = {
        "rental_kind": RentalKind.BURST,
        "slug": "llama",
        "replicas": 1,
        "max_replicas": 4,
        "budget_usd_per_hour": Decimal("2.30"),
        "max_usd_per_gpu_hour": Decimal("0.74"),
        "container_disk_gb": 73,  # $0.01/h
    }
    return make_deployment(**(defaults | columns))


def watched(
    deployment: Deployment,
    *,
    waiting: int = 0,
    minutes: float = 2,
    until: datetime = NOON,
    kv: float = 0.2,
) -> Pod:
    """A serving pod whose samples, ten seconds apart, all said the same."""
    pod = make_pod(deployment=deployment, provider="fake")
    for n in range(int(minutes * 6)):
        make_sample(
            pod,
            at=until - timedelta(seconds=2 + 10 * n),
            requests_running=8,
            requests_waiting=waiting,
            kv_cache_usage=kv,
        )
    return pod


def test_a_queue_is_followed_by_a_replica_and_a_row_that_says_why():
    deployment = burst()
    watched(deployment, waiting=5)

    scale(deployment.pk, now=NOON)
    settle_deployment(
        deployment.pk, provider="fake", simulated=False, now=NOON, new_key=lambda: "sk-1"
    )

    row = ScalingDecision.objects.get()
    assert (row.from_replicas, row.to_replicas, row.at) == (1, 2, NOON)
    assert row.reason == "at least 5 requests waited for 60 s"
    assert row.numbers["queue"] == 5 and row.numbers["usd_per_replica_hour"] == "0.7500"
    assert deployment.pods.filter(status=PodStatus.REQUESTED).count() == 1


def test_a_second_look_at_the_same_samples_changes_nothing():
    deployment = burst()
    watched(deployment, waiting=5)

    assert scale(deployment.pk, now=NOON) is not None
    assert scale(deployment.pk, now=NOON) is None
    assert Deployment.objects.get().burst_replicas == 2


def test_the_budget_holds_whatever_waits():
    deployment = burst(burst_replicas=3, scaled_at=NOON - 60 * MINUTE)
    for _ in range(3):
        watched(deployment, waiting=50)

    assert scale(deployment.pk, now=NOON) is None
    deployment.refresh_from_db()
    assert decision_for(deployment, now=NOON).reason == (
        "at least 150 requests waited for 60 s; 4 would cost up to 3.00 USD/h of a budget "
        "of 2.30"
    )


def test_quiet_pods_go_one_by_one_twenty_minutes_apart():
    deployment = burst(burst_replicas=3, scaled_at=NOON - 60 * MINUTE)
    pods = [watched(deployment, minutes=25, kv=0.1) for _ in range(3)]

    assert scale(deployment.pk, now=NOON).to_replicas == 2
    pods[-1].move_to(PodStatus.TERMINATING, now=NOON)
    assert scale(deployment.pk, now=NOON + timedelta(seconds=15)) is None


def test_samples_that_stopped_change_nothing_in_either_direction():
    deployment = burst(burst_replicas=2, scaled_at=NOON - 60 * MINUTE)
    watched(deployment, waiting=9, until=NOON - MINUTE)
    watched(deployment, minutes=25)

    assert scale(deployment.pk, now=NOON) is None
    assert Deployment.objects.get().burst_replicas == 2


def test_a_stopped_burst_begins_at_its_baseline_again():
    deployment = burst(burst_replicas=3, scaled_at=NOON)
    lifecycle.stop_deployment(deployment, acting_user="ada", now=NOON)
    scale(deployment.pk, now=NOON)

    stopped = Deployment.objects.get()
    assert (stopped.replicas_wanted(now=NOON), stopped.burst_replicas) == (0, 0)


def test_a_pod_that_an_operator_ends_is_not_followed_by_another():
    deployment = burst(burst_replicas=2, scaled_at=NOON - 60 * MINUTE)
    pod, _ = watched(deployment), watched(deployment)
    lifecycle.request_termination(pod, acting_user="ada", now=NOON)

    ended = Deployment.objects.get()
    assert (ended.replicas, ended.burst_replicas, ended.scaled_at) == (1, 1, NOON)


def test_only_deployments_of_the_same_kind_of_money_are_asked_about():
    play = burst(fleet=make_fleet(simulated=True))
    watched(play, waiting=5)
    troubles: list[str] = []

    assert scale_all(simulated=False, now=NOON, troubles=troubles) == []
    assert scale_all(simulated=True, now=NOON, troubles=troubles) == [
        "llama: 1 to 2 (at least 5 requests waited for 60 s)"
    ]
    assert troubles == []
