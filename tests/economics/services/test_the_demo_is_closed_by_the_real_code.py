"""The demo's past: pods and counters are simulated, every profit is computed from them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db.models import F, Sum

from economics.models import CostLine, DailyProfit, DayClose, RevenueLine, Scope, UsageHour
from economics.services.close import close_day, due_days
from economics.services.demo import DemoRefused, make_demo
from economics.services.metering import pods_with_news
from fleet.models import Deployment, Fleet, Pod
from fleet.sandbox.demand import demand_between, parse_demand
from fleet.services.demo_fleet import GLM, LLAMA
from tests.clock import MIDNIGHT, NOON, TODAY
from tests.factories import make_offer

pytestmark = pytest.mark.django_db

PLANS = (replace(LLAMA, days=3, pod_days=2), replace(GLM, days=2))


@pytest.fixture
def catalog() -> None:
    for plan, price in ((LLAMA, "0.34"), (GLM, "4.59")):
        make_offer(
            provider=settings.PROVIDER_NAME,
            gpu_type_id=plan.gpu_type_id,
            cloud=plan.cloud,
            usd_per_gpu_hour=Decimal(price),
        )


@pytest.fixture
def made(catalog) -> str:
    return make_demo(now=NOON, plans=PLANS)


def test_every_full_day_of_the_past_is_closed(made):
    days = [TODAY - timedelta(days=ago) for ago in (3, 2, 1)]

    assert made.startswith("3 simulated days closed")
    assert list(DayClose.objects.order_by("day").values_list("day", flat=True)) == days


def test_the_booked_tokens_are_the_demand_that_the_pods_met(made):
    yesterday = MIDNIGHT - timedelta(days=1)
    met = demand_between(
        yesterday.replace(hour=13, minute=25),
        yesterday.replace(hour=21),
        parse_demand(GLM.demand),
    )
    row = DailyProfit.objects.get(
        day=yesterday.date(), scope=Scope.DEPLOYMENT, deployment__slug=GLM.slug
    )

    assert row.uncached_prompt_tokens == met.uncached_prompt
    assert row.cached_prompt_tokens == met.cached_prompt
    assert row.completion_tokens == met.completion


def test_the_cost_is_eight_hours_of_eight_gpus_with_their_disk(made):
    row = DailyProfit.objects.get(
        day=TODAY - timedelta(days=1), scope=Scope.DEPLOYMENT, deployment__slug=GLM.slug
    )

    # 8 h x 8 x $4.59 + 8 h x 900 GB x $0.10 / 730 h
    assert row.cost_usd == Decimal("293.76") + Decimal("0.986301")


def test_the_tokens_of_today_are_counted_when_the_page_opens(made):
    assert pods_with_news(NOON) == []
    assert UsageHour.objects.filter(hour_start__gte=MIDNIGHT).exists()
    assert RevenueLine.objects.filter(day=TODAY).exists()


def test_profits_are_the_lines_and_nothing_else(made):
    rows = DailyProfit.objects.filter(scope=Scope.ALL)
    closed = {row.day for row in rows}
    revenue = RevenueLine.objects.filter(day__in=closed).aggregate(s=Sum("amount_usd"))["s"]
    cost = CostLine.objects.filter(day__in=closed).aggregate(s=Sum("amount_usd"))["s"]

    assert rows.exclude(profit_usd=F("revenue_usd") - F("cost_usd")).count() == 0
    assert sum(row.revenue_usd for row in rows) == revenue
    assert sum(row.cost_usd for row in rows) == cost


def test_every_figure_of_it_is_marked_as_simulated(made):
    assert set(DailyProfit.objects.values_list("simulated", "provenance")) == {
        (True, "simulated")
    }
    assert set(Fleet.objects.values_list("simulated", flat=True)) == {True}


def test_today_goes_on_where_the_past_ends(made):
    assert not UsageHour.objects.filter(hour_start__gte=NOON).exists()
    assert Pod.objects.filter(billed_until=NOON).count() == 1
    assert set(Deployment.objects.values_list("replicas", flat=True)) == {1}


def test_just_after_midnight_yesterday_is_left_open_until_it_is_sealed(catalog):
    made = make_demo(now=MIDNIGHT + timedelta(minutes=6), plans=PLANS)

    assert made.startswith("2 simulated days closed")
    assert due_days(MIDNIGHT + timedelta(minutes=14)) == []
    assert due_days(MIDNIGHT + timedelta(minutes=15)) == [TODAY - timedelta(days=1)]
    assert close_day(TODAY - timedelta(days=1), MIDNIGHT + timedelta(minutes=15))


def test_making_it_twice_makes_it_once(made):
    assert make_demo(now=NOON, plans=PLANS) == "the demo exists already"
    assert Deployment.objects.count() == 2


def test_closed_days_of_one_s_own_are_never_mixed_with_it(catalog):
    DayClose.objects.create(day=TODAY - timedelta(days=1), closed_at=NOON)

    with pytest.raises(DemoRefused, match="closed already"):
        make_demo(now=NOON, plans=PLANS)


def test_without_a_catalog_it_says_what_is_missing_and_leaves_nothing(db):
    with pytest.raises(DemoRefused, match="RTX 4090 is not in the catalog yet"):
        make_demo(now=NOON, plans=PLANS)

    assert Deployment.objects.count() == Fleet.objects.count() == 0
