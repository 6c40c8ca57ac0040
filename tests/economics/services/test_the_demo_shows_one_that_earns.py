"""Of the demo's three deployments one earns, by the same code by which the others lose."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings

from economics.models import CostLine, DailyProfit, DayUse, PodHourUse, Scope
from economics.services.demo import make_demo
from fleet.models import DEMO_SLUGS, Pod
from fleet.sandbox.demand import HOUR_WEIGHTS, NOISE, WEEKDAY_WEIGHT, demand_between
from fleet.sandbox.demand import parse_demand as parsed
from fleet.services.demo_fleet import DEPLOYMENTS, QWEN, DemoDeployment
from tests.clock import MIDNIGHT, NOON, TODAY
from tests.factories import make_offer

pytestmark = pytest.mark.django_db

PLANS = (replace(QWEN, days=3, pod_days=2),)
MINUTE = timedelta(minutes=1)
MILLE = 1000


@pytest.fixture
def made() -> None:
    make_offer(
        provider=settings.PROVIDER_NAME,
        gpu_type_id=QWEN.gpu_type_id,
        cloud=QWEN.cloud,
        usd_per_gpu_hour=Decimal("0.34"),
    )
    make_demo(now=NOON, plans=PLANS)


def test_each_closed_day_of_it_earns_some_dollars(made: None):
    rows = DailyProfit.objects.filter(scope=Scope.DEPLOYMENT, deployment__slug=QWEN.slug)

    assert rows.count() == 3
    for row in rows:
        assert Decimal(3) < row.profit_usd < Decimal(8)
        assert row.provenance == "simulated"


def test_its_revenue_is_its_tokens_at_its_price(made: None):
    row = DailyProfit.objects.get(
        day=TODAY - timedelta(days=2), scope=Scope.DEPLOYMENT, deployment__slug=QWEN.slug
    )
    million = Decimal(10**6)
    expected = (
        row.uncached_prompt_tokens * Decimal("0.07")
        + row.cached_prompt_tokens * Decimal("0.035")
        + row.completion_tokens * Decimal("0.14")
    ) / million

    assert abs(row.revenue_usd - expected) < Decimal("0.0001")
    # 24 h x $0.34 and 24 h x 40 GB x $0.10 / 730 h
    assert abs(row.cost_usd - Decimal("8.16") - Decimal("0.131507")) < Decimal("0.0001")


@pytest.mark.parametrize("plan", DEPLOYMENTS, ids=lambda plan: plan.slug)
def test_no_demo_deployment_is_asked_for_more_than_it_can_serve(plan: DemoDeployment):
    demand = parsed(plan.demand)
    mean = demand.prompt_tokens_per_hour + demand.completion_tokens_per_hour
    busiest = mean * max(HOUR_WEIGHTS) * WEEKDAY_WEIGHT * (MILLE + NOISE) // MILLE**3

    assert busiest < plan.peak_tokens_per_second * 3600


@pytest.mark.parametrize("plan", DEPLOYMENTS, ids=lambda plan: plan.slug)
def test_demand_of_the_demo_never_pauses_so_that_no_idle_cost_is_the_truth(
    plan: DemoDeployment,
):
    demand, day = parsed(plan.demand), MIDNIGHT - timedelta(days=3)
    quiet = [
        minute
        for minute in range(24 * 60)
        if not demand_between(
            day + minute * MINUTE, day + (minute + 1) * MINUTE, demand
        ).completion
    ]

    assert quiet == []


def test_its_days_cost_nothing_idle(made: None):
    used = DayUse.objects.filter(deployment__slug=QWEN.slug)

    assert used.count() == 3
    assert {(each.idle_usd, each.unknown_usd) for each in used} == {(0, 0)}


def test_the_sealed_hours_of_today_are_judged_when_the_page_opens(made: None):
    sealed = CostLine.objects.filter(
        day=TODAY, kind="gpu", period_end__lte=NOON - timedelta(minutes=15)
    )
    judged = PodHourUse.objects.filter(hour_start__gte=MIDNIGHT)

    assert sealed.exists()
    assert judged.count() == sealed.count()


def test_every_slug_of_the_demo_is_known_as_one(made: None):
    assert {plan.slug for plan in DEPLOYMENTS} == set(DEMO_SLUGS)
    assert {pod.deployment.slug for pod in Pod.objects.all()} <= set(DEMO_SLUGS)
