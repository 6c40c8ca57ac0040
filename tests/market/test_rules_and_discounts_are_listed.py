"""What a price says beside its base prices, in the marketplace's own words."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from economics.calc.price_rule import HoursOfDay, LongPrompts, PriceSheet, as_json
from economics.calc.token_mix import TokenRates
from economics.market.listed_prices import ListedPrices
from economics.market.listing import document, flat_document
from economics.models import Funding
from tests.market.listings import a_model, contract, priced, serving_deployment, told

NOISE = Decimal("0.0000027500000000000004")
BASE = (Decimal("1.25E-6"), Decimal("2E-9"), Decimal("5E-6"))
DEARER = TokenRates(NOISE, Decimal("4E-9"), Decimal("7.5E-6"))
CHEAP = TokenRates(Decimal("5E-7"), Decimal(0), Decimal("2E-6"))
LONG = LongPrompts(200_000, DEARER)
NIGHT = HoursOfDay(22, 6, CHEAP)
EVENING = HoursOfDay(13, 0, DEARER)


def listed(*rules, **more):
    return a_model(prices=ListedPrices(*BASE, rules=rules, **more))


def entries(said):
    return [
        *said["input_modalities"][0].get("pricing", []),
        *said["output_modalities"][0].get("pricing", []),
    ]


def test_a_long_prompts_price_overrides_from_one_token_above_its_threshold():
    prompt, cached, completion = entries(document(listed(LONG)))

    assert prompt["overrides"] == [
        {
            "when": {"prompt_tokens": {"gte": 200_001}},
            "cost_usd": "0.0000027500000000000004",
        }
    ]
    assert cached["overrides"][0]["cost_usd"] == "0.000000004"
    assert completion["overrides"][0]["cost_usd"] == "0.0000075"


def test_the_flat_format_says_the_threshold_that_is_passed():
    assert flat_document(listed(LONG))["pricing"]["overrides"] == [
        {
            "min_prompt_tokens": 200_000,
            "prompt": "0.0000027500000000000004",
            "completion": "0.0000075",
            "input_cache_read": "0.000000004",
        }
    ]


def test_a_window_is_an_entry_of_its_own_beside_that_of_all_other_hours():
    said = entries(document(listed(NIGHT, EVENING)))

    prompt = [each for each in said if each["type"] == "prompt"]
    assert [(each.get("utc_start"), each.get("utc_end")) for each in prompt] == [
        (None, None),
        (2200, 600),
        (1300, 0),
    ]
    assert [each["cost_usd"] for each in prompt] == [
        "0.00000125",
        "0.0000005",
        "0.0000027500000000000004",
    ]
    free = [each for each in said if each.get("utc_start") == 2200][1]
    assert (free["type"], free["cost_usd"], free["implicit"]) == (
        "cached_prompt",
        "0",
        True,
    )


def test_a_class_that_costs_in_some_hours_only_says_its_zero_in_the_others():
    free = ListedPrices(Decimal(0), Decimal(0), Decimal(0), rules=(NIGHT,))

    said = document(a_model(prices=free))

    assert "is_free" not in said
    assert [each["cost_usd"] for each in entries(said)[:2]] == ["0", "0.0000005"]


def test_entries_are_unique_by_type_and_window():
    said = entries(document(listed(NIGHT, EVENING)))

    keys = [(each["type"], each.get("utc_start"), each.get("utc_end")) for each in said]
    assert len(keys) == len(set(keys)) == 9


@pytest.mark.parametrize("form", [document, flat_document])
def test_a_discount_stands_beside_the_list_as_a_number(form):
    said = json.loads(json.dumps(form(listed(discount=Decimal("0.2500")))))

    assert said["discount_to_user"] == 0.25
    assert "discount_to_user" not in form(listed())


PRICE = st.decimals(min_value=0, max_value=Decimal("0.1"), places=24)
RATES = st.builds(TokenRates, PRICE, PRICE, PRICE)
RULES = st.lists(
    st.builds(LongPrompts, st.integers(1, 10**6), RATES), max_size=2
) | st.lists(
    st.builds(HoursOfDay, st.integers(0, 11), st.integers(12, 23), RATES), max_size=2
)


@given(RATES, RULES, st.none() | st.decimals("0.0001", "0.9999", places=4))
@settings(max_examples=50, deadline=None)
def test_any_price_with_rules_is_valid(rates, rules, discount):
    prices = ListedPrices(
        rates.uncached_prompt, rates.cached_prompt, rates.completion, tuple(rules), discount
    )

    Draft202012Validator(contract()).validate(document(a_model(prices=prices)))


@given(st.integers(1, 400_000), st.integers(0, 23))
def test_the_document_and_the_books_mean_the_same_price(prompt_tokens, hour):
    at = datetime(2026, 3, 4, hour, tzinfo=UTC)
    for rules in ((LONG,), (NIGHT, HoursOfDay(13, 21, DEARER))):
        said = entries(document(listed(*rules)))
        booked = PriceSheet(TokenRates(*BASE), rules).list_rates(
            at, prompt_tokens=prompt_tokens
        )
        read = {kind: as_read(said, kind, prompt_tokens, hour) for kind in KINDS}

        assert read == {kind: getattr(booked, name) for kind, name in KINDS.items()}


KINDS = {
    "prompt": "uncached_prompt",
    "cached_prompt": "cached_prompt",
    "completion": "completion",
}


def as_read(said, kind, prompt_tokens, hour):
    """The price of a class as a marketplace reads it: windows first, later match wins."""
    own = [each for each in said if each["type"] == kind]
    clock = hour * 100
    for each in own:
        if "utc_start" in each:
            start, end = each["utc_start"], each["utc_end"]
            inside = start <= clock < end if start < end else clock >= start or clock < end
            if inside:
                return Decimal(each["cost_usd"])
    (base,) = (each for each in own if "utc_start" not in each)
    cost = base["cost_usd"]
    for override in base.get("overrides", []):
        if prompt_tokens >= override["when"]["prompt_tokens"]["gte"]:
            cost = override["cost_usd"]
    return Decimal(cost)


def test_the_list_tells_rules_and_the_discount_that_holds_now(db):
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    priced(
        serving_deployment(now=now),
        valid_from=hour - timedelta(hours=9),
        rules=[as_json(LONG)],
        discount_fraction=Decimal("0.25"),
        discount_from=hour,
        discount_until=hour + timedelta(hours=1),
        discount_funding=Funding.OURS,
    )

    (model,) = told()

    assert model["discount_to_user"] == 0.25
    assert entries(model)[0]["overrides"][0]["when"] == {"prompt_tokens": {"gte": 200_001}}


def test_the_list_tells_no_discount_that_is_over(db):
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    priced(
        serving_deployment(now=now),
        valid_from=hour - timedelta(hours=9),
        discount_fraction=Decimal("0.25"),
        discount_from=hour - timedelta(hours=9),
        discount_until=hour,
        discount_funding=Funding.OURS,
    )

    (model,) = told()

    assert "discount_to_user" not in model
