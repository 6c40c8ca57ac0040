"""The statement of a month, made for print."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.hours import day_of
from economics.calc.months import read_month
from economics.selectors import kinds_of_money
from economics.selectors.days import newest_closed_day
from economics.selectors.month import Month, month_statement
from economics.views.charts import money_asked
from economics.views.days import USES
from fleet.access import viewer_required
from fleet.views.files import file_of, yes_or_no

COLUMNS = (
    *("month", "part", "name", "about_day_utc", "lines", "tokens", "booked_usd"),
    *("corrections_usd", "usd", "simulated"),
)


@require_GET
@viewer_required
def month(request: HttpRequest) -> HttpResponse:
    """The month that is asked for; else that of the newest closed day."""
    now = timezone.now()
    kinds = kinds_of_money()
    simulated = money_asked(request, kinds)
    asked = request.GET.get("month", "").replace("\x00", "").strip()[:40]
    newest = newest_closed_day() or day_of(now)
    first = read_month(asked) if asked else newest.replace(day=1)
    context = {
        "now": now,
        "simulated": simulated,
        "money": "simulated" if simulated else "real",
        "has_both": len(kinds) > 1,
        "asked": asked,
    }
    if first is None:
        context["fault"] = f"Month is {asked!r}; write it as 2026-03."
        return render(request, "economics/month.html", context)
    told = month_statement(first, simulated=simulated, now=now)
    uses = told.uses
    context |= {
        "told": told,
        "asked": f"{first:%Y-%m}",
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{told.last + timedelta(days=1):%Y-%m}",
        "uses": []
        if uses is None
        else [(label, getattr(uses, name)) for name, label in USES[:-1]],
    }
    return render(request, "economics/month.html", context)


@require_GET
@viewer_required
def month_csv(request: HttpRequest) -> HttpResponse:
    """The tables of a month in one file: cost by kind, revenue by model, corrections; 422
    with the sentence where the month is none."""
    asked = request.GET.get("month", "").replace("\x00", "").strip()[:40]
    first = read_month(asked)
    if first is None:
        fault = f"Month is {asked!r}; write it as 2026-03."
        return HttpResponse(fault, status=422, content_type="text/plain")
    simulated = money_asked(request)
    told = month_statement(first, simulated=simulated, now=timezone.now())
    rows = ([f"{first:%Y-%m}", *cells, yes_or_no(simulated)] for cells in month_cells(told))
    return file_of(f"month-{first:%Y-%m}", COLUMNS, rows)


def month_cells(told: Month) -> Iterator[list[object]]:
    """Each row of the page's tables; their sums are those of the closed days."""
    for cost in told.costs:
        amounts = (cost.booked_usd, cost.corrections_usd, cost.total_usd)
        yield ["cost", cost.name, "", "", "", *amounts]
    for earned in told.revenues:
        yield ["revenue", earned.model, "", "", earned.tokens, "", "", earned.usd]
    for row in told.corrections:
        yield ["correction", "", row.about, row.lines, "", "", "", row.usd]
