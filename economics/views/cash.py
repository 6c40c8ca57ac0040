"""Receivables and cash: what is owed and how late, balances, the float, what moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from economics.calc.money import shown_usd
from economics.calc.months import read_month
from economics.charts.chart import Chart
from economics.charts.receivable_months import MonthOwed, receivable_months
from economics.models import CashEntry, CashKind
from economics.selectors.cash import (
    ENTRIES_SHOWN,
    cash_entries,
    cash_position,
    seen_top_ups,
)
from economics.selectors.receivables import Receivable, by_age, receivables
from economics.selectors.today import kinds_of_money
from economics.services.cash import CashRefused, CashSpec, book_cash, reverse_cash
from economics.views.charts import money_asked
from economics.views.expenses import KEY_LENGTH
from fleet.access import operator_required, operator_to_post, viewer_required
from fleet.csv_files import write_rows
from fleet.forms import DayField, NameField, NumberField, TakesRefusal
from fleet.selectors.account import Account

MONTHS_SHOWN = 24
RECEIVABLE_COLUMNS = (
    *("market", "month", "owed_usd", "is_stated", "received_usd", "outstanding_usd"),
    *("due_on", "age"),
)


class CashForm(TakesRefusal, forms.Form):
    """A payment or a top-up by hand."""

    kind = NameField(label="Kind")
    party = NameField(label="Marketplace or provider")
    paid_on = DayField(label="Day", needed=True)
    amount = NumberField(label="Amount", example="1250.00")
    month = NameField(label="Month that is paid")
    note = NameField(label="Note")
    key = NameField(label="Key")

    def clean_month(self) -> date | None:
        text = str(self.cleaned_data["month"]).strip()
        month = read_month(text)
        if text and month is None:
            raise forms.ValidationError(
                f"Month that is paid is {text[:40]!r}; write a month such as 2026-10."
            )
        return month

    def spec(self, *, simulated: bool) -> CashSpec | None:
        """The entry that is asked for; None when the form says what is wrong."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        return CashSpec(
            kind=data["kind"],
            party=data["party"].strip().lower(),
            paid_on=data["paid_on"],
            amount_usd=data["amount"],
            simulated=simulated,
            month=data["month"],
            note=data["note"],
        )


@require_http_methods(["GET", "POST"])
@operator_to_post
def cash(request: HttpRequest) -> HttpResponse:
    """The page; sent, a payment or top-up is booked."""
    now = timezone.now()
    kinds = kinds_of_money()
    simulated = money_asked(request, kinds)
    if request.method == "POST":
        form = CashForm(request.POST)
        row = save(form, simulated=simulated, username=request.user.get_username(), now=now)
        if row is not None:
            words = f"{row.get_kind_display()}: {shown_usd(row.amount_usd)}, {row.party}"
            messages.success(request, f"{words.capitalize()} is booked.")
            money = "simulated" if simulated else "real"
            return redirect(f"{reverse('economics:cash')}?money={money}")
        return page(request, form, kinds, simulated=simulated, now=now, status=422)
    form = CashForm(
        initial={
            "kind": CashKind.PAYMENT.value,
            "party": "openrouter",
            "paid_on": f"{now:%Y-%m-%d}",
            "key": uuid4().hex,
        }
    )
    return page(request, form, kinds, simulated=simulated, now=now)


def save(
    form: CashForm, *, simulated: bool, username: str, now: datetime
) -> CashEntry | None:
    """The booked entry, or None when the form now says what is wrong."""
    spec = form.spec(simulated=simulated)
    if spec is None:
        return None
    key = form.cleaned_data["key"]
    if not 8 <= len(key) <= KEY_LENGTH:
        form.add_error(None, "The form is incomplete; open it again.")
        return None
    try:
        return book_cash(spec, key=f"form:{key[:50]}", acting_user=username, now=now)
    except CashRefused as refusal:
        form.take(refusal.errors)
        return None


def page(
    request: HttpRequest,
    form: CashForm,
    kinds: list[bool],
    *,
    simulated: bool,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    owed = receivables(simulated=simulated, now=now)
    position = cash_position(owed, now=now)
    entries = cash_entries(simulated=simulated, now=now)
    context: dict[str, Any] = {
        "form": form,
        "now": now,
        "rows": owed[:MONTHS_SHOWN],
        "ages": by_age(owed),
        "outstanding_usd": total(row.outstanding_usd for row in owed),
        "beyond_usd": total(row.beyond_usd for row in owed),
        "overdue_usd": total(row.overdue_usd for row in owed),
        "position": position,
        "newest_read": newest_read(position.accounts),
        "seen": seen_top_ups(simulated=simulated, now=now, entries=entries),
        "entries": entries[:ENTRIES_SHOWN],
        "kind_choices": CashKind.choices,
        "chart": chart_of(owed, simulated=simulated),
        "simulated": simulated,
        "money": "simulated" if simulated else "real",
        "has_both": len(kinds) > 1,
        "terms_days": settings.PAYMENT_TERMS_DAYS,
    }
    return render(request, "economics/cash.html", context, status=status)


def total(amounts: Any) -> Decimal:
    return sum(amounts, Decimal(0))


def newest_read(accounts: Sequence[Account]) -> datetime | None:
    """When the oldest of the balances was read; None without any."""
    return min((each.read_at for each in accounts if each.read_at), default=None)


def chart_of(rows: Sequence[Receivable], *, simulated: bool) -> Chart:
    """What each month is owed, over all marketplaces."""
    by_month: defaultdict[date, list[Receivable]] = defaultdict(list)
    for row in rows:
        by_month[row.month].append(row)
    return receivable_months(
        [
            MonthOwed(
                month=month,
                owed_usd=total(row.owed_usd for row in members),
                received_usd=total(row.received_usd for row in members),
                not_due_usd=total(row.not_due_usd for row in members),
                late_usd=total(row.overdue_usd for row in members),
            )
            for month, members in by_month.items()
        ],
        simulated=simulated,
    )


@require_GET
@viewer_required
def receivables_json(request: HttpRequest) -> JsonResponse:
    """The figure for plotly.js; `empty` is a sentence when there is nothing to draw."""
    simulated = money_asked(request)
    rows = receivables(simulated=simulated, now=timezone.now())
    chart = chart_of(rows, simulated=simulated)
    empty = "" if rows else "Nothing is owed yet: no revenue was accrued or stated."
    return JsonResponse({"figure": chart.figure, "caption": chart.caption, "empty": empty})


@require_GET
@viewer_required
def receivables_csv(request: HttpRequest) -> HttpResponse:
    """Every market and month with every decimal."""
    rows = receivables(simulated=money_asked(request), now=timezone.now())
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="receivables.csv"'},
    )
    cells = (
        [
            *(row.market, f"{row.month:%Y-%m}", row.owed_usd, str(row.is_stated).lower()),
            *(row.received_usd, row.outstanding_usd, row.due_on, row.age),
        ]
        for row in rows
    )
    write_rows(RECEIVABLE_COLUMNS, cells, response.write)
    return response


@require_POST
@operator_required
def cash_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry back."""
    try:
        back = reverse_cash(
            pk,
            reason=request.POST.get("reason", ""),
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except CashRefused as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
    else:
        messages.success(request, f"Reversed: {shown_usd(back.amount_usd)} is booked.")
    return redirect("economics:cash")
