"""An answer as hours of a deployment: which one, and when it must not be applied."""

from datetime import timedelta
from decimal import Decimal

import pytest

from economics.models import SchedulePlan
from economics.services.schedule_apply import Application, application_of
from fleet.models import ActionKind, Deployment, MarketOffer, OfferKind, ServerlessEndpoint
from tests.economics.schedules.asked import answered, with_workers, world

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


RENTAL = {"rental_kind": "serverless", "replicas": "1", "queue_delay": "4"}
WORKERS = {"workers_min": "0", "workers_max": "3", "idle_timeout": "10"}


def test_an_endpoint_that_takes_all_becomes_the_rental_of_the_deployment():
    deployment = world()

    found = applied(with_workers(answered(), most=3))

    (part,) = found.parts
    assert (found.blocked, part.why_not, part.deployment) == ("", "", deployment)
    assert (part.action, found.is_split) == (ActionKind.RENTAL, False)
    assert part.parameters == {"deployment": deployment.slug} | RENTAL | WORKERS


def test_an_endpoint_beside_the_pods_is_added_to_their_deployment():
    deployment = world()

    found = applied(with_workers(answered(), most=3, beside=True))

    pods, endpoint = found.parts
    assert (pods.action, pods.workers) == (ActionKind.RENTAL, 0)
    assert endpoint.action == ActionKind.ADD_ENDPOINT and found.is_split
    assert endpoint.parameters == {"deployment": deployment.slug} | WORKERS


def test_a_second_endpoint_is_not_added():
    deployment = world()
    plan = with_workers(answered(), most=3, beside=True)
    make_endpoint(deployment)

    assert "has the endpoint kerne-a-sls-1 already" in applied(plan).parts[1].why_not


def test_a_serverless_deployment_gets_as_many_workers():
    deployment = world()
    plan = with_workers(answered(), most=3)
    Deployment.objects.update(
        rental_kind="serverless", workers_max=2, max_usd_per_worker_hour=1
    )

    (part,) = applied(plan).parts
    assert (part.action, part.why_not) == (ActionKind.SCALE, "")
    assert part.parameters == {"deployment": deployment.slug} | WORKERS
    Deployment.objects.update(workers_max=3)
    assert "rents that way already" in applied(plan).parts[0].why_not


def test_an_endpoint_without_a_deployment_is_ordered_serverless():
    world()
    plan = with_workers(answered(), most=3)
    Deployment.objects.update(gpu_type_id="NVIDIA L40S")

    (part,) = applied(plan).parts
    assert part.deployment is None and part.parameters == RENTAL | WORKERS


def test_a_workers_price_that_moved_is_not_applied():
    world()
    plan = with_workers(answered(), most=3)
    MarketOffer.objects.filter(kind=OfferKind.SERVERLESS).update(usd_per_gpu_hour=1)

    assert "moved from $0.7400" in applied(plan).blocked


def make_endpoint(deployment: Deployment) -> ServerlessEndpoint:
    """One that is live beside the deployment's pods."""
    at = deployment.created_at
    return ServerlessEndpoint.objects.create(
        deployment=deployment,
        name="kerne-a-sls-1",
        status="live",
        status_since=at,
        requested_at=at,
        provider="runpod",
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=1,
        workers_min=0,
        workers_max=1,
        idle_timeout_seconds=10,
        disk_gb=20,
        image="worker",
        usd_per_worker_hour=Decimal(1),
    )
