from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.models import TokenPrice
from fleet.models import ModelVariant
from tests.factories import make_price

PRICES = "/prices/"


@pytest.fixture
def fields(llama: ModelVariant) -> dict[str, str]:
    return {
        "served_model": str(llama.served_model_id),
        "uncached_prompt": "0.10",
        "cached_prompt": "0.05",
        "completion": "0.20",
    }


def test_a_price_is_kept_per_token_from_the_next_full_hour(
    operator: Client, fields: dict[str, str], llama: ModelVariant
):
    make_price(served_model=llama.served_model)

    operator.post(PRICES, fields)

    price = TokenPrice.objects.latest("valid_from")
    assert price.uncached_prompt_usd_per_token == Decimal("0.0000001")
    assert price.valid_from > timezone.now()
    assert (price.valid_from.minute, price.set_by) == (0, "ada")


def test_the_first_price_of_a_model_counts_from_the_hour_that_runs(
    operator: Client, fields: dict[str, str]
):
    operator.post(PRICES, fields)

    price = TokenPrice.objects.get()
    assert timezone.now() - timedelta(hours=1) < price.valid_from <= timezone.now()
    assert price.valid_from.minute == 0


def test_a_coming_price_is_shown_per_million(
    operator: Client, fields: dict[str, str], llama: ModelVariant
):
    make_price(served_model=llama.served_model)

    page = operator.post(PRICES, fields, follow=True).content.decode()

    assert "$0.10 / $0.05 / $0.20" in page and "New price of Llama 3.1 8B" in page


def test_a_model_without_a_price_says_that_its_tokens_earn_nothing(
    operator: Client, llama: ModelVariant
):
    page = operator.get(PRICES).content.decode()

    assert "no price is set, so its tokens earn nothing" in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("uncached_prompt", "-1", "The uncached prompt price is -1; a price is 0 or more"),
        ("cached_prompt", "", "Prompt, cached is empty; write a number such as 0.05"),
        ("completion", "free", "Completion is &#x27;free&#x27;; write a number"),
        ("completion", "Infinity", "Completion is &#x27;Infinity&#x27;; write a number"),
        ("completion", "9999999", "was a price per token or per thousand meant?"),
        ("served_model", "999999", "Model 999999 is unknown; choose a listed one."),
        ("served_model", "", "Model is empty; choose one from the list."),
    ],
)
def test_nonsense_gets_its_sentence_and_nothing_is_saved(
    operator: Client, fields: dict[str, str], field: str, value: str, sentence: str
):
    page = operator.post(PRICES, fields | {field: value}).content.decode()

    assert sentence in page
    assert not TokenPrice.objects.exists()


def test_two_prices_for_one_hour_are_refused(
    operator: Client, fields: dict[str, str], llama: ModelVariant
):
    make_price(served_model=llama.served_model)
    operator.post(PRICES, fields)

    page = operator.post(PRICES, fields | {"completion": "0.30"}).content.decode()

    assert "already has a price from" in page
    assert TokenPrice.objects.count() == 2
