"""Stock, running replicas, spot and serverless, fixed costs: what the question takes in."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from economics.selectors.schedules.candidates import IDLE_SECONDS
from economics.services.expenses import ExpenseSpec, book_expense, owners
from fleet.models import OfferKind, Pod, Stock
from fleet.providers.resources import EndpointRequest
from tests.economics.plan.offers import LLAMA, work_out
from tests.economics.schedules.test_a_schedule_at_a_terminal import priced, served
from tests.factories import make_llama, make_offer

pytestmark = pytest.mark.django_db


def told(*words: str) -> dict:
    out = StringIO()
    call_command("schedule", LLAMA, "--json", *words, stdout=out)
    return json.loads(out.getvalue())


def offered(**more) -> None:
    now = timezone.now()
    make_offer(
        **{"provider": settings.PROVIDER_NAME, "max_count": 1, "seen_at": now} | more
    )


def ready() -> None:
    served(make_llama(), simulated=False)
    work_out({})
    priced()


def values(answer: dict) -> dict[str, str]:
    return {each["name"]: each["value"] for each in answer["inputs"]}


def test_a_low_stock_is_taken_as_one_replica_and_said():
    offered(stock=Stock.LOW)
    ready()

    answer = told("--replicas", "8")

    assert {each["stock"] for each in answer["candidates"]} == {
        "low: at most 1 at once is assumed"
    }
    assert max(sum(each["replicas"]) for each in answer["hours"]) <= 1


def test_replicas_that_run_are_the_start():
    offered()
    ready()
    Pod.objects.update(gpu_type_id="NVIDIA GeForce RTX 4090", provider="sandbox")

    answer = told()

    assert values(answer)["Replicas that run now"].startswith("1 of ")
    assert sum(each["running"] for each in answer["candidates"]) == 1


def test_a_replica_on_another_machine_is_named_and_not_counted():
    offered()
    ready()
    deployment = Pod.objects.get().deployment
    deployment.gpu_type_id = "NVIDIA L40S"
    deployment.save(update_fields=["gpu_type_id"])

    answer = told()

    assert not any(each["running"] for each in answer["candidates"])
    assert any("no candidate; it is not counted" in e["why"] for e in answer["left_out"])


def test_spot_and_serverless_stand_beside_pods_where_they_are_offered(settings):
    settings.SPOT_PROVIDER_NAME = "spotter"
    offered()
    offered(
        provider="spotter",
        kind=OfferKind.INTERRUPTIBLE,
        usd_per_gpu_hour=Decimal("0.30"),
    )
    offered(kind=OfferKind.SERVERLESS, usd_per_gpu_hour=Decimal("1.10"))
    ready()

    answer = told()

    kinds = {each["kind"] for each in answer["candidates"]}
    assert kinds == {"on_demand", "interruptible", "serverless"}
    spot = next(e for e in answer["candidates"] if e["kind"] == "interruptible")
    assert "0.050 interruptions per pod-hour, assumed" in spot["interruptions"]
    rules = {rule["rule"]: rule for rule in answer["rules"]}
    assert rules["serverless"]["profit_usd"] is not None


def test_the_idle_time_of_workers_is_the_one_that_endpoints_are_set_up_with():
    fields = EndpointRequest.__dataclass_fields__

    assert fields["idle_timeout_seconds"].default == IDLE_SECONDS


def test_shared_expenses_are_fixed_costs_by_the_day():
    offered()
    ready()
    now = timezone.now()
    today = now.date()
    book_expense(
        ExpenseSpec(
            spent_on=today - timedelta(days=1),
            amount_usd=Decimal(60),
            category="hosting",
            description="a machine",
            belongs=owners()["all"],
            first_day=today - timedelta(days=30),
            last_day=today - timedelta(days=1),
        ),
        key="k" * 20,
        acting_user="ada",
        now=now,
    )

    answer = told()

    assert values(answer)["Fixed costs"] == "$2.00 a day"
    assert answer["fixed_usd"] == "2.000000"


def test_token_prices_have_figures_and_an_age():
    offered()
    ready()

    prices = next(e for e in told()["inputs"] if e["name"] == "Token prices")

    assert "uncached prompt $" in prices["value"] and "per 1M tokens" in prices["value"]
    assert prices["age"].startswith("in force since ")


def test_nothing_runs_outside_the_allowed_hours():
    offered()
    ready()

    answer = told("--allowed", "8-12")

    ran = [each["at"][11:13] for each in answer["hours"] if sum(each["replicas"])]
    assert ran and set(ran) <= {"08", "09", "10", "11"}


def test_a_minimum_run_is_kept():
    offered()
    ready()

    answer = told("--allowed", "8-12", "--min-run", "4")

    ran = [t for t, each in enumerate(answer["hours"]) if sum(each["replicas"])]
    assert len(ran) in (0, 4) or 0 in ran  # the first hour may cut a window


def test_spot_does_not_push_the_pods_out(settings):
    settings.SPOT_PROVIDER_NAME = "spotter"
    for name in ("NVIDIA GeForce RTX 4090", "NVIDIA L40S", "NVIDIA H100 80GB HBM3"):
        cheap = {"gpu_type_id": name, "memory_gb": 80, "usd_per_gpu_hour": Decimal("0.1")}
        offered(provider="spotter", kind=OfferKind.INTERRUPTIBLE, **cheap)
    offered(usd_per_gpu_hour=Decimal(5))
    ready()

    kinds = [each["kind"] for each in told()["candidates"]]

    assert kinds.count("interruptible") == 3
    assert "on_demand" in kinds
