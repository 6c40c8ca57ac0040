"""The statement of a month: closed days alone, the open ones named, and it adds up."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from economics.calc.money import round_stored
from economics.calc.months import read_month
from economics.models import DailyProfit, Scope
from economics.selectors.month import month_statement
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from economics.services.close import close_day
from economics.services.expenses import Belongs, ExpenseSpec, book_expense
from fleet.models import Pod
from tests.economics.services.bills import SaidBill
from tests.economics.services.rows import (
    DAY,
    MIDNIGHT,
    NEXT_MIDNIGHT,
    at,
    pod,
    price,
    sample,
)
from tests.factories import make_fleet, make_user

PAGE = "/books/month/"
MARCH = date(2026, 3, 1)
CLOSED_AT = timedelta(minutes=20)

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Client:
    client = Client()
    client.force_login(make_user("ada"))
    return client


@pytest.fixture
def books(settings) -> Pod:
    """Two closed days with revenue, cost, expenses and a correction of the first day that
    was found on the second; the third day is open."""
    settings.TAKE_RATE = Decimal("0.05")
    rented = pod(billed_until=at(36))
    price(rented)
    sample(rented, at(10, 59), 9_000_000, 4_000_000, 2_000_000)
    spec = ExpenseSpec(
        spent_on=DAY,
        amount_usd=Decimal("3.33"),
        category="hosting",
        description="console",
        belongs=Belongs(Scope.ALL, simulated=False),
    )
    book_expense(spec, key="k" * 20, acting_user="ada", now=at(17))
    close_day(DAY, NEXT_MIDNIGHT + CLOSED_AT)
    bill = SaidBill()
    for hour in range(10, 36):
        bill.say(rented, at(hour), "0.37" if hour == 10 else "0.74", "0.01")
    bill.say(rented, at(12), "0.5", "0.01")
    read_billing(provider=bill, now=NEXT_MIDNIGHT + timedelta(hours=13))
    close_day(DAY + timedelta(days=1), NEXT_MIDNIGHT + timedelta(days=1) + CLOSED_AT)
    return rented


def told(now: datetime = NEXT_MIDNIGHT + timedelta(days=1, hours=9)):
    return month_statement(MARCH, simulated=False, now=now)


def test_it_is_the_sum_of_the_closed_days(books):
    month = told()
    days = DailyProfit.objects.filter(scope=Scope.ALL)

    assert month.cost_usd == sum(day.cost_usd for day in days)
    assert month.profit_usd == sum(day.profit_usd for day in days)
    assert month.revenue_usd == sum(day.revenue_usd for day in days)
    assert month.fees_usd == round_stored(month.revenue_usd * Decimal("0.05"))
    assert month.revenue_usd - month.fees_usd - month.cost_usd == month.profit_usd


def test_its_lines_add_up_to_its_figures(books):
    month = told()

    assert month.adds_up
    assert {row.kind for row in month.costs} == {"gpu", "disk", "expense"}
    assert [row.model for row in month.revenues] == [
        books.deployment.variant.served_model.name
    ]
    assert month.uses is not None and month.uses.cost_usd == month.cost_usd
    assert month.uses.shared_usd == Decimal("3.33")


def test_corrections_stand_beside_what_was_booked_with_the_day_they_are_about(books):
    month = told()

    (gpu,) = [row for row in month.costs if row.kind == "gpu"]
    assert gpu.corrections_usd == Decimal("-0.24")
    about = {row.about: row.usd for row in month.corrections}
    assert about[DAY] == Decimal("-0.235")  # its disk of the first half hour was a cent
    assert month.corrections_usd == sum(row.corrections_usd for row in month.costs)


def test_open_days_are_named_and_not_counted(books):
    accrue(NEXT_MIDNIGHT + timedelta(days=1, hours=9))
    month = told()

    assert [each.day for each in month.closed] == [DAY, DAY + timedelta(days=1)]
    assert DAY + timedelta(days=2) in month.open_days
    assert DAY not in month.open_days
    assert max(month.open_days) == DAY + timedelta(days=2)  # nothing after today


def test_play_money_has_a_statement_of_its_own(books):
    make_fleet(simulated=True)

    month = month_statement(MARCH, simulated=True, now=NEXT_MIDNIGHT)

    assert (month.cost_usd, month.revenue_usd, month.costs) == (0, 0, [])


def test_the_page_prints_the_figures_and_the_open_days(viewer: Client, books):
    page = viewer.get(PAGE, {"month": "2026-03"}).content.decode()

    month = told()
    assert "Statement of 2026-03" in page
    assert f"{month.profit_usd.copy_abs():,.2f}"[:-1] in page
    assert "Not in it, because not closed" in page and "2026-03-31" in page
    assert "2026-03-04 (03-05 00:20)" in page
    assert "which is not what the days were closed with" not in page


def test_without_a_word_it_is_the_month_of_the_newest_closed_day(viewer: Client, books):
    assert "Statement of 2026-03" in viewer.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "month", ["march", "2026-13", "0000-01", "2026-3", "٢٠٢٦-٠٣", "x" * 999]
)
def test_nonsense_gets_a_sentence(viewer: Client, month: str):
    answer = viewer.get(PAGE, {"month": month})

    assert answer.status_code == 200
    assert "write it as 2026-03." in answer.content.decode()


@pytest.mark.parametrize("text", ["9999-12", "0001-01", "2026-00"])
def test_a_month_without_neighbours_is_none(text: str):
    assert read_month(text) is None


def test_an_empty_month_says_so(viewer: Client):
    page = viewer.get(PAGE, {"month": "2020-02"}).content.decode()

    assert "No closed day of this month has a cost." in page


def test_a_month_takes_as_many_queries_as_a_day(viewer: Client, books):
    def queries(month: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            viewer.get(PAGE, {"month": month})
        return len(seen)

    queries("2026-03")
    assert queries("2026-03") <= 33
    assert MIDNIGHT.year == 2026
