"""Each rule: not one cent before its limit, at it exactly; of a fleet, and of all.

The pod costs $8/h without a disk and is billed from 10:00; it is looked at at 12:00.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from economics.calc.guardrails import Rule
from economics.models import BillingObservation, DailyProfit, GuardrailTrip
from economics.services.demo import make_demo
from economics.services.guardrails.check import check
from fleet.models import Deployment, Pod
from fleet.services.demo_fleet import DEPLOYMENTS, DemoDeployment
from tests import factories
from tests.economics.guardrails.story import NOW, rented
from tests.economics.services.rows import DAY, MIDNIGHT, at

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")


def loads(deployment: Deployment) -> None:
    """A pod that never got ready, for 2 h."""
    rented(deployment, status="provisioning", ready_at=None)


def earns_and_loses(deployment: Deployment) -> None:
    """2 h of rent are $16, the next 15 min $2, and a million tokens earn $1."""
    pod = rented(deployment)
    factories.make_price(
        served_model=deployment.variant.served_model,
        uncached_prompt_usd_per_token=Decimal("0.000001"),
        valid_from=MIDNIGHT,
    )
    pod.usage_hours.create(
        hour_start=at(10),
        uncached_prompt_tokens=1_000_000,
        cached_prompt_tokens=0,
        completion_tokens=0,
    )


def lost_yesterday(deployment: Deployment) -> None:
    """$30 lost on a closed day, and 2 h of rent today."""
    deployment.created_at = MIDNIGHT - timedelta(days=1)
    deployment.save()
    DailyProfit.objects.create(
        day=DAY - timedelta(days=1),
        scope="deployment",
        fleet=deployment.fleet,
        deployment=deployment,
        simulated=False,
        uncached_prompt_tokens=0,
        cached_prompt_tokens=0,
        completion_tokens=0,
        revenue_usd=Decimal(5),
        cost_usd=Decimal(35),
        profit_usd=Decimal(-30),
        take_rate=Decimal(0),
        break_even_revenue_usd=Decimal(35),
        provenance="accrued",
        closed_at=MIDNIGHT,
    )
    rented(deployment)


def balance(deployment: Deployment) -> None:
    """$32 at $8/h last 4 h."""
    rented(deployment)
    factories.make_balance(balance_usd=Decimal(32), read_at=NOW)


@dataclass(frozen=True)
class Case:
    """A rule, the rows that it looks at, and the value that it sees, by hand."""

    rule: Rule
    rows: Callable[[Deployment], object]
    value: str
    subject: str = ""
    in_fleet: bool = True
    step: Decimal = field(default=CENT)


CASES = [
    # 16 for two hours and 2 for the next 15 minutes, minus 1 of revenue
    Case(Rule.DAILY_LOSS, earns_and_loses, "17"),
    Case(Rule.COMMITTED, rented, "8"),
    Case(Rule.DAY_SPEND, rented, "18"),
    Case(Rule.COLD_START_POD, loads, "16", subject="pod"),
    # 16 so far and 2 for the next 15 minutes of what loads
    Case(Rule.COLD_START_DEPLOYMENT, loads, "18", subject="glm-5"),
    Case(Rule.EXPOSURE, lost_yesterday, "48"),
    Case(Rule.EXPOSURE_DEPLOYMENT, lost_yesterday, "48", subject="glm-5"),
    Case(Rule.RUNWAY, balance, "4", in_fleet=False, step=-CENT),
]
PER_FLEET = [case for case in CASES if case.in_fleet]


def trips() -> list[GuardrailTrip]:
    return list(GuardrailTrip.objects.filter(closed_at__isnull=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_of_all_a_cent_before_its_limit_it_does_not_trip(case, deployment, limit):
    case.rows(deployment)
    limit(case.rule, warn=str(Decimal(case.value) + case.step))

    check(now=NOW)

    assert trips() == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_of_all_it_trips_exactly_at_its_limit_with_its_numbers(case, deployment, limit):
    case.rows(deployment)
    limit(case.rule, warn=case.value)

    check(now=NOW)

    (trip,) = trips()
    assert (trip.rule, trip.fleet, trip.level) == (case.rule, None, "warn")
    assert trip.observed == trip.limit_value == Decimal(case.value)
    assert trip.subject == (
        Pod.objects.get().name if case.subject == "pod" else case.subject
    )
    assert f"{Decimal(case.value):.2f}" in trip.sentence


@pytest.mark.parametrize("case", PER_FLEET, ids=lambda case: case.rule)
def test_of_a_fleet_it_trips_at_the_fleets_own_limit(case, deployment, limit):
    case.rows(deployment)
    limit(case.rule, fleet=deployment.fleet, warn=str(Decimal(case.value) + CENT))
    check(now=NOW)
    assert trips() == []
    limit(case.rule, fleet=deployment.fleet, warn=case.value, now=at(11))

    check(now=NOW)

    (trip,) = trips()
    assert (trip.rule, trip.fleet) == (case.rule, deployment.fleet)


@pytest.mark.parametrize("case", PER_FLEET, ids=lambda case: case.rule)
def test_a_fleet_is_not_held_against_what_another_fleet_does(case, deployment, limit):
    case.rows(deployment)
    limit(case.rule, fleet=factories.make_fleet(), warn="0.01")

    check(now=NOW)

    assert trips() == []


def test_of_all_fleets_are_added_up(deployment, limit):
    rented(deployment)
    rented(factories.make_deployment(created_at=MIDNIGHT))
    limit(Rule.COMMITTED, warn="16")

    check(now=NOW)

    assert [trip.observed for trip in trips()] == [Decimal(16)]


def test_a_bill_that_is_higher_than_our_seconds_counts_at_once(deployment, limit):
    pod = rented(deployment)
    BillingObservation.objects.create(
        provider="runpod",
        provider_pod_id=pod.provider_id,
        pod=pod,
        bucket_start=at(10),
        bucket_end=at(11),
        gpu_usd=Decimal(9),
        disk_usd=Decimal(0),
        total_usd=Decimal(9),
        observed_at=NOW,
    )
    limit(Rule.DAY_SPEND, warn="19")  # 9 billed, 8 accrued, 2 to come

    check(now=NOW)

    assert [trip.observed for trip in trips()] == [Decimal(19)]


def test_a_pod_that_nobody_ordered_counts_in_all(deployment, limit):
    factories.make_orphan(
        usd_per_pod_hour=Decimal(4), first_seen_at=at(10), last_seen_at=NOW
    )
    limit(Rule.DAY_SPEND, warn="9")  # 8 for two hours, 1 to come

    check(now=NOW)

    assert [trip.observed for trip in trips()] == [Decimal(9)]


def test_shortly_before_midnight_only_what_is_left_of_the_day_counts(deployment, limit):
    rented(deployment, billed_from=at(23), ready_at=at(23))
    limit(Rule.DAY_SPEND, warn="8")

    check(now=at(23, 54))

    # 54 min at $8/h are 7.20 and the last 6 min 0.80: the hour, not an hour and a quarter
    assert [trip.observed for trip in trips()] == [Decimal(8)]


def test_a_simulated_past_is_never_acted_on(settings, limit):
    """The demo as it is made: 60 days of a loss that nobody had."""
    settings.KERNE_SANDBOX, settings.PROVIDER_NAME = True, "sandbox"
    plans = [tiny(plan) for plan in DEPLOYMENTS]
    for gpu, cloud in {(plan.gpu_type_id, plan.cloud) for plan in plans}:
        factories.make_offer(provider="sandbox", gpu_type_id=gpu, cloud=cloud)
    make_demo(now=NOW, plans=plans)
    for rule in Rule:
        limit(rule, **({"warn": "0"} if rule == Rule.RUNWAY else {"terminate": "0.01"}))

    check(now=NOW)

    assert trips() == []
    assert set(Deployment.objects.values_list("replicas", flat=True)) == {1}


def tiny(plan: DemoDeployment) -> DemoDeployment:
    """Three days of a demo deployment."""
    return replace(plan, days=3)


def test_an_exposure_counts_from_the_day_that_its_limit_names(deployment, limit):
    lost_yesterday(deployment)
    limit(Rule.EXPOSURE, warn="18", counted_from=DAY)

    check(now=NOW)

    assert [trip.observed for trip in trips()] == [Decimal(18)]


def test_an_exposure_says_how_many_days_of_rent_it_is(deployment, limit):
    lost_yesterday(deployment)
    limit(Rule.EXPOSURE, warn="48")

    check(now=NOW)

    assert "0.2 days of rent at $8.00/h" in trips()[0].sentence


def test_an_unknown_balance_is_a_trip_that_refuses(deployment, limit):
    rented(deployment)
    limit(Rule.RUNWAY, warn="24", refuse="1", drain="0.5")

    check(now=NOW)

    assert [(trip.level, trip.observed) for trip in trips()] == [("refuse", None)]
