"""Statements of marketplaces beside what was accrued: months, a month, its rows as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.months import read_month
from economics.models import Statement, VarianceLine
from economics.selectors.statements import ModelRow, month_models, statement_months
from economics.selectors.take_rates import TakeRates
from economics.views.charts import money_asked
from fleet.access import viewer_required
from fleet.csv_files import write_rows

COLUMNS = (
    *("month", "model", "names_in_statement", "accrued_tokens", "stated_tokens"),
    *("accrued_gross_usd", "accrued_fee_usd", "accrued_net_usd"),
    *("stated_gross_usd", "stated_fee_usd", "stated_net_usd", "variance_usd", "words"),
)


def month_of(text: str) -> date:
    """The month of an address; 404 where it is none."""
    month = read_month(text)
    if month is None:
        raise Http404(f"{text!r} is no month such as 2026-10.")
    return month


@require_GET
@viewer_required
def statements(request: HttpRequest) -> HttpResponse:
    """Every month: accrued, stated, and the difference with words where it is large."""
    now = timezone.now()
    simulated = money_asked(request)
    context = {
        "now": now,
        "months": statement_months(simulated=simulated, today=now.date()),
        "simulated": simulated,
        "tolerance": settings.STATEMENT_TOLERANCE_PERCENT,
        "take_rate": TakeRates().on(now.date()),
    }
    return render(request, "economics/statements.html", context)


@require_GET
@viewer_required
def statement_month(request: HttpRequest, month: str) -> HttpResponse:
    """A month by model, its versions and its variance lines."""
    chosen = month_of(month)
    simulated = money_asked(request)
    rows = month_models(chosen, simulated=simulated)
    lines = VarianceLine.objects.filter(month=chosen, simulated=simulated)
    context: dict[str, Any] = {
        "now": timezone.now(),
        "month": chosen,
        "rows": rows,
        "net_usd": sum((row.ours.net_usd for row in rows), Decimal(0)),
        "stated_usd": sum((row.theirs.net_usd for row in rows), Decimal(0)),
        "versions": list(
            Statement.objects.filter(month=chosen, simulated=simulated).select_related(
                "book_import"
            )
        ),
        "lines": list(
            lines.select_related("served_model", "deployment", "statement").order_by(
                "-booked_at", "pk"
            )
        ),
        "simulated": simulated,
        "tolerance": settings.STATEMENT_TOLERANCE_PERCENT,
    }
    return render(request, "economics/statement_month.html", context)


@require_GET
@viewer_required
def statement_csv(request: HttpRequest, month: str) -> HttpResponse:
    """The models of a month with every decimal."""
    chosen = month_of(month)
    rows = month_models(chosen, simulated=money_asked(request))
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="statement-{month}.csv"'},
    )
    write_rows(COLUMNS, csv_rows(chosen, rows), response.write)
    return response


def csv_rows(month: date, rows: list[ModelRow]) -> Iterator[list[object]]:
    for row in rows:
        yield [
            *(f"{month:%Y-%m}", row.served_model.slug if row.served_model else ""),
            *("; ".join(row.names), row.ours.tokens, row.theirs.tokens),
            *(row.ours.gross_usd, row.ours.fee_usd, row.ours.net_usd),
            *(row.theirs.gross_usd, row.theirs.fee_usd, row.theirs.net_usd),
            *(row.variance_usd, " ".join(row.said)),
        ]
