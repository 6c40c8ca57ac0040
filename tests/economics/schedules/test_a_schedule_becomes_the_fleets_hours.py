"""An answer as hours of a deployment: which one, and when it must not be applied."""

from datetime import timedelta
from decimal import Decimal

import pytest

from economics.models import SchedulePlan
from economics.services.schedule_apply import Application, application_of
from fleet.models import MarketOffer
from tests.economics.schedules.asked import answered, world

pytestmark = pytest.mark.django_db


def applied(plan: SchedulePlan, **more) -> Application:
    values = {"now": plan.worked_at, "simulated": False} | more
    return application_of(plan, **values)


def levelled(plan: SchedulePlan, inside: int, outside: int, on: range) -> SchedulePlan:
    """The plan with two numbers of its first used candidate, marked by hours from 0 UTC."""
    answer = plan.answer
    answer["start"] = "2026-11-02T00:00:00+00:00"
    levels = answer["fleet_hours"]["levels"]
    used = next(i for i, each in enumerate(levels) if each["inside"])
    levels[used] |= {
        "inside": inside,
        "outside": outside,
        "hours": "".join("1" if t in on else "0" for t in range(24)),
    }
    return plan


def test_two_numbers_become_scheduled_hours_of_the_deployment_on_that_machine():
    deployment = world()
    plan = levelled(answered(), 2, 1, range(8, 20))

    found = applied(plan)

    assert found.blocked == ""
    (part,) = found.parts
    assert part.deployment == deployment and part.why_not == ""
    assert part.parameters == {
        "deployment": deployment.slug,
        "rental_kind": "scheduled",
        "replicas": "2",
        "days": "cron",
        "cron": "0 8 * * *",
        "window_hours": "12",
        "zone": "UTC",
        "baseline_replicas": "1",
        "is_ready_at_start": "no",
    }


def test_one_number_becomes_an_on_demand_rental():
    world()
    plan = levelled(answered(), 3, 3, range(24))

    assert applied(plan).parts[0].parameters["rental_kind"] == "on_demand"
    assert applied(plan).parts[0].parameters["replicas"] == "3"


def test_a_machine_without_a_deployment_has_to_be_ordered():
    deployment = world()
    deployment.gpu_type_id = "NVIDIA L40S"
    deployment.save(update_fields=["gpu_type_id"])

    found = applied(answered())

    assert found.parts[0].deployment is None
    assert found.others == (deployment,)


def test_a_stopped_deployment_is_started_first():
    deployment = world()
    deployment.replicas = 0
    deployment.save(update_fields=["replicas"])

    assert "is stopped; start it" in applied(answered()).parts[0].why_not


def test_an_answer_of_more_than_five_minutes_ago_is_not_applied():
    world()
    plan = answered()
    later = plan.worked_at + timedelta(minutes=5, seconds=1)

    assert applied(plan, now=later - timedelta(seconds=1)).blocked == ""
    assert "more than 5 minutes old" in applied(plan, now=later).blocked


@pytest.mark.parametrize(("price", "moved"), [("0.7547", False), ("0.7549", True)])
def test_a_price_that_moved_by_more_than_2_percent_is_not_applied(price, moved):
    world()
    plan = answered()
    MarketOffer.objects.update(usd_per_gpu_hour=Decimal(price))

    assert ("moved from $0.7400" in applied(plan).blocked) is moved


def test_an_offer_that_is_gone_is_not_applied():
    world()
    plan = answered()
    MarketOffer.objects.update(gpu_type_id="NVIDIA L4")

    assert "no longer offered" in applied(plan).blocked


def test_an_answer_of_another_money_is_not_applied():
    world()

    assert "another kind of money" in applied(answered(), simulated=True).blocked


def test_hours_that_would_break_a_limit_are_not_applied():
    world()
    plan = answered()
    plan.answer["fleet_hours"]["breaks"] = ["$9.00/h at 08:00; the budget is $8.00/h."]

    assert "would break a limit" in applied(plan).blocked
