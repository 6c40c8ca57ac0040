import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from economics.models import Expense, ExpenseLine
from fleet.models import Deployment
from fleet.services.roles import Role
from tests.factories import make_fleet, make_user

PAGE = "/books/expenses/"
IMPORT = "/books/import/expenses/"
HEADER = "spent_on,amount_usd,category,description,belongs_to\n"
ROW = "2020-03-01,120.00,domain,Domain example.com,all\n"


@pytest.fixture
def viewer(db: None) -> Client:
    client = Client()
    client.force_login(make_user("vera", role=Role.VIEWER))
    return client


def fields(page: str, **typed: str) -> dict[str, str]:
    key = re.search(r'name="key" value="([0-9a-f]+)"', page)
    assert key
    return {
        "key": key[1],
        "spent_on": "2026-01-31",
        "amount": "62.01",
        "currency": "USD",
        "category": "hosting",
        "description": "Console machine",
        "belongs_to": "all",
        "first_day": "2026-01-01",
        "last_day": "2026-01-31",
    } | typed


def opened(client: Client) -> str:
    return client.get(PAGE).content.decode()


def test_an_expense_is_booked_over_its_days(operator: Client):
    sent = fields(opened(operator))

    page = operator.post(PAGE, sent, follow=True).content.decode()
    again = operator.post(PAGE, sent, follow=True).content.decode()

    assert "Console machine: $62.01 is booked over 31 days" in page
    assert "31 days" in again and Expense.objects.count() == 1
    assert ExpenseLine.objects.count() == 31


def test_an_expense_can_belong_to_a_deployment(operator: Client, deployment: Deployment):
    word = f"deployment:{deployment.slug}"
    operator.post(PAGE, fields(opened(operator), belongs_to=word))

    assert Expense.objects.get().deployment == deployment


def test_the_rows_of_a_day_add_up_to_what_counts_in_it(operator: Client):
    operator.post(PAGE, fields(opened(operator)))
    operator.post(PAGE, fields(opened(operator), description="Proxy", amount="31.00"))

    page = operator.get(PAGE, {"day": "2026-01-01"}).content.decode()
    rows = operator.get("/books/expenses.csv", {"day": "2026-01-01"}).content.decode()

    assert "Counted in 2026-01-01: $3.01" in page
    counted = [line.split(",")[5] for line in rows.splitlines()[1:]]
    assert sorted(counted) == ["1.00", "2.01"]


def test_an_expense_is_reversed_with_a_reason(operator: Client):
    operator.post(PAGE, fields(opened(operator)))
    row = Expense.objects.get()

    silent = operator.post(f"{PAGE}{row.pk}/reverse/", follow=True).content.decode()
    page = operator.post(f"{PAGE}{row.pk}/reverse/", {"reason": "twice"}, follow=True)

    assert "Say why in plain text" in silent
    assert "Reversed: Console machine: −\u2060$62.01 is booked" in page.content.decode()
    assert Expense.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("amount", "free", "Amount is &#x27;free&#x27;; write a number such as 12.50."),
        ("amount", "", "Amount is empty; write a number such as 12.50."),
        ("amount", "1.005", "write at most 2 decimals"),
        ("spent_on", "31.01.2026", "write a day such as 2026-03-01"),
        ("spent_on", "", "Day is empty; write a day."),
        ("last_day", "2025-01-01", "lies before the first day"),
        ("belongs_to", "fleet:\x00", "Belongs to is"),
        ("belongs_to", "nobody", "Choose all, a fleet or a deployment."),
        ("category", "", "The category must be one of domain"),
        ("description", "x" * 100_000, "What was paid for has 100,000 characters"),
        ("currency", "EUR", "The currency is &#x27;EUR&#x27;; the books are in USD"),
        ("key", "", "The form is incomplete; open it again."),
    ],
)
def test_what_can_not_be_meant_gets_a_sentence(
    operator: Client, field: str, typed: str, sentence: str
):
    page = operator.post(PAGE, fields(opened(operator), **{field: typed}))

    assert page.status_code == 422 and sentence in page.content.decode()
    assert not Expense.objects.exists()


