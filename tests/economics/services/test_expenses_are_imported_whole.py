"""A file of expenses is taken in whole, once, or not at all."""

import pytest

from economics.models import BookImport, Expense, ExpenseLine
from economics.services.book_imports import preview_file, take_in
from economics.services.expense_file import EXPENSES
from economics.services.expenses import reverse_expense
from fleet.csv_files import FileRefused
from tests.economics.services.rows import at, pod

HEADER = "spent_on,amount_usd,category,description,belongs_to,first_day,last_day,currency\n"
ROW = "2026-03-01,120.00,domain,Domain example.com,all,2026-03-01,2027-02-28,USD\n"
NOW = at(12)

pytestmark = pytest.mark.django_db


def imported(content: str) -> str:
    return take_in(EXPENSES, content.encode(), name="bills.csv", acting_user="ada", now=NOW)


def faults(content: str) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        imported(content)
    assert not Expense.objects.filter(book_import__isnull=False).exists()
    return [str(fault) for fault in refused.value.faults]


def test_a_file_is_previewed_then_booked_with_its_days():
    preview = preview_file(EXPENSES, (HEADER + ROW).encode(), name="b.csv", now=NOW)
    assert preview.shown.sentences[0] == "1 expense, $120.00 in all."
    assert not Expense.objects.exists()

    assert imported(HEADER + ROW) == "1 expense, $120.00"

    assert ExpenseLine.objects.count() == 365
    assert Expense.objects.get().book_import == BookImport.objects.get()


def test_the_same_file_is_refused_a_second_time():
    imported(HEADER + ROW)

    with pytest.raises(FileRefused, match="was imported on 2026-03-04 12:00 UTC as 'bills"):
        imported(HEADER + ROW)
    assert Expense.objects.count() == 1


def test_semicolons_and_decimal_commas_are_read():
    imported((HEADER + ROW).replace(",", ";").replace("120.00", "1.234,50"))

    assert str(Expense.objects.get().amount_usd) == "1234.50"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("120.00", "120.005", "write at most 2 decimals."),
        ("120.00", "0", "amount_usd is '0'; The amount must be USD, not 0"),
        (",USD", ",EUR", "The currency is 'EUR'; the books are in USD"),
        (",domain,", ",fun,", "category is 'fun'; write one of domain, hosting"),
        (",all,", ",fleet:none,", "write all, fleet:NAME or deployment:NAME: all"),
        ("Domain example.com", "=SUM(A1)", "begins with '=', which a spreadsheet may run"),
        ("Domain example.com", "", "Say what was paid for"),
        ("2026-03-01,120", "01.03.2026,120", "write a day such as 2026-11-09"),
        ("2027-02-28", "2026-02-28", "lies before the first day"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(old, new, sentence):
    said = faults(HEADER + ROW + ROW.replace("Domain", "Other") + ROW.replace(old, new, 1))

    assert any(line.startswith("Line 4") and sentence in line for line in said), said


def test_an_amount_with_two_meanings_is_refused_with_both():
    (said,) = faults(HEADER + ROW.replace("120.00", "1.234"))

    assert "it can mean 1.234 or 1234, and no other cell shows which" in said


def test_the_same_expense_twice_in_a_file_is_a_fault():
    assert faults(HEADER + ROW + ROW) == [
        "Line 3, description is 'Domain example.com'; line 2 has the same expense; "
        "describe them apart or leave one out."
    ]


def test_an_expense_that_is_booked_already_is_a_fault_until_it_is_reversed():
    imported(HEADER + ROW)
    other = HEADER + ROW + ROW.replace("Domain", "Proxy")

    with pytest.raises(FileRefused) as refused:
        imported(other)
    assert "the same expense was booked on 2026-03-04 12:00" in str(refused.value)

    row = Expense.objects.get()
    reverse_expense(row.pk, reason="wrong", acting_user="ada", now=NOW)
    assert imported(other) == "2 expenses, $240.00"


def test_a_missing_column_is_named():
    assert faults("spent_on,amount_usd\n2026-03-01,1.00\n") == [
        "Line 1, category is empty; the column is missing.",
        "Line 1, description is empty; the column is missing.",
        "Line 1, belongs_to is empty; the column is missing.",
    ]


def test_an_expense_of_a_deployment_is_found_by_its_name():
    of = pod().deployment

    imported(HEADER + ROW.replace(",all,", f",deployment:{of.slug},"))

    assert Expense.objects.get().deployment == of


def test_a_file_of_too_many_days_is_refused():
    rows = "".join(
        ROW.replace("Domain", f"Domain {n}").replace("2027-02-28", "2029-02-20")
        for n in range(100)
    )

    with pytest.raises(FileRefused, match="over 108,800 days in all; at most 100,000"):
        imported(HEADER + rows)
