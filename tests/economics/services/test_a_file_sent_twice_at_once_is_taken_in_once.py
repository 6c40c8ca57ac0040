"""Four confirmations of one file at the same moment: one is booked, three are told."""

import pytest

from economics.models import BookImport, Expense
from economics.services.book_imports import take_in
from economics.services.expense_file import EXPENSES
from economics.services.expenses import ExpenseRefused, reverse_expense
from fleet.csv_files import FileRefused
from fleet.models import AuditEntry
from tests.at_once import at_once
from tests.economics.services.rows import at

WORKERS = 4
FILE = (
    b"spent_on,amount_usd,category,description,belongs_to\n"
    b"2026-03-01,12.00,domain,Domain example.com,all\n"
)


@pytest.fixture(autouse=True)
def books(transactional_db):
    """Threads see each other's rows only when they are committed."""


def confirm() -> str:
    try:
        return take_in(EXPENSES, FILE, name="b.csv", acting_user="ada", now=at(12))
    except FileRefused as refusal:
        return refusal.sentence


def reverse() -> str:
    row = Expense.objects.filter(reverses=None).get()
    try:
        reverse_expense(row.pk, reason="wrong", acting_user="ada", now=at(13))
    except ExpenseRefused as refusal:
        return str(refusal)
    return "reversed"


def test_one_is_booked_and_one_is_reversed():
    said = sorted(at_once(*[confirm] * WORKERS))

    assert said[0] == "1 expense, $12.00"
    assert len(said) == WORKERS
    assert all(words.startswith("This file was imported on") for words in said[1:])
    assert BookImport.objects.count() == Expense.objects.count() == 1
    assert AuditEntry.objects.filter(verb="expenses.imported").count() == 1

    assert sorted(at_once(*[reverse] * WORKERS))[-1] == "reversed"
    assert Expense.objects.count() == 2
