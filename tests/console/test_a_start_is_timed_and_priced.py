"""Each step of a start: seconds, what is usual, what it cost, and when it stands still."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import Deployment, Pod, PodBoot, PodStatus
from fleet.selectors.spent import cold_start_usd
from fleet.views.pod_events import pod_stages, standstill
from tests.factories import (
    NOW,
    make_deployment,
    make_pod,
    make_transition,
)

pytestmark = pytest.mark.django_db


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def deployment() -> Deployment:
    return make_deployment()


def started(deployment: Deployment, loading: float, **columns: object) -> Pod:
    """Rented after 1 min, container after 3, weights 4 to 5, ready after 3 + `loading`."""
    begun = NOW - minutes(60)
    pod = make_pod(
        deployment=deployment,
        requested_at=begun,
        sent_at=begun,
        billed_from=begun + minutes(1),
        **(
            {
                "container_started_at": begun + minutes(3),
                "ready_at": begun + minutes(3 + loading),
            }
            | columns
        ),
    )
    make_transition(pod, "requested", "creating", at=begun)
    make_transition(pod, "creating", "provisioning", at=begun + minutes(1))
    if pod.ready_at is not None:
        PodBoot.objects.create(
            pod=pod,
            read_at=pod.ready_at,
            weights_from=begun + minutes(4),
            weights_until=begun + minutes(5),
        )
    return pod


def new_one(deployment: Deployment) -> Pod:
    return started(
        deployment,
        0,
        status=PodStatus.PROVISIONING,
        ready_at=None,
        container_disk_gb=0,
        usd_per_pod_hour=Decimal("6.00"),
    )


def test_usual_is_the_median_of_past_starts(deployment):
    for loading in (4, 6, 30):
        started(deployment, loading)

    stages = pod_stages(new_one(deployment), now=NOW)

    assert [each.typical_seconds for each in stages] == [
        *(0.0, 60.0, 120.0),
        *(60.0, 60.0, 240.0),
        None,
    ]


def test_a_past_start_that_is_not_told_apart_says_nothing_of_a_step(deployment):
    started(deployment, 4, container_started_at=None)

    stages = pod_stages(new_one(deployment), now=NOW)

    assert [each.typical_seconds for each in stages[2:4]] == [None, None]
    assert stages[4].typical_seconds == 60.0


def test_another_deployment_with_the_same_weights_and_gpus_tells_too(deployment):
    twin = make_deployment(variant=deployment.variant)
    started(twin, 4)

    stages = pod_stages(new_one(deployment), now=NOW)

    assert stages[5].typical_seconds == 120.0


def test_a_step_costs_from_the_first_billed_second(deployment):
    stages = pod_stages(new_one(deployment), now=NOW - minutes(50))

    assert [each.usd for each in stages] == [
        None,
        None,
        Decimal("0.20"),  # 2 min at $6/h
        Decimal("0.70"),  # 7 min so far
        *(None, None, None),
    ]


def test_a_step_that_stands_still_is_told_with_what_is_usual(deployment):
    started(deployment, 4)
    pod = new_one(deployment)

    early = pod_stages(pod, now=NOW - minutes(50))
    late = pod_stages(pod, now=NOW - minutes(48))

    assert standstill(early) == ""
    assert standstill(late) == (
        "No change for 9 min in “engine start”; usual until ready is 4 min."
    )


def test_the_steps_cost_together_what_the_start_cost(deployment):
    pod = started(deployment, 17 / 60, usd_per_pod_hour=Decimal("0.77"))
    pod.ready_at = pod.ready_at + timedelta(microseconds=333_333)

    stages = pod_stages(pod, now=NOW)

    billed = [each.usd for each in stages if each.usd is not None]
    assert sum(billed) == cold_start_usd(pod) > 0


def test_what_nothing_tells_is_unknown_and_counted_in_the_step_before(deployment):
    pod = started(deployment, 4)
    PodBoot.objects.update(weights_from=None, weights_until=None)

    stages = pod_stages(pod, now=NOW)

    engine, weights, graphs = stages[3:6]
    assert (engine.seconds, engine.detail) == (
        240,
        "with weights and graphs and cache, which nothing tells apart",
    )
    assert [weights.seconds, weights.usd, graphs.seconds, graphs.usd] == [None] * 4
    assert weights.unknown == "its log does not tell when the weights were loaded"
    assert sum(each.usd or 0 for each in stages) == cold_start_usd(pod)


def test_a_clock_that_is_off_makes_no_step_negative(deployment):
    pod = started(deployment, 4)
    PodBoot.objects.update(
        weights_from=NOW - minutes(120), weights_until=NOW + minutes(120)
    )

    stages = pod_stages(pod, now=NOW)

    assert [each.seconds for each in stages] == [0, 60, 120, 0, 240, 0, None]


def test_the_page_says_what_is_not_billed_and_what_is_not_known(operator: Client):
    pod = started(make_deployment(), 4)
    PodBoot.objects.update(weights_from=None, weights_until=None)

    page = operator.get(reverse("fleet:pod", args=[pod.pk])).content.decode()

    assert "not billed" in page
    assert "unknown: its log does not tell when the weights were loaded" in page


def test_the_page_says_what_a_cold_start_cost(operator: Client, pod: Pod):
    page = operator.get(reverse("fleet:pod", args=[pod.pk])).content.decode()

    # 4 minutes at $0.74/h and the disk's $0.0055/h.
    assert "This cold start took" in page
    assert "from the first billed second to READY and cost $0.05" in page
