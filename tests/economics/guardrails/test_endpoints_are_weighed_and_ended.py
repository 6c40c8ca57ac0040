"""Serverless endpoints: weighed with the most workers that they may have, and ended."""

from datetime import timedelta
from decimal import Decimal

import pytest

from economics.calc.guardrails import Rule
from economics.models import DayClose, GuardrailTrip, ResourceCostLine
from economics.selectors.guardrails.world import read_world
from economics.services.guardrails.check import check
from fleet.models import Deployment, ResourceStatus, ServerlessEndpoint
from fleet.selectors.burn import committed_usd_per_hour, exposed_usd_per_hour
from fleet.services import lifecycle, serverless
from tests.economics.guardrails.story import NOW, rented
from tests.economics.services.rows import DAY, at
from tests.factories import make_balance
from tests.fleet.services.resource_rows import make_endpoint, serverless_columns

pytestmark = pytest.mark.django_db

DAY_LONG = timedelta(days=1)


@pytest.fixture
def endpoint(deployment) -> ServerlessEndpoint:
    """Up to 20 workers at $4/h; two are seen now."""
    return make_endpoint(
        deployment=deployment,
        provider="runpod",
        provider_id="end1",
        status=ResourceStatus.LIVE,
        billed_from=at(10),
        usd_per_worker_hour=Decimal(4),
        workers_min=0,
        workers_max=20,
        workers_seen=2,
    )


def test_new_spending_is_weighed_with_all_workers_that_may_come(endpoint):
    assert committed_usd_per_hour("runpod") == 8
    assert exposed_usd_per_hour("runpod") == 80


def test_workers_count_in_the_day_before_the_bill_names_them(deployment, endpoint):
    # Two workers at $4/h, billed from 10:00, looked at at 12:00.
    assert read_world(now=NOW).spent([deployment.pk], since=DAY) == 16


def test_what_the_bill_has_named_counts_once(deployment, endpoint):
    ResourceCostLine.objects.create(
        deployment=deployment,
        endpoint=endpoint,
        hour_start=at(10),
        period_start=at(10),
        period_end=at(11),
        seconds=0,
        amount_usd=Decimal("8.5"),
        billed_usd=Decimal("8.5"),
        provenance="billed",
        day=DAY,
        booked_at=at(11, 5),
    )

    # $8.50 by the bill until 11:00, and an hour of $8 since.
    assert read_world(now=NOW).spent([deployment.pk], since=DAY) == Decimal("16.5")


def test_workers_of_yesterday_that_no_bill_names_count_yesterday(deployment, endpoint):
    ServerlessEndpoint.objects.update(billed_from=at(22) - DAY_LONG)

    # Two workers at $4/h: two hours before midnight, twelve since.
    world = read_world(now=NOW)
    assert world.spent([deployment.pk], since=DAY) == 96
    assert world.spent([deployment.pk], since=DAY - DAY_LONG) == 112


def test_workers_of_a_closed_day_that_no_bill_names_count_in_the_first_open_one(
    deployment, endpoint
):
    ServerlessEndpoint.objects.update(billed_from=at(22) - DAY_LONG)
    DayClose.objects.create(day=DAY - DAY_LONG, closed_at=at(0, 30))

    assert read_world(now=NOW).spent([deployment.pk], since=DAY) == 112


def test_a_guardrail_that_terminates_ends_the_endpoint_too(deployment, endpoint, limit):
    rented(deployment)
    limit(Rule.DAY_SPEND, terminate="10")

    check(now=NOW)

    endpoint.refresh_from_db()
    assert endpoint.status == ResourceStatus.ENDING
    assert "guardrail" in endpoint.status_reason


def test_it_is_ended_also_where_no_replica_is_wanted(deployment, endpoint, limit):
    deployment.replicas = 0
    deployment.save()
    limit(Rule.COMMITTED, terminate="8")

    check(now=NOW)

    endpoint.refresh_from_db()
    assert endpoint.status == ResourceStatus.ENDING


def test_leaving_a_tier_ends_its_endpoints(endpoint):
    lifecycle.exit_tier(simulated=False, acting_user="ada", now=NOW)

    endpoint.refresh_from_db()
    assert endpoint.status == ResourceStatus.ENDING


def test_a_changed_limit_of_an_unknown_value_stops_no_other_rule(deployment, limit):
    rented(deployment)
    make_balance(provider="runpod", balance_usd=Decimal(80), read_at=NOW)
    limit(Rule.RUNWAY, warn="24")
    check(now=NOW)
    assert GuardrailTrip.objects.filter(closed_at__isnull=True).count() == 1
    limit(Rule.RUNWAY, warn="12", now=at(12, 30))

    check(now=at(13))  # the balance of noon is too old to be known

    assert not GuardrailTrip.objects.filter(
        rule=Rule.RUNWAY, level="warn", closed_at__isnull=True
    ).exists()


@pytest.fixture
def rental(deployment, endpoint) -> ServerlessEndpoint:
    """The same endpoint as the rental of its deployment."""
    Deployment.objects.filter(pk=deployment.pk).update(**serverless_columns())
    ServerlessEndpoint.objects.update(is_rental=True)
    return ServerlessEndpoint.objects.get()


@pytest.mark.parametrize(("level", "drains"), [("drain", True), ("terminate", False)])
def test_a_rental_is_stopped_with_its_endpoint_and_its_jobs_may_finish_if_it_drains(
    rental, limit, level, drains
):
    limit(Rule.COMMITTED, **{level: "8"})

    check(now=NOW)

    rental.refresh_from_db()
    assert rental.status == ResourceStatus.ENDING
    assert (rental.drains_until is not None) is drains
    assert not Deployment.objects.get().wants_endpoint
    trip = GuardrailTrip.objects.filter(level=level).latest("pk")
    assert rental.name in trip.action


def test_a_tripped_rule_sets_up_no_endpoint_again(rental, limit):
    limit(Rule.COMMITTED, terminate="8")
    check(now=NOW)

    assert serverless.unsettled(provider="runpod", simulated=False) == []
