"""Other expenses: the list, a form, a reversal, and the rows as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from economics.calc.money import shown_usd
from economics.models import Expense, ExpenseCategory, ExpenseLine
from economics.selectors.days import newest_closed_day, open_day_for
from economics.services.expenses import (
    Belongs,
    ExpenseRefused,
    ExpenseSpec,
    book_expense,
    owners,
    reverse_expense,
)
from fleet.access import operator_required, operator_to_post, viewer_required
from fleet.csv_files import write_rows
from fleet.forms import DayField, NameField, NumberField, TakesRefusal

ROWS_SHOWN = 200
MOST_IN_CSV = 50_000
KEY_LENGTH = 64
COLUMNS = (
    *("expense", "spent_on", "first_day", "last_day", "amount_usd", "counted_usd"),
    *("category", "description", "belongs_to", "fleet", "deployment", "simulated"),
    *("reverses", "booked_by", "booked_at"),
)


class ExpenseForm(TakesRefusal, forms.Form):
    """An expense by hand."""

    spent_on = DayField(label="Day", needed=True)
    amount = NumberField(label="Amount", example="12.50")
    currency = NameField(label="Currency")
    category = NameField(label="Category")
    description = NameField(label="What was paid for")
    belongs_to = NameField(label="Belongs to")
    first_day = DayField(label="First day")
    last_day = DayField(label="Last day")
    key = NameField(label="Key")

    def spec(self, known: dict[str, Belongs]) -> ExpenseSpec | None:
        """The expense that is asked for; None when the form now says what is wrong."""
        data = self.cleaned_data
        belongs = known.get(data.get("belongs_to", ""))
        if belongs is None:
            self.add_error("belongs_to", "Choose all, a fleet or a deployment.")
        if self.errors or belongs is None:
            return None
        return ExpenseSpec(
            spent_on=data["spent_on"],
            amount_usd=data["amount"],
            category=data["category"],
            description=data["description"],
            belongs=belongs,
            first_day=data["first_day"],
            last_day=data["last_day"],
            currency=data["currency"] or "USD",
        )


@dataclass(frozen=True)
class Wanted:
    """Which expenses a page shows: all, or those with a share that counts in a day."""

    day: date | None = None
    fault: str = ""

    @classmethod
    def of(cls, given: QueryDict) -> Wanted:
        text = given.get("day", "").replace("\x00", "").strip()
        try:
            return cls(date.fromisoformat(text) if text else None)
        except ValueError:
            return cls(fault=f"day is {text[:40]!r}; write a day such as 2026-11-09.")

    def rows(self) -> QuerySet[Expense]:
        """The expenses, newest first; `counted` is what of each counts in the day."""
        found = Expense.objects.select_related("fleet", "deployment", "reversed_by")
        if self.day is None:
            return found.annotate(counted=Sum("lines__amount_usd"))
        return found.filter(lines__day=self.day).annotate(counted=Sum("lines__amount_usd"))

    def totals(self) -> dict[bool, Decimal]:
        """[USD] of all of them by kind of money, real first; not only the ones shown."""
        lines = ExpenseLine.objects.all()
        if self.day is not None:
            lines = lines.filter(day=self.day)
        sums = (
            lines.order_by()
            .values_list("expense__simulated")
            .annotate(usd=Sum("amount_usd"))
        )
        return dict(sorted(sums)) or {False: Decimal(0)}


@require_http_methods(["GET", "POST"])
@operator_to_post
def expenses(request: HttpRequest) -> HttpResponse:
    """The list and the form; sent, the expense is booked."""
    now = timezone.now()
    known = owners()
    if request.method == "POST":
        form = ExpenseForm(request.POST)
        booked = save(form, known, username=request.user.get_username(), now=now)
        if booked is not None:
            messages.success(request, booked_words(booked))
            return redirect("economics:expenses")
        return page(request, form, known, now=now, status=422)
    form = ExpenseForm(
        initial={
            "spent_on": f"{now:%Y-%m-%d}",
            "belongs_to": next(iter(known), ""),
            "currency": "USD",
            "key": uuid4().hex,
        }
    )
    return page(request, form, known, now=now)


def save(
    form: ExpenseForm, known: dict[str, Belongs], *, username: str, now: datetime
) -> Expense | None:
    """The booked expense, or None when the form now says what is wrong."""
    form.is_valid()
    spec = form.spec(known)
    key = form.cleaned_data.get("key", "")
    if spec is None:
        return None
    if not 8 <= len(key) <= KEY_LENGTH:
        form.add_error(None, "The form is incomplete; open it again.")
        return None
    try:
        return book_expense(spec, key=f"form:{key[:50]}", acting_user=username, now=now)
    except ExpenseRefused as refusal:
        form.take(refusal.errors)
        return None


def booked_words(row: Expense) -> str:
    """What was booked, and where the shares count."""
    words = f"{row.description}: {shown_usd(row.amount_usd)} is booked"
    if row.day_count > 1:
        words += f" over {row.day_count} days"
    late = [line.amount_usd for line in row.lines.all() if line.day != line.about]
    if late:
        day = open_day_for(row.first_day, newest_closed_day())
        words += (
            f"; {shown_usd(sum(late, Decimal(0)))} of it is about closed days and counts "
            f"as a correction in {day}"
        )
    return f"{words}."


def page(
    request: HttpRequest,
    form: ExpenseForm,
    known: dict[str, Belongs],
    *,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    wanted = Wanted.of(request.GET)
    found = list(wanted.rows()[: ROWS_SHOWN + 1])
    context = {
        "form": form,
        "now": now,
        "wanted": wanted,
        "rows": found[:ROWS_SHOWN],
        "has_more": len(found) > ROWS_SHOWN,
        "rows_shown": ROWS_SHOWN,
        "totals": wanted.totals(),
        "owner_choices": [(word, owner.name) for word, owner in known.items()],
        "category_choices": ExpenseCategory.choices,
        "newest_closed": newest_closed_day(),
    }
    return render(request, "economics/expenses.html", context, status=status)


@require_POST
@operator_required
def expense_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an expense back."""
    try:
        back = reverse_expense(
            pk,
            reason=request.POST.get("reason", ""),
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except ExpenseRefused as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
    else:
        messages.success(request, f"Reversed: {booked_words(back)}")
    return redirect("economics:expenses")


@require_GET
@viewer_required
def expenses_csv(request: HttpRequest) -> HttpResponse:
    """What is filtered as a file; 422 with the sentence where the filter is wrong."""
    wanted = Wanted.of(request.GET)
    if wanted.fault:
        return HttpResponse(wanted.fault, status=422, content_type="text/plain")
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="expenses.csv"'},
    )
    rows = wanted.rows()[:MOST_IN_CSV].iterator(chunk_size=1000)
    write_rows(COLUMNS, map(csv_cells, rows), response.write)
    return response


def csv_cells(row: Any) -> list[object]:
    """An expense as text; counted_usd is what of it counts in the filtered day."""
    return [
        *(row.pk, row.spent_on, row.first_day, row.last_day, row.amount_usd),
        *(row.counted, row.category, row.description, row.belongs_to),
        *(row.fleet.slug if row.fleet else "",),
        *(row.deployment.slug if row.deployment else "",),
        *(str(row.simulated).lower(), row.reverses_id, row.acting_user),
        f"{row.booked_at:%Y-%m-%dT%H:%M:%SZ}",
    ]
