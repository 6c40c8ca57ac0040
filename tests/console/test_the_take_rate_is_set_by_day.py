from decimal import Decimal

import pytest
from django.test import Client

from economics.models import TakeRate
from fleet.templatetags.numbers import percent

ADDRESS = "/prices/take-rate/"


def test_the_page_says_which_rate_counts(operator: Client, settings):
    settings.TAKE_RATE = Decimal("0.05")

    page = operator.get(ADDRESS).content.decode()

    assert f"{percent(Decimal('0.05'))} today" in page
    assert "KERNE_TAKE_RATE" in page


def test_a_rate_is_set_from_a_day_on(operator: Client):
    page = operator.post(
        ADDRESS, {"rate": "0.055", "valid_from": "2999-01-01"}, follow=True
    ).content.decode()

    row = TakeRate.objects.get()
    assert (row.rate, row.set_by) == (Decimal("0.055"), "ada")
    assert "2999-01-01" in page and "later" in page


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"rate": ""}, "Take rate is empty; write a number such as 0.055."),
        ({"rate": "5,5 %"}, "Take rate is &#x27;5,5 %&#x27;; write a number"),
        ({"rate": "5.5"}, "share of gross revenue from 0 to 0.99"),
        ({"rate": "0.05", "valid_from": "soon"}, "write a day such as 2026-03-01"),
    ],
)
def test_nonsense_gets_its_sentence_and_nothing_is_saved(
    operator: Client, sent: dict[str, str], sentence: str
):
    page = operator.post(ADDRESS, sent).content.decode()

    assert sentence in page
    assert not TakeRate.objects.exists()


def test_the_prices_page_leads_there(operator: Client):
    assert ADDRESS in operator.get("/prices/").content.decode()