def test_a_day_that_is_none_gets_a_sentence(operator: Client):
    assert "write a day such as" in operator.get(PAGE, {"day": "x\x00"}).content.decode()
    assert operator.get("/books/expenses.csv", {"day": "never"}).status_code == 422


def test_a_file_is_previewed_then_imported_once(operator: Client):
    file = SimpleUploadedFile("bills.csv", (HEADER + ROW).encode())
    page = operator.post(IMPORT, {"file": file}).content.decode()
    words = re.search(r'name="sealed" value="([^"]+)"', page)
    assert words and "nothing is imported yet" in page and not Expense.objects.exists()

    done = operator.post(f"{IMPORT}confirm/", {"sealed": words[1]}, follow=True)
    again = operator.post(f"{IMPORT}confirm/", {"sealed": words[1]})

    assert "bills.csv is imported: 1 expense, $120.00." in done.content.decode()
    assert again.status_code == 422 and "was imported on" in again.content.decode()
    assert Expense.objects.count() == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff", b"a;b\n1;2\n", b"x" * 3_000_000, (HEADER + ROW * 2).encode()],
)
def test_a_file_that_is_wrong_can_not_be_confirmed(operator: Client, content: bytes):
    page = operator.post(IMPORT, {"file": SimpleUploadedFile("b.csv", content)})

    assert page.status_code == 422
    assert "othing was imported" in page.content.decode()
    assert 'name="sealed"' not in page.content.decode()


def test_an_import_of_no_kind_is_not_found(operator: Client):
    assert operator.get("/books/import/nothing/").status_code == 404
    assert operator.post("/books/import/nothing/confirm/").status_code == 404
    assert operator.post(f"{IMPORT}confirm/", {"sealed": "forged"}).status_code == 422


def test_a_viewer_reads_and_books_nothing(viewer: Client, operator: Client):
    sent = fields(opened(operator))
    operator.post(PAGE, sent)
    pk = Expense.objects.get().pk

    assert "Console machine" in viewer.get(PAGE).content.decode()
    assert viewer.post(PAGE, sent | {"key": "another-key"}).status_code == 403
    assert viewer.post(f"{PAGE}{pk}/reverse/", {"reason": "x"}).status_code == 403
    assert viewer.post(f"{IMPORT}confirm/").status_code == 403
    assert Expense.objects.count() == 1


def test_a_stranger_is_sent_to_the_login(db: None):
    for address in (PAGE, "/books/expenses.csv", IMPORT):
        assert Client().get(address).status_code == 302


def test_markup_and_formulas_stay_text(operator: Client):
    operator.post(PAGE, fields(opened(operator), description="=1+1 <b>x</b>"))

    assert "&lt;b&gt;x&lt;/b&gt;" in opened(operator)
    assert ",'=1+1 <b>x</b>," in operator.get("/books/expenses.csv").content.decode()


def test_an_expense_of_today_is_in_the_profit_of_today(
    operator: Client, deployment: Deployment
):
    today = f"{timezone.now():%Y-%m-%d}"
    operator.post(
        PAGE,
        fields(opened(operator), spent_on=today, first_day="", last_day="", amount="77.77"),
    )

    rows = operator.get("/charts/profit.csv").content.decode().splitlines()

    assert rows[-1].startswith(f"{today},0,0.00,77.77,-77.77")


def test_play_money_is_in_no_sum_of_real_money(operator: Client, deployment: Deployment):
    make_fleet(simulated=True)
    known = opened(operator)
    operator.post(PAGE, fields(known, amount="100.00", belongs_to="all"))
    operator.post(PAGE, fields(opened(operator), amount="7.00", belongs_to="all simulated"))

    assert "Booked: $100.00, $7.00 simulated</h2>" in opened(operator)
