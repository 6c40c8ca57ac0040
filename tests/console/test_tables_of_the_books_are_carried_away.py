"""Prices, cash and logs beside counters as CSV: all rows, every digit."""

import csv
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from economics.models import CashEntry, CashKind
from fleet.models import Deployment, Pod
from tests.factories import NOW, make_price

pytestmark = pytest.mark.django_db

FILES = ("/prices/prices.csv", "/books/cash/entries.csv", "/books/usage.csv")


def rows(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(address, query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(answer.content.decode().splitlines()))


def make_entry(*, simulated: bool, amount: str = "10.00", n: int = 0) -> CashEntry:
    return CashEntry.objects.create(
        kind=CashKind.TOP_UP,
        party="runpod",
        paid_on=date(2026, 3, 1),
        amount_usd=Decimal(amount),
        note="=HYPERLINK()",
        simulated=simulated,
        key=f"key-{simulated}-{n}",
        acting_user="ada",
        booked_at=NOW,
    )


def test_a_price_keeps_every_digit_per_million(operator: Client, deployment: Deployment):
    make_price(
        served_model=deployment.variant.served_model,
        completion_usd_per_token=Decimal("0.0000000541234567"),
    )

    (row,) = rows(operator, FILES[0])

    assert row["usd_per_million_completion"] == "0.0541234567"
    assert row["discount_fraction"] == ""


def test_cash_is_that_of_one_kind_of_money_and_all_of_it(operator: Client, pod: Pod):
    for n in range(60):  # the page shows 50
        make_entry(simulated=False, amount=f"{n}.50", n=n)
    make_entry(simulated=True)

    found = rows(operator, FILES[1], money="real")

    assert len(found) == 60
    assert {row["simulated"] for row in found} == {"no"}
    assert found[0]["note"] == "'=HYPERLINK()"


def test_without_a_log_there_are_no_rows(operator: Client):
    assert rows(operator, FILES[2]) == []


@pytest.mark.parametrize(
    ("page", "file"),
    [("/prices/", FILES[0]), ("/books/cash/?money=real", f"{FILES[1]}?money=real")],
)
def test_the_page_leads_to_its_file(
    operator: Client, deployment: Deployment, page: str, file: str
):
    assert f'href="{file}"' in operator.get(page).content.decode()


@pytest.mark.parametrize("address", FILES)
def test_a_file_needs_a_login(client: Client, address: str):
    assert client.get(address).status_code == 302
