"""Buyers are sent only where a replica is READY, and not when its window ends soon."""

from datetime import datetime

import pytest

from fleet.models import Deployment, Health
from fleet.selectors.market_ready import is_ready_for_market, market_readiness
from tests.clock import at
from tests.factories import daily_hours, make_deployment, make_pod

pytestmark = pytest.mark.django_db


def serving(deployment: Deployment, *, now: datetime, **columns) -> None:
    make_pod(deployment=deployment, probed_at=now, answered_at=now, **columns)


@pytest.mark.parametrize(
    ("hour", "minute", "second", "ready"),
    [(14, 0, 0, True), (21, 55, 59, True), (21, 56, 0, False), (22, 0, 0, False)],
)
def test_it_is_off_the_market_two_minutes_before_the_drain_of_two(
    hour, minute, second, ready
):
    now = at(hour, minute, second)
    deployment = make_deployment(**daily_hours(14, 22))
    serving(deployment, now=now)

    assert is_ready_for_market(deployment, now=now) is ready


def test_without_a_replica_that_is_ready_it_is_off_the_market():
    now = at(15)
    deployment = make_deployment(**daily_hours(14, 22))
    serving(deployment, now=now, health=Health.HUNG)

    assert market_readiness(deployment, now=now).reason == "no replica is ready"


def test_a_replica_that_nobody_looked_at_lately_is_not_ready():
    deployment = make_deployment()
    serving(deployment, now=at(14))

    assert not is_ready_for_market(deployment, now=at(15))


def test_a_stopped_deployment_is_off_the_market_while_its_pods_end():
    deployment = make_deployment(replicas=0)
    serving(deployment, now=at(15))

    assert market_readiness(deployment, now=at(15)).reason == "it is stopped"


def test_a_baseline_keeps_it_on_the_market_outside_its_hours():
    deployment = make_deployment(**daily_hours(14, 22), replicas=2, baseline_replicas=1)
    serving(deployment, now=at(3))

    assert is_ready_for_market(deployment, now=at(3))
