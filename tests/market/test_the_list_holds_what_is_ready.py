"""The list of models: what is priced and served, ready only while it really is."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.selectors.listings import listed_models, our_models
from fleet.models import Health, Pod
from tests.clock import at
from tests.factories import (
    daily_hours,
    make_deployment,
    make_fleet,
    make_model,
    make_pod,
    make_price,
    make_variant,
)
from tests.market.listings import priced, serving_deployment, told

pytestmark = pytest.mark.django_db


def why_not(slug: str, *, now: datetime) -> tuple[str, ...]:
    ours = {each.served_model.slug: each for each in our_models(now=now)}
    return ours[slug].why_not


def test_a_priced_model_with_a_ready_replica_is_listed_as_ready():
    deployment = serving_deployment(now=timezone.now(), max_model_len=8192)
    priced(deployment)

    (model,) = told()

    assert model["id"] == "llama-3.1-8b" and model["is_ready"] is True
    assert model["hugging_face_id"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert model["quantization"] == "bf16"
    limit = model["input_modalities"][0]["supported_inputs"]["max_context_length"]
    assert limit == {"value": 8192, "unit": "token"}


def test_the_smallest_price_is_told_exactly():
    deployment = serving_deployment(now=timezone.now())
    priced(deployment, uncached_prompt_usd_per_token=Decimal("0.000000002"))

    (model,) = told()

    assert model["input_modalities"][0]["pricing"][0]["cost_usd"] == "0.000000002"


def test_the_price_in_force_is_told_and_not_a_coming_one():
    now = at(12)
    deployment = serving_deployment(now=now)
    priced(deployment, valid_from=now - timedelta(hours=2))
    priced(
        deployment,
        valid_from=now + timedelta(hours=1),
        completion_usd_per_token=Decimal(1),
    )

    before = listed_models(now=now)[0]
    after = listed_models(now=now + timedelta(hours=1))[0]

    assert before.prices.completion == Decimal("2E-7")
    assert after.prices.completion == 1


def test_a_model_without_a_price_is_not_listed():
    deployment = serving_deployment(now=at(12))

    assert listed_models(now=at(12)) == []
    slug = deployment.variant.served_model.slug
    assert why_not(slug, now=at(12)) == ("no token price is in force",)


def test_a_price_that_has_not_begun_lists_nothing():
    now = at(12)
    priced(serving_deployment(now=now), valid_from=now + timedelta(hours=1))

    assert listed_models(now=now) == []


def test_a_model_that_nothing_serves_is_not_listed():
    model = make_model(slug="alone")
    make_price(served_model=model)

    assert why_not("alone", now=at(12)) == ("no deployment serves it",)


def test_real_money_is_not_listed_by_the_sandbox(settings):
    real = make_deployment(fleet=make_fleet(simulated=False))
    make_price(served_model=real.variant.served_model)

    assert listed_models(now=at(12)) == []
    settings.KERNE_SANDBOX = False
    assert [each.id for each in listed_models(now=at(12))] == [
        real.variant.served_model.slug
    ]


@pytest.mark.parametrize(
    ("hour", "minute", "ready"), [(14, 1, True), (21, 55, True), (21, 56, False)]
)
def test_it_is_hidden_before_a_planned_stop_drains(hour, minute, ready):
    now = at(hour, minute)
    priced(serving_deployment(now=now, **daily_hours(14, 22)))

    (model,) = listed_models(now=now)

    assert model.is_ready is ready


def test_a_hung_replica_is_listed_but_not_ready():
    now = at(12)
    deployment = serving_deployment(now=now)
    priced(deployment)
    Pod.objects.update(health=Health.HUNG)

    (ours,) = [each for each in our_models(now=now) if each.listed]

    assert ours.listed is not None and not ours.listed.is_ready
    assert ours.not_ready_because == [f"{deployment.slug}: no replica is ready"]


def test_one_ready_deployment_of_two_is_enough_and_the_smaller_context_counts():
    now = at(12)
    first = serving_deployment(now=now, max_model_len=32_768)
    priced(first)
    make_deployment(fleet=first.fleet, variant=first.variant, max_model_len=16_384)

    (model,) = listed_models(now=now)

    assert (model.is_ready, model.context_tokens) == (True, 16_384)


def test_deployments_of_different_weights_leave_the_quantization_unsaid():
    now = at(12)
    first = serving_deployment(now=now)
    priced(first)
    other = make_variant(served_model=first.variant.served_model, precision="fp8")
    make_deployment(fleet=first.fleet, variant=other)

    (model,) = listed_models(now=now)

    assert (model.quantization, model.hugging_face_id) == ("", "")


def test_a_stopped_deployment_counts_only_where_nothing_else_is_wanted():
    now = at(12)
    first = serving_deployment(now=now, max_model_len=32_768)
    priced(first)
    make_deployment(
        fleet=first.fleet, variant=first.variant, max_model_len=4096, replicas=0
    )

    assert listed_models(now=now)[0].context_tokens == 32_768


def test_more_models_need_no_more_queries(django_assert_max_num_queries):
    now = at(12)
    for _ in range(8):
        deployment = serving_deployment(now=now, variant=make_variant())
        priced(deployment)
        make_pod(deployment=deployment)

    with django_assert_max_num_queries(5):
        assert len(listed_models(now=now)) == 8


def test_the_page_says_why_a_model_is_not_listed(client: Client, django_user_model):
    client.force_login(django_user_model.objects.create_user("vera"))
    serving_deployment(now=timezone.now())

    page = client.get("/market/listing/").content.decode()

    assert "no token price is in force" in page
    assert "no deployment serves it" in page
