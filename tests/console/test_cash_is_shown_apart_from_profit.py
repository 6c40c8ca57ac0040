import json
import re
from datetime import date

import pytest
from django.test import Client

from economics.models import CashEntry
from fleet.models import Deployment
from fleet.services.roles import Role
from tests.economics.services.test_a_statement_is_matched_with_what_was_accrued import (
    accrued,
)
from tests.factories import make_user

PAGE = "/books/cash/"


@pytest.fixture
def closed(deployment: Deployment) -> Deployment:
    accrued(deployment, "10.00", day=date(2020, 2, 29))
    return deployment


def opened(client: Client) -> str:
    return client.get(PAGE).content.decode()


def fields(page: str, **typed: str) -> dict[str, str]:
    key = re.search(r'name="key" value="([0-9a-f]+)"', page)
    assert key
    return {
        "key": key[1],
        "kind": "payment",
        "party": "openrouter",
        "paid_on": "2020-04-01",
        "amount": "4.00",
        "month": "2020-02",
        "note": "wire 1",
    } | typed


def test_what_is_late_is_shown_by_age_month_and_marketplace(
    operator: Client, closed: Deployment
):
    page = opened(operator)

    assert "Over 60 days late" in page and "$10.00 is late, $0.00 is not due yet" in page
    assert "accrued, no statement yet" in page and "2020-03-30" in page
    assert "Nothing is due to come." in page


def test_a_payment_is_booked_once_and_lowers_what_is_owed(
    operator: Client, closed: Deployment
):
    sent = fields(opened(operator))

    page = operator.post(PAGE, sent, follow=True).content.decode()
    operator.post(PAGE, sent)

    assert "Payment received: $4.00, openrouter is booked." in page
    assert "$6.00 is late" in page and CashEntry.objects.count() == 1


def test_bars_table_and_csv_say_the_same(operator: Client, closed: Deployment):
    operator.post(PAGE, fields(opened(operator)))

    figure = json.loads(operator.get(f"{PAGE}receivables.json").content)["figure"]
    rows = operator.get(f"{PAGE}receivables.csv").content.decode().splitlines()

    assert [bar["y"] for bar in figure["data"]] == [[4.0], [0.0], [6.0]]
    assert rows[1] == (
        "openrouter,2020-02,10.000000,false,4.00,6.000000,2020-03-30,over 60 days late"
    )


def test_an_entry_is_reversed_with_a_reason(operator: Client, closed: Deployment):
    operator.post(PAGE, fields(opened(operator)))
    pk = CashEntry.objects.get().pk

    silent = operator.post(f"{PAGE}{pk}/reverse/", follow=True).content.decode()
    page = operator.post(f"{PAGE}{pk}/reverse/", {"reason": "wrong"}, follow=True)

    assert "Say why in plain text" in silent
    assert "Reversed: −\u2060$4.00 is booked." in page.content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("kind", "gift", "The kind must be one of payment, top_up"),
        ("party", "\x00", "Marketplace or provider is"),
        ("party", "<b>", "small letters, digits and dashes"),
        ("paid_on", "yesterday", "write a day such as 2026-03-01"),
        ("amount", "1e9", "write a number such as 1250.00"),
        ("amount", "99999999", "at most 1,000,000"),
        ("month", "", "A payment needs the month that it pays"),
        ("month", "2020-13", "write a month such as 2026-10"),
        ("note", "x" * 1000, "Note has 1,000 characters"),
        ("key", "", "The form is incomplete; open it again."),
    ],
)
def test_what_can_not_be_meant_gets_a_sentence(
    operator: Client, closed: Deployment, field: str, typed: str, sentence: str
):
    page = operator.post(PAGE, fields(opened(operator), **{field: typed}))

    assert page.status_code == 422 and sentence in page.content.decode()
    assert not CashEntry.objects.exists()


def test_a_page_without_any_figure_says_so(operator: Client):
    page = opened(operator)

    assert "Nothing is owed yet" in page and "No payment or top-up is booked" in page
    empty = json.loads(operator.get(f"{PAGE}receivables.json").content)["empty"]
    assert empty.startswith("Nothing is owed yet")


def test_a_viewer_reads_and_books_nothing(operator: Client, closed: Deployment):
    sent = fields(opened(operator))
    viewer = Client()
    viewer.force_login(make_user("vera", role=Role.VIEWER))

    assert viewer.get(PAGE).status_code == 200
    assert viewer.post(PAGE, sent).status_code == 403
    assert viewer.post(f"{PAGE}1/reverse/").status_code == 403
    assert not CashEntry.objects.exists()


def test_a_stranger_is_sent_to_the_login(db: None):
    for address in (PAGE, f"{PAGE}receivables.json", f"{PAGE}receivables.csv"):
        assert Client().get(address).status_code == 302
