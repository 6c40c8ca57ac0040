"""A spot order: its faults by field, its prices, and what an interruption of it loses."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from fleet.models import Deployment
from fleet.selectors.spot import interruption_rate
from fleet.services.actions import plan_action
from fleet.services.actions.launching import LAUNCH_FIELDS, spec_text
from fleet.services.order_rules import OrderRefused, OrderSpec
from fleet.services.order_spot import NOT_SOLD
from fleet.services.order_text import spec_from_text
from fleet.services.ordering import place_order, plan_order
from tests.clock import NOON
from tests.factories import make_deployment, make_fleet, make_llama, make_pod
from tests.fleet.services.spot_world import RTX_4090, World, make_spot_deployment, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings) -> World:
    settings.KERNE_SANDBOX = False
    return World(settings)


def spec(**changes) -> OrderSpec:
    order = OrderSpec(
        slug="llama-spot",
        fleet_id=make_fleet().pk,
        variant_id=make_llama().pk,
        gpu_type_id=RTX_4090,
        gpu_count=1,
        cloud="SECURE",
        rental_kind="spot",
        replicas=2,
        max_model_len=8192,
        gpu_memory_utilization=Decimal("0.90"),
        container_disk_gb=73,  # $0.01 per hour
        on_demand_fallback=True,
    )
    return replace(order, **changes)


def refused(**changes) -> dict[str, list[str]]:
    with pytest.raises(OrderRefused) as refusal:
        plan_order(spec(**changes), now=NOON)
    return refusal.value.errors


@pytest.fixture(autouse=True)
def now(world) -> datetime:
    assert world.clock.now == NOON
    return NOON


def test_it_costs_the_spot_price_and_names_both(now):
    plan = plan_order(spec(), now=now)

    assert plan.usd_per_hour == Decimal("0.62")
    assert plan.spot is not None
    assert plan.spot.usd_per_hour == Decimal("0.31")
    assert plan.spot.usd_per_on_demand_hour == Decimal("0.75")
    assert plan.spot.limit == Decimal("0.74")  # empty: what on demand costs


def test_an_interruption_loses_the_loading_at_the_spot_price(now):
    plan = plan_order(spec(), now=now).spot

    assert plan is not None
    hours = Decimal(plan.start_up.seconds) / 3600
    assert plan.load_usd == Decimal("0.31") * hours
    useful = plan.reckoning.usd_per_useful_hour
    assert useful == Decimal("0.31") / (-Decimal("0.05") * hours).exp()
    assert plan.reckoning.is_cheaper
    assert plan.rate.source.startswith("assumed")


def test_a_confirmed_order_keeps_its_limits(now):
    plan = plan_order(spec(max_spot_usd_per_gpu_hour=Decimal("0.35")), now=now)

    row = stored(place_order(plan, acting_user="ada", order_key="k", now=now))

    assert (row.rental_kind, row.on_demand_fallback) == ("spot", True)
    assert row.max_spot_usd_per_gpu_hour == Decimal("0.35")
    assert row.max_usd_per_gpu_hour == Decimal("0.7548")  # on demand, and the drift


def test_an_order_survives_as_the_text_of_a_plan():
    order = spec(max_spot_usd_per_gpu_hour=Decimal("0.35"))
    text = spec_text(order)
    assert spec_from_text({name: text.get(name) for name in LAUNCH_FIELDS}) == order


@pytest.mark.parametrize("limit", ["0", "-1", "1001"])
def test_a_limit_that_is_none_is_refused_with_what_would_be_right(limit):
    said = refused(max_spot_usd_per_gpu_hour=Decimal(limit))
    assert "it must be above 0" in said["max_spot_usd_per_gpu_hour"][0]


def test_where_nobody_sells_spot_it_is_refused_with_the_reason(settings):
    settings.SPOT_PROVIDER_NAME = ""
    assert refused() == {"rental_kind": [NOT_SOLD]}
    assert not Deployment.objects.exists()


def test_a_price_above_the_limit_is_warned_of(now):
    plan = plan_order(spec(max_spot_usd_per_gpu_hour=Decimal("0.29")), now=now)
    assert any("on demand stands in until it falls" in each for each in plan.warnings)


def test_a_rate_is_measured_once_a_day_of_pods_was_seen(now):
    begin = now - timedelta(hours=30)
    make_pod(
        provider="spotmarket",
        billed_from=begin,
        billed_until=begin + timedelta(hours=24),
        interrupted_at=begin + timedelta(hours=24),
    )

    rate = interruption_rate(RTX_4090, now=now)

    assert rate.is_measured
    assert rate.per_hour == Decimal(1) / 24
    assert rate.source.startswith("measured: 1 in 24 pod-hours")


def change(deployment: Deployment, now, **parameters: str):
    return plan_action(
        "rental",
        {"deployment": deployment.slug, "replicas": "1", **parameters},
        guard=lambda _: None,
        now=now,
    )


def test_a_running_deployment_changes_to_spot_by_a_plan(now):
    deployment = make_deployment()
    make_pod(deployment=deployment, provider="fake")

    plan = change(deployment, now, rental_kind="spot", max_spot_usd_per_gpu_hour="0.35")

    assert plan.changes_in_words == (
        "rental 1 replica, always on to 1 replica on spot up to 0.35 USD per GPU-hour, "
        "else waits"
    )
    assert plan.spot is not None
    assert any("one after the other moves to spot" in note for note in plan.notes)
    assert plan.columns["max_spot_usd_per_gpu_hour"] == Decimal("0.35")


@pytest.mark.parametrize(
    ("said", "then"), [({}, True), ({"on_demand_fallback": "no"}, False)]
)
def test_fallback_is_taken_back_by_a_no_and_left_out_it_stays(now, said, then):
    deployment = make_spot_deployment()

    plan = change(
        deployment, now, rental_kind="spot", max_spot_usd_per_gpu_hour="0.35", **said
    )

    assert plan.columns["on_demand_fallback"] is then


def test_back_to_on_demand_empties_the_columns_of_spot(now):
    plan = change(make_spot_deployment(), now, rental_kind="on_demand")

    assert plan.columns["max_spot_usd_per_gpu_hour"] is None
    assert plan.columns["on_demand_fallback"] is False
