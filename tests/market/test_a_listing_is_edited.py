"""What the market is told of a model: set on a page, checked, audited, all or nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from economics.models import MarketListing, TokenPrice
from fleet.models import AuditEntry, Deployment, ServedModel
from fleet.services.roles import Role
from tests.factories import make_user
from tests.market.listings import priced, serving_deployment, told

pytestmark = pytest.mark.django_db
PAGE = "/market/listing/llama-3.1-8b/"


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(make_user("ada"))
    return client


@pytest.fixture
def deployment(db: None) -> Deployment:
    deployment = serving_deployment(now=timezone.now(), max_model_len=8192)
    priced(deployment)
    ServedModel.objects.filter(pk=deployment.variant.served_model_id).update(
        tool_call_parser="llama3_json", reasoning_parser=""
    )
    return deployment


def fields(**changed: Any) -> dict[str, Any]:
    known = {
        "is_offered": "on",
        "openrouter_slug": "meta-llama/llama-3.1-8b-instruct",
        "context_tokens": "4,096",
        "output_tokens": "1024",
        "prompt_tokens_per_minute": "500000",
        "datacenters": "us us-east-1; CZ",
        "zdr": "yes",
        "features": ["tools", "json_mode"],
        "sampling": ["temperature", "max_tokens"],
        "description": "Small.\nFast.",
    }
    return known | changed


def test_what_is_saved_is_told(operator: Client, deployment: Deployment):
    answer = operator.post(PAGE, fields())

    assert answer.status_code == 302
    (model,) = told()
    assert model["openrouter"] == {"slug": "meta-llama/llama-3.1-8b-instruct"}
    assert model["datacenters"] == [
        {"country_code": "US", "region": "us-east-1"},
        {"country_code": "CZ"},
    ]
    assert model["compliance"] == {"zdr": True}
    output = model["output_modalities"][0]
    assert output["max_length"] == {"value": 1024, "unit": "token"}
    assert set(output["supported_parameters"]) == {
        "tools",
        "json_mode",
        "temperature",
        "max_tokens",
    }
    assert AuditEntry.objects.get(verb="set listing").acting_user == "ada"


def test_the_form_shows_again_what_was_saved(operator: Client, deployment: Deployment):
    operator.post(PAGE, fields())

    page = operator.get(PAGE).content.decode()

    assert 'value="US us-east-1; CZ"' in page
    assert 'value="4096"' in page and "Small.\nFast." in page


def test_a_model_is_taken_off_the_list(operator: Client, deployment: Deployment):
    data = fields()
    del data["is_offered"]

    operator.post(PAGE, data)

    assert told() == []
    assert "ada took it off the list" in operator.get("/market/listing/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("context_tokens", "8193", "what serves Llama 3.1 8B Instruct takes 1 to 8,192"),
        ("context_tokens", "0", "The context is 0 tokens"),
        ("context_tokens", "many", "Context is &#x27;many&#x27;; write a whole number"),
        ("output_tokens", "5000", "write 1 to 4,096"),
        ("prompt_tokens_per_minute", "0", "The capacity is 0 tokens per minute"),
        ("openrouter_slug", "no slash", "write such as meta-llama"),
        ("hugging_face_id", "a/b/c", "The Hugging Face id is"),
        ("quantization", "int3", "The quantization is"),
        ("datacenters", "ZZ", "write two letters of ISO 3166"),
        ("datacenters", "US; US", "A data centre is given twice"),
        ("datacenters", "US <script>", "The region is"),
        ("deprecation_date", "2020-01-01", "which has come"),
        ("deprecation_date", "tomorrow", "write a day such as"),
        ("zdr", "maybe", "choose yes, no or not stated"),
        ("features", ["reasoning"], "started without a reasoning parser"),
        ("features", ["flying"], "flying is not one of the available choices"),
        ("description", "x" * 1001, "write at most 1,000"),
        ("tokenizer", "x" * 41, "write at most 40"),
        ("tokenizer", "a\x00b", "without the null character"),
    ],
)
def test_what_is_not_true_or_not_possible_is_named_and_nothing_changes(
    operator: Client, deployment: Deployment, field: str, value: Any, sentence: str
):
    page = operator.post(PAGE, fields(**{field: value}))

    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not MarketListing.objects.exists()
    assert not AuditEntry.objects.filter(verb="set listing").exists()


def test_a_viewer_reads_but_does_not_change(deployment: Deployment):
    client = Client()
    client.force_login(make_user("vera", role=Role.VIEWER))

    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, fields()).status_code == 403
    assert not MarketListing.objects.exists()


def test_a_context_that_was_right_follows_a_deployment_that_takes_less(
    operator: Client, deployment: Deployment
):
    operator.post(PAGE, fields())
    Deployment.objects.update(max_model_len=2048)

    (model,) = told()

    limit = model["input_modalities"][0]["supported_inputs"]["max_context_length"]
    assert limit["value"] == 2048
    assert model["output_modalities"][0]["max_length"]["value"] == 1024


def test_a_last_day_is_told(operator: Client, deployment: Deployment):
    day = (timezone.now() + timedelta(days=30)).date()

    operator.post(PAGE, fields(deprecation_date=f"{day}"))

    assert told()[0]["deprecation_date"] == f"{day}"


def test_a_model_that_nobody_knows_is_not_found(operator: Client):
    assert operator.get("/market/listing/nobody/").status_code == 404


def test_its_page_tells_the_price_with_rules_and_discount_in_words(
    operator: Client, deployment: Deployment
):
    plain = operator.get(PAGE).content.decode()
    price = TokenPrice.objects.latest("valid_from")
    price.pk, price.valid_from = None, price.valid_from + timedelta(hours=1)
    price.rules = [
        {
            "over_prompt_tokens": 200_000,
            "uncached_prompt": "0.000002",
            "cached_prompt": "0.000001",
            "completion": "0.000004",
        }
    ]
    price.save(force_insert=True)

    page = operator.get(PAGE).content.decode()

    assert "No other prices for long prompts or hours of the day, and no discount" in plain
    assert "where the prompt has more than 200,000 tokens: $2.00 / $1.00 / $4.00" in page
