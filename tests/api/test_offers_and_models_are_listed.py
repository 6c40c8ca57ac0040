import json
from decimal import Decimal

import pytest
from django.utils import timezone
from jsonschema import Draft202012Validator

from fleet.models import OfferKind, OfferSource
from fleet.sizing.catalog import catalog
from kerne_site.api.endpoints.models import MODELS
from kerne_site.api.endpoints.offers import OFFERS
from tests.economics.plan.offers import two_offers
from tests.factories import make_offer
from tests.fleet.services.configs import bring, file_of


@pytest.fixture
def offered(db):
    two_offers()
    make_offer(
        provider="elsewhere",
        product="two-gpus",
        gpu_type_id="",
        display_name="Unheard-of X1",
        gpu_count=2,
        max_count=2,
        kind=OfferKind.INTERRUPTIBLE,
        source=OfferSource.CSV,
        usd_per_gpu_hour=Decimal("0.10"),
        usd_per_instance_hour=Decimal("0.20"),
        seen_at=timezone.now(),
    )


def offers(script, query: str = "") -> list[dict]:
    body = script.get(f"/api/v1/offers?{query}").json()
    Draft202012Validator(json.loads(json.dumps(OFFERS.answer))).validate(body)
    found: list[dict] = body["offers"]
    return found


def test_offers_are_cheapest_first_with_every_digit(script, offered):
    found = offers(script)

    assert [each["usd_per_gpu_hour"] for each in found] == [
        "0.1000",
        "0.7400",
        "3.5000",
    ]


def test_what_an_offer_does_not_know_has_its_reason(script, offered):
    first = offers(script)[0]

    assert first["gpu_type_id"] is None
    assert "no GPU type that is known" in first["gpu_type_id_unknown_because"]
    assert first["usd_per_gpu_second"] is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("provider=elsewhere", ["Unheard-of X1", "H200"]),
        ("provider=Elsewhere&gpu=H200", ["H200"]),
        ("gpu=RTX+4090", ["RTX 4090"]),
        ("gpu=NVIDIA+GeForce+RTX+4090", ["RTX 4090"]),
        ("gpu=x1", ["Unheard-of X1"]),
        ("kind=interruptible", ["Unheard-of X1"]),
        ("provider=nobody", []),
    ],
)
def test_offers_are_narrowed(script, offered, query, names):
    assert [each["gpu_name"] for each in offers(script, query)] == names


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=spot", "write one of: on_demand, interruptible"),
        ("gpu=", "write 1 to 120 printable characters"),
        ("sort=price", "is no parameter of this address; it takes: provider, gpu, kind."),
    ],
)
def test_a_wrong_parameter_gets_a_sentence(script, query, sentence):
    answer = script.get(f"/api/v1/offers?{query}")

    assert answer.status_code == 400
    assert sentence in answer.json()["errors"][0]["detail"]


def test_every_model_of_the_catalog_and_the_uploaded_ones_are_listed(script):
    kept = bring(file_of())

    body = script.get("/api/v1/models").json()

    Draft202012Validator(json.loads(json.dumps(MODELS.answer))).validate(body)
    first, *others = body["models"]
    assert first["slug"] == kept.slug
    assert {each["slug"] for each in others} == set(catalog())
    assert [each["is_published"] for each in first["weights"]] == [True, False, False]


def test_models_take_no_parameter(script):
    assert script.get("/api/v1/models?page=2").status_code == 400
