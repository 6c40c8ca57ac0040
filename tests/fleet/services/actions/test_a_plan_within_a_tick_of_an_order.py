"""Between an order and its first pod, all figures of a sheet are of the same replicas."""

from decimal import Decimal

import pytest

from fleet.models import ActionKind, Deployment
from tests.fleet.services.actions.conftest import plan_of

DAY = 24


@pytest.mark.parametrize("wanted", [1, 2, 5])
def test_a_day_is_24_of_its_hours_before_anything_is_rented(
    deployment: Deployment, wanted: int
):
    Deployment.objects.update(replicas=3)

    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=wanted)

    assert plan.new_pods == wanted
    assert plan.added_usd_per_hour == wanted * Decimal("0.75")
    assert plan.delta_usd_per_day == plan.added_usd_per_hour * DAY
    assert plan.account.usd_per_hour_after == plan.added_usd_per_hour


def test_the_sheet_says_which_of_them_were_ordered_before(deployment: Deployment):
    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)

    notes = " ".join(plan.notes)
    assert "1 of them was ordered before and not rented yet" in notes


def test_what_is_rented_already_is_not_counted_again(deployment: Deployment, pod: object):
    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)

    assert plan.added_usd_per_hour == Decimal("0.75")
    assert plan.delta_usd_per_day == Decimal("18.00")
    assert "ordered before" not in " ".join(plan.notes)


def test_one_of_two_is_rented_and_a_third_is_asked_for(deployment: Deployment, pod: object):
    Deployment.objects.update(replicas=2)

    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=3)

    assert (plan.new_pods, plan.added_usd_per_hour) == (2, Decimal("1.50"))
    assert plan.delta_usd_per_day == Decimal("36.00")
