"""GET /api/v1/expenses: what was paid beside the cloud, with what counts in some days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from economics.calc.hours import day_of
from economics.models import Expense, ExpenseCategory, ExpenseLine, Scope
from kerne_site.api import Asked, Endpoint, Parameter, a_day, a_whole_number, api_view
from kerne_site.api import schemas as s
from kerne_site.api.money import MONEY, MONEY_PARAMETER, is_simulated, take_money

DAYS_GIVEN = 30  # without a word
MOST_DAYS = 366
ROWS_GIVEN = 1_000
MOST_PAGES = 10_000


@api_view()
def expenses(request: HttpRequest) -> dict[str, Any]:
    """The expenses with a share that counts in the days, newest first."""
    asked = Asked(request.GET)
    money = take_money(asked)
    page = asked.take("page", a_whole_number(1, MOST_PAGES), default=1)
    first, last = days_asked(asked, today=day_of(timezone.now()))
    simulated = is_simulated(money)
    lines = ExpenseLine.objects.filter(
        day__gte=first, day__lte=last, expense__simulated=simulated
    )
    begin = (page - 1) * ROWS_GIVEN
    counted = dict(
        lines.order_by("-expense__spent_on", "-expense")
        .values_list("expense")
        .annotate(usd=Sum("amount_usd"))[begin : begin + ROWS_GIVEN]
    )
    rows = Expense.objects.filter(pk__in=counted).select_related(
        "fleet", "deployment", "reversed_by"
    )
    whole = lines.aggregate(usd=Sum("amount_usd"))["usd"]
    return {
        "from_day": first,
        "to_day": last,
        "money": MONEY[simulated],
        "page": page,
        "expense_count": lines.values("expense").distinct().count(),
        "counted_usd": Decimal(0) if whole is None else whole,
        "expenses": [row_of(row, counted[row.pk]) for row in rows],
    }


def days_asked(asked: Asked, *, today: date) -> tuple[date, date]:
    """(from, to), both included; without a word the 30 days up to today."""
    last = asked.take("to", a_day, default=today)
    first = asked.take("from", a_day, default=last - timedelta(days=DAYS_GIVEN - 1))
    asked.check()
    asked.check_days(first, last, most=MOST_DAYS)
    return first, last


def row_of(row: Expense, counted_usd: Decimal) -> dict[str, Any]:
    back = getattr(row, "reversed_by", None)
    return {
        "id": row.pk,
        "spent_on": row.spent_on,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "amount_usd": row.amount_usd,
        "counted_usd": counted_usd,
        "category": row.category,
        "description": row.description,
        "belongs_to": row.belongs_to,
        "fleet": None if row.fleet is None else row.fleet.slug,
        "deployment": None if row.deployment is None else row.deployment.slug,
        "reverses": row.reverses_id,
        "reversed_by": None if back is None else back.pk,
        "is_imported": row.book_import_id is not None,
        "booked_by": row.acting_user,
        "booked_at": row.booked_at,
    }


EXPENSE = s.record(
    id=s.WHOLE,
    spent_on=s.DAY,
    first_day=s.described(s.DAY, "Of the days that it is for."),
    last_day=s.described(s.DAY, "Of the days that it is for, included."),
    amount_usd=s.described(s.DECIMAL, "USD, all of it; negative came back."),
    counted_usd=s.described(s.DECIMAL, "USD of it that count in the days asked for."),
    category=s.words(*ExpenseCategory.values),
    description=s.TEXT,
    belongs_to=s.words(*Scope.values),
    fleet=s.or_null(s.TEXT),
    deployment=s.or_null(s.TEXT),
    reverses=s.or_null(s.described(s.WHOLE, "The expense that this one takes back.")),
    reversed_by=s.or_null(s.WHOLE),
    is_imported=s.described(s.FLAG, "From a file, not by hand."),
    booked_by=s.TEXT,
    booked_at=s.INSTANT,
)
EXPENSES = Endpoint(
    path="expenses",
    view=expenses,
    line="Other expenses with what of each counts in some days, and for whom.",
    parameters=(
        MONEY_PARAMETER,
        Parameter("from", "First UTC day; 30 days before the last without it.", s.DAY),
        Parameter("to", f"Last UTC day, at most {MOST_DAYS} in all; today.", s.DAY),
        Parameter("page", f"{ROWS_GIVEN:,} each; 1.", s.WHOLE),
    ),
    answer=s.record(
        from_day=s.DAY,
        to_day=s.DAY,
        money=s.words(*MONEY),
        page=s.WHOLE,
        expense_count=s.described(s.WHOLE, "On all pages."),
        counted_usd=s.described(s.DECIMAL, "USD of all pages: in the cost of these days."),
        expenses=s.many(EXPENSE),
    ),
)
