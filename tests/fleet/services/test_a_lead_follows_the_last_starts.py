"""Rented earlier by what the last starts took; never changed under a loading pod."""

from datetime import timedelta

import pytest

from fleet.models import Deployment, PodStatus
from fleet.services import leads
from tests.clock import NOON
from tests.factories import daily_hours, make_deployment, make_pod

pytestmark = pytest.mark.django_db


def early(**columns) -> Deployment:
    hours = daily_hours(14, 22)
    return make_deployment(**hours, is_ready_at_start=True, lead_seconds=184, **columns)


def ended_pod(deployment: Deployment, *, minutes: int, **columns) -> None:
    defaults = {"status": PodStatus.TERMINATED}
    make_pod(
        deployment=deployment,
        requested_at=NOON - timedelta(minutes=minutes),
        ready_at=NOON,
        **(defaults | columns),
    )


def test_the_longest_of_the_last_starts_becomes_the_lead():
    deployment = early()
    for minutes in (4, 9, 6):
        ended_pod(deployment, minutes=minutes)

    assert [leads.refresh(), leads.refresh()] == [1, 0]
    assert Deployment.objects.get().lead_seconds == 540


def test_while_a_pod_lives_its_lead_stays():
    deployment = early()
    ended_pod(deployment, minutes=2, status=PodStatus.SERVING)

    assert leads.refresh() == 0
    assert Deployment.objects.get().lead_seconds == 184


def test_without_a_measurement_the_estimate_of_the_order_stays():
    early()

    assert leads.refresh() == 0


def test_hours_that_are_rented_at_their_start_have_no_lead():
    deployment = make_deployment(**daily_hours(14, 22))
    ended_pod(deployment, minutes=4)

    assert leads.refresh() == 0
    assert Deployment.objects.get().lead_seconds == 0
