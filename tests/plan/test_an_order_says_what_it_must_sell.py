"""Beside the order form, and on its plan sheet: what one replica must sell."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.calc.unknown import Unknown
from economics.selectors.order_money import order_money
from economics.selectors.replica_speed import Replica
from economics.services.take_rates import set_take_rate
from fleet.models import Deployment, ModelVariant, SpeedEstimate
from tests.factories import (
    make_balance,
    make_fleet,
    make_model,
    make_offer,
    make_price,
    make_variant,
)
from tests.speed_answers import ROUND_ANSWER

PAYS, ORDER = "/plan/order/", "/fleet/order/"


@pytest.fixture
def yi(db: None) -> ModelVariant:
    """A model of the catalog whose traffic and market nobody knows."""
    model = make_model(slug="yi-1.5-9b", name="Yi 1.5 9B")
    return make_variant(served_model=model, repository="01-ai/Yi-1.5-9B-Chat")


@pytest.fixture
def fields(yi: ModelVariant, planner: Client) -> dict[str, str]:
    """A good order of it, on an A100 at $1.39."""
    now = timezone.now()
    make_offer(
        provider="sandbox",
        gpu_type_id="NVIDIA A100 80GB PCIe",
        display_name="A100 PCIe",
        memory_gb=80,
        usd_per_gpu_hour=Decimal("1.39"),
        seen_at=now,
    )
    make_balance(provider="sandbox", read_at=now)
    return {
        "slug": "yi-a",
        "fleet_id": str(make_fleet(simulated=True).pk),
        "variant_id": str(yi.pk),
        "gpu_type_id": "NVIDIA A100 80GB PCIe",
        "cloud": "SECURE",
        "gpu_count": "1",
        "replicas": "2",
        "rental_kind": "on_demand",
        "max_model_len": "4096",
        "gpu_memory_utilization": "0.90",
        "container_disk_gb": "73",
        "max_usd_per_gpu_hour": "",
    }


@pytest.fixture
def known_speed(fields: dict[str, str], planner: Client) -> None:
    """0.1 ms of a full replica per prompt token, 1 ms per completion; 5 % are kept."""
    now = timezone.now()
    set_take_rate(Decimal("0.05"), valid_from=now.date(), acting_user="ada", now=now)
    planner.post(PAYS, fields)
    SpeedEstimate.objects.update(computed_at=timezone.now(), answer=ROUND_ANSWER)


def test_it_needs_the_tokens_that_pay_its_rent_at_our_price(
    planner: Client, fields: dict[str, str], yi: ModelVariant, known_speed: None
):
    # Without known traffic a request is 1,000 prompt and 200 completion tokens, which take
    # 1,000 × 0.1 ms + 200 × 1 ms = 0.3 s: 1,200 / 0.3 s = 4,000 tokens/s, 14.4 M an hour.
    # They earn (1,000 × $0.30 + 200 × $0.90) / 1,200 = $0.40 per million, less 5 %: $0.38.
    # $1.39 and 73 GB × $0.10 / 730 h are $1.40 an hour: 3.684 million tokens, 25.6 %.
    make_price(
        served_model=yi.served_model,
        uncached_prompt_usd_per_token=Decimal("3e-7"),
        cached_prompt_usd_per_token=Decimal("3e-7"),
        completion_usd_per_token=Decimal("9e-7"),
    )

    page = planner.post(PAYS, fields).content.decode()

    assert "Can pay for itself" in page and "at 25.6 % of its full speed" in page
    assert 'title="3,684,211"' in page and 'title="4,000"' in page
    assert "$0.40" in page and "our price in force" in page
    assert "earn nothing" not in page


def test_a_price_that_never_pays_is_called_that(
    planner: Client, fields: dict[str, str], yi: ModelVariant, known_speed: None
):
    tenth = {"uncached_prompt": "3e-8", "cached_prompt": "3e-8", "completion": "9e-8"}
    rates = {f"{name}_usd_per_token": Decimal(usd) for name, usd in tenth.items()}
    make_price(served_model=yi.served_model, **rates)

    page = planner.post(PAYS, fields).content.decode()

    assert "Cannot break even" in page and "at 255.8 % of its full speed" in page


def test_without_any_price_it_says_so_and_still_what_a_token_costs(
    planner: Client, fields: dict[str, str], known_speed: None
):
    page = planner.post(PAYS, fields).content.decode()

    assert "no price of ours is set, and no market price is known" in page
    assert "Its tokens earn nothing until the model has a price of yours." in page
    assert "$0.19" in page  # $1.40 / (14.4 million × 50 %)


def test_its_speed_is_asked_for_once_and_then_there(
    planner: Client,
    fields: dict[str, str],
    yi: ModelVariant,
    answer_speeds: Callable[[], None],
):
    make_price(served_model=yi.served_model)
    first = planner.post(PAYS, fields).content.decode()
    planner.post(PAYS, fields)
    assert "being worked out" in first and 'hx-include="#order-form"' in first
    assert SpeedEstimate.objects.count() == 1

    answer_speeds()

    then = planner.post(PAYS, fields).content.decode()
    assert "being worked out" not in then and "of its full speed" in then


def test_the_plan_sheet_says_it_too(
    planner: Client, fields: dict[str, str], yi: ModelVariant, known_speed: None
):
    make_price(served_model=yi.served_model)

    page = planner.post(ORDER, fields).content.decode()

    sheet = page.split('id="plan"')[1].split("</section>")[0]
    assert "of its full speed" in sheet
    assert not Deployment.objects.exists()


def test_weights_that_the_catalog_does_not_know_have_no_speed(fields: dict[str, str]):
    replica = Replica(
        variant=make_variant(),
        gpu_type_id=fields["gpu_type_id"],
        gpu_count=1,
        max_model_len=4096,
        gpu_memory_utilization=Decimal("0.9"),
    )

    assert order_money(replica, Decimal("1.40"), now=timezone.now()) == Unknown(
        "how fast these weights are served is not known"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("variant_id", ""),
        ("variant_id", "9" * 12),
        ("gpu_type_id", "NVIDIA Nonsense"),
        ("gpu_count", "0"),
        ("gpu_count", "-3"),
        ("max_model_len", "many"),
        ("gpu_memory_utilization", "1.5"),
        ("container_disk_gb", "-1"),
        ("rental_kind", "serverless"),
        ("rental_kind", "spot"),
    ],
)
def test_what_says_no_pod_with_a_price_says_nothing(
    planner: Client, fields: dict[str, str], field: str, value: str
):
    answer = planner.post(PAYS, fields | {field: value})

    assert answer.status_code == 200
    assert "Choose a model and a GPU of a pod" in answer.content.decode()


def test_a_context_below_the_mean_request_is_told_in_a_sentence(
    planner: Client, fields: dict[str, str]
):
    page = planner.post(PAYS, fields | {"max_model_len": "600"}).content.decode()

    assert "1,200" in page or "1200" in page
