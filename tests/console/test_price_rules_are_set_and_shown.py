"""The prices page: rules and discounts, told in words and by one request."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from economics.models import TokenPrice
from fleet.models import ModelVariant

PRICES = "/prices/"


@pytest.fixture
def fields(llama: ModelVariant) -> dict[str, str]:
    """A list with other prices of long prompts, and a quarter off, for a first price."""
    return {
        "served_model": str(llama.served_model_id),
        "uncached_prompt": "1.25",
        "cached_prompt": "0.25",
        "completion": "5",
        "rule_when": "over 200000",
        "rule_uncached_prompt": "2.50",
        "rule_cached_prompt": "0.50",
        "rule_completion": "7.50",
        "discount_percent": "25",
        "discount_until": "2099-01-01T00:00",
        "discount_funding": "ours",
    }


def shown(operator: Client, fields: dict[str, str]) -> str:
    return operator.post(PRICES, fields, follow=True).content.decode()


def test_rules_and_discount_are_kept_and_told_in_words(operator: Client, fields):
    page = shown(operator, fields)

    price = TokenPrice.objects.get()
    assert (price.discount_fraction, price.discount_funding) == (Decimal("0.25"), "ours")
    assert price.sheet.tiers[0].over_tokens == 200_000
    assert "more than 200,000 tokens: $2.50 / $0.50 / $7.50 per 1M" in page
    assert "25.00 % off from" in page and "we fund it" in page


def test_one_long_request_is_reckoned(operator: Client, fields):
    page = shown(operator, fields)

    # 196,001 × $2.50 + 4,000 × $0.50 + 500 × $7.50, a quarter off.
    assert "the buyer pays $0.371814, we are paid $0.371814" in page


def test_a_discount_that_the_marketplace_funds_is_not_ours(operator: Client, fields):
    page = shown(operator, fields | {"discount_funding": "market"})

    assert "the buyer pays $0.371814, we are paid $0.49575" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rule_when": ""}, "When the other prices hold is empty; write &quot;over 200000"),
        ({"rule_completion": ""}, "Other prices have to be three"),
        ({"rule_when": "always"}, "always"),
        ({"discount_percent": ""}, "Discount is empty; write per cent, as 25"),
        ({"discount_percent": "100"}, "1"),
        (
            {"discount_until": "soon"},
            "Discount until is &#x27;soon&#x27;; write a full UTC",
        ),
        ({"discount_funding": "nobody"}, "nobody"),
    ],
)
def test_what_is_wrong_gets_its_sentence_and_changes_nothing(
    operator: Client, fields, changes, sentence
):
    page = shown(operator, fields | changes)

    assert sentence in page and 'aria-invalid="true"' in page
    assert not TokenPrice.objects.exists()
    if "rule_when" not in changes:
        assert 'value="over 200000"' in page


def test_a_plain_price_says_nothing_of_rules(operator: Client, fields):
    plain = ("served_model", "uncached_prompt", "cached_prompt", "completion")

    page = shown(operator, {name: fields[name] for name in plain})

    assert TokenPrice.objects.get().rules == []
    assert "One request now" not in page


SECOND = {
    "rule_2_when": "over 400000",
    "rule_2_uncached_prompt": "3",
    "rule_2_cached_prompt": "0.6",
    "rule_2_completion": "9",
}


def test_a_second_rule_is_kept_beside_the_first(operator: Client, fields):
    page = shown(operator, fields | SECOND)

    tiers = TokenPrice.objects.get().sheet.tiers
    assert [tier.over_tokens for tier in tiers] == [200_000, 400_000]
    assert "more than 400,000 tokens: $3.00 / $0.60 / $9.00 per 1M" in page


def test_two_kinds_of_rules_are_refused_beside_the_first(operator: Client, fields):
    page = shown(operator, fields | SECOND | {"rule_2_when": "13:00-21:00"})

    assert "a marketplace takes one kind of the two" in page
    assert not TokenPrice.objects.exists()


def test_a_second_rule_without_its_condition_gets_a_sentence(operator: Client, fields):
    page = shown(operator, fields | SECOND | {"rule_2_when": ""})

    assert "When the other prices hold is empty" in page
    assert not TokenPrice.objects.exists()


def test_a_discount_begins_at_its_hour(operator: Client, fields):
    page = shown(operator, fields | {"discount_from": "2098-12-01T00:00"})

    price = TokenPrice.objects.get()
    assert f"{price.discount_from:%Y-%m-%d %H:%M}" == "2098-12-01 00:00"
    assert "25.00 % off from 2098-12-01 00:00 UTC until 2099-01-01 00:00" in page


def test_a_discount_that_begins_before_its_price_is_refused(operator: Client, fields):
    page = shown(operator, fields | {"discount_from": "2020-01-01T00:00"})

    assert "before the price at" in page
    assert not TokenPrice.objects.exists()
