"""Other expenses lower the profit of what they belong to, day by day and to the cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from economics.models import DailyProfit, DayClose, Expense, ExpenseLine, Scope
from economics.selectors.history import profit_days
from economics.selectors.today import today
from economics.services.close import close_day, due_days
from economics.services.expenses import (
    ExpenseRefused,
    ExpenseSpec,
    book_expense,
    owners,
    reverse_expense,
)
from fleet.models import AuditEntry
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod

NOON = at(12)
CLOSING = NEXT_MIDNIGHT + timedelta(minutes=20)
TOMORROW = DAY + timedelta(days=1)
RENT = Decimal("10.125")  # what the pod of the story costs until midnight


def spec(belongs_to="all", amount="12.00", **columns) -> ExpenseSpec:
    defaults = {
        "spent_on": DAY,
        "amount_usd": Decimal(amount),
        "category": "domain",
        "description": "Domain example.com",
        "belongs": owners()[belongs_to],
    }
    return ExpenseSpec(**(defaults | columns))


def book(belongs_to="all", amount="12.00", *, now=NOON, key="", **columns) -> Expense:
    wanted = spec(belongs_to, amount, **columns)
    return book_expense(
        wanted, key=key or f"{Expense.objects.count()}", acting_user="ada", now=now
    )


def profit(scope, day=DAY, **of) -> DailyProfit:
    return DailyProfit.objects.get(day=day, scope=scope, **of)


def test_each_scope_carries_what_belongs_to_it_and_to_its_parts():
    of = pod().deployment
    book("all", "1.00")
    book(f"fleet:{of.fleet.slug}", "0.20")
    book(f"deployment:{of.slug}", "0.03")

    close_day(DAY, CLOSING)

    assert profit(Scope.DEPLOYMENT).cost_usd == RENT + Decimal("0.03")
    assert profit(Scope.FLEET).cost_usd == RENT + Decimal("0.23")
    assert profit(Scope.ALL).cost_usd == RENT + Decimal("1.23")
    assert profit(Scope.ALL).profit_usd == -RENT - Decimal("1.23")
    assert profit(Scope.ALL).break_even_revenue_usd == RENT + Decimal("1.23")


def test_today_the_bars_and_the_closed_day_say_the_same():
    of = pod().deployment
    for belongs_to in ("all", f"fleet:{of.fleet.slug}", f"deployment:{of.slug}"):
        book(belongs_to, "31.00", last_day=date(2026, 4, 3), first_day=DAY)
    now = NEXT_MIDNIGHT + timedelta(minutes=10)

    (before, _), _, _ = profit_days(now)
    (fleet_before, _), _, _ = profit_days(now, fleet=of.fleet)
    (own_before, _), _, _ = profit_days(now, deployment=of)
    close_day(DAY, CLOSING)
    (after, open_day), _, _ = profit_days(CLOSING)
    seen = today(CLOSING)

    assert before.cost == after.cost == RENT + 3
    assert fleet_before.cost == profit(Scope.FLEET).cost_usd == RENT + 2
    assert own_before.cost == profit(Scope.DEPLOYMENT).cost_usd == RENT + 1
    assert open_day.cost == seen.whole.sums.cost_usd == 3 + Decimal("0.25")
    assert seen.fleets[of.fleet_id].sums.cost_usd == 2 + Decimal("0.25")
    assert seen.deployments[of.pk].sums.cost_usd == 1 + Decimal("0.25")


def test_what_is_about_a_closed_day_counts_in_the_first_open_one():
    pod()
    close_day(DAY, CLOSING)
    closed = profit(Scope.ALL).cost_usd

    book(amount="0.05", first_day=DAY, last_day=TOMORROW, now=CLOSING)

    assert list(ExpenseLine.objects.values_list("about", "day", "amount_usd")) == [
        (DAY, TOMORROW, Decimal("0.03")),
        (TOMORROW, TOMORROW, Decimal("0.02")),
    ]
    assert profit(Scope.ALL).cost_usd == closed


def test_a_day_before_the_first_close_is_not_lost():
    pod()
    close_day(DAY, CLOSING)

    book(spent_on=DAY - timedelta(days=40), now=CLOSING)

    assert ExpenseLine.objects.get().day == TOMORROW


def test_days_of_expenses_alone_are_closed_too():
    book(spent_on=DAY - timedelta(days=1), amount="7.00")

    assert due_days(at(1)) == [DAY - timedelta(days=1)]
    close_day(DAY - timedelta(days=1), at(1))

    row = profit(Scope.ALL, DAY - timedelta(days=1))
    assert (row.cost_usd, row.profit_usd) == (Decimal(7), Decimal(-7))
    assert row.simulated is False and row.provenance == "billed"


def test_a_reversal_takes_back_open_days_in_place_and_closed_ones_as_a_correction():
    pod()
    row = book(amount="0.06", first_day=DAY, last_day=TOMORROW)
    close_day(DAY, CLOSING)

    back = reverse_expense(row.pk, reason="typed twice", acting_user="ada", now=CLOSING)

    assert back.amount_usd == Decimal("-0.06")
    lines = ExpenseLine.objects.filter(expense=back).values_list("day", "amount_usd")
    assert list(lines) == [(TOMORROW, Decimal("-0.03"))] * 2
    assert ExpenseLine.objects.aggregate(sum=Sum("amount_usd"))["sum"] == 0
    assert AuditEntry.objects.filter(verb="expense.reversed").count() == 1


def test_an_expense_is_reversed_once_and_a_reversal_never():
    row = book()
    back = reverse_expense(row.pk, reason="wrong", acting_user="ada", now=NOON)

    for pk, words in ((row.pk, "reversed already"), (back.pk, "can not be reversed")):
        with pytest.raises(ExpenseRefused, match=words):
            reverse_expense(pk, reason="again", acting_user="ada", now=NOON)
    with pytest.raises(ExpenseRefused, match="no such expense"):
        reverse_expense(0, reason="again", acting_user="ada", now=NOON)
    with pytest.raises(ExpenseRefused, match="Say why"):
        reverse_expense(row.pk, reason=" ", acting_user="ada", now=NOON)


def test_the_same_wish_books_once():
    first = book(key="form-1")

    assert book(key="form-1") == first
    assert Expense.objects.count() == ExpenseLine.objects.count() == 1


@pytest.mark.parametrize(
    ("columns", "field", "words"),
    [
        ({"currency": "EUR"}, "currency", "The currency is 'EUR'; the books are in USD"),
        ({"amount_usd": Decimal(0)}, "amount", "must be USD, not 0"),
        ({"amount_usd": Decimal("NaN")}, "amount", "must be USD, not 0"),
        ({"amount_usd": Decimal("1.005")}, "amount", "at most 2 decimals"),
        ({"amount_usd": Decimal(1_000_001)}, "amount", "at most 1,000,000"),
        ({"category": "fun"}, "category", "must be one of domain"),
        ({"description": "  "}, "description", "Say what was paid for"),
        ({"description": "a\nb"}, "description", "plain text"),
        ({"spent_on": TOMORROW}, "spent_on", "too far ahead"),
        ({"spent_on": date(1, 1, 1)}, "spent_on", "from 2015 on"),
        ({"last_day": DAY - timedelta(days=1)}, "last_day", "before the first day"),
        ({"last_day": date(2029, 12, 31)}, "last_day", "at most 1,096"),
        ({"last_day": date(9999, 12, 31)}, "last_day", "too far ahead"),
    ],
)
def test_an_expense_that_can_not_be_meant_gets_a_sentence(columns, field, words):
    with pytest.raises(ExpenseRefused) as refused:
        book(**columns)

    assert words in refused.value.errors[field]
    assert not Expense.objects.exists() and not ExpenseLine.objects.exists()


def test_play_money_has_expenses_of_its_own():
    of = pod().deployment
    of.fleet.simulated = True
    of.fleet.save(update_fields=["simulated"])

    assert "all" not in owners()
    book("all simulated", "1.00")
    close_day(DAY, CLOSING)

    assert profit(Scope.ALL).simulated is True
    assert profit(Scope.ALL).cost_usd == RENT + 1


def test_two_negative_and_positive_expenses_may_leave_a_credit():
    book(amount="-5.00")
    close_day(DAY, CLOSING)

    row = profit(Scope.ALL)
    assert (row.profit_usd, row.break_even_revenue_usd) == (Decimal(5), Decimal(0))
    assert DayClose.objects.count() == 1
