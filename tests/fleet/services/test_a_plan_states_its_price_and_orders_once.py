"""From the plan sheet to the deployment."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings

from fleet.models import AuditEntry, Deployment, ModelVariant
from fleet.services.order_rules import OrderSpec
from fleet.services.ordering import place_order, plan_order
from tests.clock import NOON
from tests.factories import make_balance, make_fleet, make_offer, make_pod

pytestmark = pytest.mark.django_db


@pytest.fixture
def spec() -> OrderSpec:
    """Two replicas of Llama 3.1 8B on one RTX 4090 each, 8 hours a day."""
    make_offer(provider=settings.PROVIDER_NAME, seen_at=NOON - timedelta(seconds=40))
    return OrderSpec(
        slug="llama-8b-a",
        fleet_id=make_fleet(simulated=True).pk,
        variant_id=ModelVariant.objects.get(
            repository="meta-llama/Llama-3.1-8B-Instruct"
        ).pk,
        gpu_type_id="NVIDIA GeForce RTX 4090",
        gpu_count=1,
        cloud="SECURE",
        rental_kind="scheduled",
        replicas=2,
        max_model_len=8192,
        gpu_memory_utilization=Decimal("0.90"),
        container_disk_gb=73,
        days="every",
        from_time="14:00",
        to_time="22:00",
        zone="UTC",
    )


def test_the_plan_says_what_an_hour_and_a_day_cost(spec):
    plan = plan_order(spec, now=NOON)

    # 73 GB x $0.10 / 730 h = $0.01/h of disk; (0.74 + 0.01) x 2 replicas = $1.50/h.
    assert plan.usd_per_pod_hour == Decimal("0.74")
    assert plan.disk_usd_per_hour == Decimal("0.01")
    assert plan.usd_per_hour == Decimal("1.50")
    assert plan.usd_per_day == Decimal("12.00")
    assert plan.price_age_seconds == 40


def test_the_plan_says_how_long_the_balance_lasts_before_and_after(spec):
    make_balance(provider=settings.PROVIDER_NAME, balance_usd=Decimal("90"), read_at=NOON)
    make_pod(
        provider=settings.PROVIDER_NAME,
        usd_per_pod_hour=Decimal("1.49"),
        container_disk_gb=73,
    )

    plan = plan_order(spec, now=NOON)

    assert plan.runway_hours_before == Decimal(60)
    assert plan.runway_hours_after == Decimal(30)


def test_a_balance_that_was_never_read_is_unknown_and_not_zero(spec):
    plan = plan_order(spec, now=NOON)

    assert plan.runway_hours_after is None
    assert plan.runway_reason == "the provider has not said the balance yet"


def test_the_command_is_shown_without_its_key(spec):
    command = plan_order(spec, now=NOON).launch_command

    assert "--model meta-llama/Llama-3.1-8B-Instruct" in command
    assert "--api-key=***" in command


def test_confirming_saves_what_is_wanted_and_who_wanted_it(spec):
    deployment = place_order(
        plan_order(spec, now=NOON), acting_user="ada", order_key="k1", now=NOON
    )

    assert (deployment.slug, deployment.replicas) == ("llama-8b-a", 2)
    assert deployment.max_usd_per_gpu_hour == Decimal("0.7548")
    audit = AuditEntry.objects.get()
    assert (audit.acting_user, audit.verb) == ("ada", "order")
    assert Decimal(audit.figures["usd_per_hour"]) == Decimal("1.50")


def test_a_double_click_orders_once(spec):
    plan = plan_order(spec, now=NOON)
    first = place_order(plan, acting_user="ada", order_key="k1", now=NOON)
    second = place_order(plan, acting_user="ada", order_key="k1", now=NOON)

    assert first == second
    assert Deployment.objects.count() == 1
    assert AuditEntry.objects.count() == 1


def test_extra_arguments_are_in_the_shown_command_and_in_the_order(spec):
    plan = plan_order(replace(spec, extra_args="--max_num_seqs=64"), now=NOON)

    assert plan.launch_command.endswith("--max-num-seqs 64")
    assert any("does not count --max-num-seqs" in said for said in plan.warnings)
    deployment = place_order(plan, acting_user="ada", order_key="k", now=NOON)
    assert deployment.extra_args == "--max-num-seqs 64"
