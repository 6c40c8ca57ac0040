"""Every document that we give is one that the marketplace's schema accepts."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from economics.market.listed_prices import ListedPrices, price_text
from economics.market.listing import (
    FEATURES,
    QUANTIZATIONS,
    SAMPLING,
    Datacenter,
    document,
    flat_document,
)
from tests.market.listings import a_model, contract

FULL = {
    "output_tokens": 4096,
    "features": FEATURES,
    "sampling": SAMPLING,
    "datacenters": (Datacenter("US", "us-east-1"), Datacenter("CZ")),
    "description": "A small model.",
    "tokenizer": "Llama3",
    "openrouter_slug": "meta-llama/llama-3.1-8b-instruct",
    "prompt_tokens_per_minute": 500_000,
    "deprecation_date": date(2027, 3, 1),
    "zdr": True,
    "hipaa": False,
}


@pytest.mark.parametrize("columns", [{}, FULL, {"quantization": "", "hugging_face_id": ""}])
def test_a_document_is_valid(columns):
    Draft202012Validator(contract()).validate(document(a_model(**columns)))


@pytest.mark.parametrize("quantization", QUANTIZATIONS)
def test_every_quantization_of_ours_is_one_of_theirs(quantization):
    Draft202012Validator(contract()).validate(document(a_model(quantization=quantization)))


@given(
    st.decimals(min_value=0, max_value=Decimal("0.1"), places=12),
    st.decimals(min_value=0, max_value=Decimal("0.1"), places=12),
    st.decimals(min_value=0, max_value=Decimal("0.1"), places=12),
)
@settings(max_examples=50, deadline=None)
def test_any_price_is_valid_and_comes_back_exactly(prompt, cached, completion):
    prices = ListedPrices(prompt, cached, completion)

    said = document(a_model(prices=prices))

    Draft202012Validator(contract()).validate(said)
    told = {
        each["type"]: Decimal(each["cost_usd"])
        for each in (
            *said["input_modalities"][0].get("pricing", []),
            *said["output_modalities"][0].get("pricing", []),
        )
    }
    assert told.get("prompt", 0) == prompt
    assert told.get("cached_prompt", 0) == cached
    assert told.get("completion", 0) == completion


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("2E-9", "0.000000002"),
        ("0.0000027500000000000004", "0.0000027500000000000004"),
        ("0.000000050000", "0.00000005"),
        ("0E-12", "0"),
        ("1", "1"),
        ("100", "100"),
    ],
)
def test_a_price_keeps_every_digit_and_has_no_exponent(price, text):
    assert price_text(Decimal(price)) == text


def test_what_is_not_billed_is_left_out():
    free_prompt = ListedPrices(Decimal(0), Decimal(0), Decimal("2E-9"))

    said = document(a_model(prices=free_prompt))

    assert "pricing" not in said["input_modalities"][0]
    assert "is_free" not in said


def test_a_cached_prompt_that_is_free_is_said_because_a_prompt_costs():
    prices = ListedPrices(Decimal("1E-7"), Decimal(0), Decimal("2E-7"))

    pricing = document(a_model(prices=prices))["input_modalities"][0]["pricing"]

    assert pricing[1]["type"] == "cached_prompt" and pricing[1]["cost_usd"] == "0"


def test_a_model_without_any_price_above_0_is_said_to_be_free():
    nothing = ListedPrices(Decimal(0), Decimal(0), Decimal(0))

    assert document(a_model(prices=nothing))["is_free"] is True
    assert flat_document(a_model(prices=nothing))["is_free"] is True


def test_the_flat_format_has_the_fields_of_before():
    said = flat_document(a_model(**FULL))

    assert said["pricing"] == {
        "prompt": "0.0000001",
        "completion": "0.0000002",
        "input_cache_read": "0.00000005",
    }
    assert (said["context_length"], said["max_output_length"]) == (8192, 4096)
    assert said["supported_features"] == list(FEATURES)
    assert said["capacity_tpm"] == 500_000
    assert said["datacenters"][0] == {"country_code": "US", "region": "us-east-1"}
    assert said["deprecation_date"] == "2027-03-01"
