"""Whatever the order of booking, reversing and closing: every cent counts once."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db.models import Sum

from economics.models import DailyProfit, DayClose, Expense, ExpenseLine, Scope
from economics.services.close import close_day, due_days
from economics.services.expenses import (
    ExpenseSpec,
    book_expense,
    owners,
    reverse_expense,
)
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, pod

DAYS = [DAY + timedelta(days=n) for n in range(4)]
AMOUNTS = {"long": Decimal("10.00"), "short": Decimal("0.01"), "credit": Decimal("-7.77")}
DEEDS = ("long", "reverse", "close", "credit")
pytestmark = pytest.mark.django_db


def do(deed: str, clock: list) -> None:
    """One deed, a day later than the one before it."""
    now = clock[0]
    if deed == "close":
        for day in due_days(now):
            close_day(day, now)
    elif deed == "reverse":
        row = Expense.objects.filter(reverses=None, reversed_by=None).order_by("pk").first()
        if row is not None:
            reverse_expense(row.pk, reason="wrong", acting_user="ada", now=now)
    else:
        spec = ExpenseSpec(
            spent_on=DAY,
            amount_usd=AMOUNTS[deed],
            category="other",
            description=deed,
            belongs=owners()["all"],
            first_day=DAY,
            last_day=DAYS[2],
        )
        book_expense(spec, key=deed, acting_user="ada", now=now)
    clock[0] = now + timedelta(hours=20)


@pytest.mark.parametrize("order", list(permutations(DEEDS)), ids="-".join)
def test_closed_days_and_open_lines_hold_every_cent(order: tuple[str, ...]):
    pod(billed_until=NEXT_MIDNIGHT)  # so that there are days to close
    clock = [NEXT_MIDNIGHT + timedelta(minutes=20)]
    do("short", clock)
    for deed in order:
        do(deed, clock)
    do("close", clock)

    closed = set(DayClose.objects.values_list("day", flat=True))
    lines = ExpenseLine.objects.all()
    in_closed = lines.filter(day__in=closed).aggregate(usd=Sum("amount_usd"))["usd"] or 0
    in_open = lines.exclude(day__in=closed).aggregate(usd=Sum("amount_usd"))["usd"] or 0
    booked = Expense.objects.aggregate(usd=Sum("amount_usd"))["usd"]
    stored = DailyProfit.objects.filter(scope=Scope.ALL).aggregate(usd=Sum("cost_usd"))

    assert in_closed + in_open == booked
    rent = DailyProfit.objects.filter(scope=Scope.DEPLOYMENT).aggregate(usd=Sum("cost_usd"))
    assert stored["usd"] - rent["usd"] == in_closed
    assert not lines.filter(day__lt=max(closed)).exclude(day__in=closed).exists()
