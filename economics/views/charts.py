"""Charts as JSON for the page and as CSV for a spreadsheet: the same rows."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.hours import DAY, day_of
from economics.charts import Chart, profit_history
from economics.selectors import kinds_of_money, profit_days
from economics.selectors.day_marks import day_marks
from economics.selectors.history import DAYS_SHOWN
from fleet.access import viewer_required
from fleet.charts.marks import Mark, as_json
from fleet.csv_files import without_tail
from fleet.models import Deployment

TRACE_BARS = {"revenue": "revenue", "cost": "cost", "marketplace fees": "fees"}
CSV_COLUMNS = (
    "day_utc",
    "revenue_usd",
    "fees_usd",
    "cost_usd",
    "profit_usd",
    "break_even_revenue_usd",
    "is_partial",
    "is_simulated",
)


def money_asked(request: HttpRequest, kinds: list[bool] | None = None) -> bool:
    """Whether the address asks for simulated money; without a word, the first kind.

    kinds  whether simulated, for each kind of money there is; read when not given
    """
    kinds = kinds or kinds_of_money()
    asked = request.GET.get("money") == "simulated"
    return asked if asked in kinds and "money" in request.GET else kinds[0]


def profit_chart(now: datetime, *, simulated: bool) -> tuple[Chart, bool]:
    """The chart of the last 30 days, and whether it has any row."""
    rows, first, last = profit_days(now, simulated=simulated)
    return profit_history(rows, first_day=first, last_day=last), bool(rows)


@require_GET
@viewer_required
def profit_json(request: HttpRequest) -> JsonResponse:
    """The figure for plotly.js; `empty` is a sentence when there is nothing to draw. A bar
    opens the rows that it is the sum of."""
    simulated, now = money_asked(request), timezone.now()
    chart, has_rows = profit_chart(now, simulated=simulated)
    link_days(chart, lambda bar, day: day_rows_url(bar, day, simulated=simulated))
    return JsonResponse(
        {
            "figure": chart.figure,
            "caption": chart.caption,
            "empty": "" if has_rows else "Nothing was rented or sold in these 30 days.",
            "marks": as_json(recent_marks(now, simulated=simulated)),
        }
    )


def recent_marks(now: datetime, *, simulated: bool) -> list[Mark]:
    """What happened in the days of the chart. One query."""
    last = day_of(now)
    members = Deployment.objects.filter(fleet__simulated=simulated)
    return day_marks(last - (DAYS_SHOWN - 1) * DAY, last, deployments=members)


def link_days(chart: Chart, address: Callable[[str, str], str]) -> None:
    """Give each mark of a chart of days the address of its rows, by bar and day."""
    for trace in chart.figure["data"]:
        bar = TRACE_BARS.get(trace["name"], "profit")
        trace["customdata"] = [address(bar, day) for day in trace["x"]]


def day_rows_url(bar: str, day: str, *, simulated: bool) -> str:
    """The address of the rows whose sum a bar of a day is."""
    money = "simulated" if simulated else "real"
    asked = urlencode({"money": money, "first": day, "last": day, "bar": bar})
    return f"{reverse('economics:profit-lines')}?{asked}"


@require_GET
@viewer_required
def profit_table(request: HttpRequest) -> HttpResponse:
    """The rows of the chart as a table, for those who can not see or hover it."""
    simulated, now = money_asked(request), timezone.now()
    chart, _ = profit_chart(now, simulated=simulated)
    marks = recent_marks(now, simulated=simulated)
    context = {"table": chart.table, "marks": marks}
    return render(request, "economics/_profit_table.html", context)


@require_GET
@viewer_required
def profit_csv(request: HttpRequest) -> HttpResponse:
    """The rows of the chart with every decimal."""
    rows, first, last = profit_days(timezone.now(), simulated=money_asked(request))
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="profit-{first}-{last}.csv"'
        },
    )
    writer = csv.writer(response)
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        amounts = (row.revenue, row.fees, row.cost, row.profit, row.break_even_revenue)
        flags = (row.is_partial, row.is_simulated)
        writer.writerow(
            [row.day, *map(plain, amounts), *(str(flag).lower() for flag in flags)]
        )
    return response


def plain(amount: Decimal | None) -> str:
    """Exact digits without an exponent or zeros at the end; empty where not known."""
    return "" if amount is None else f"{without_tail(amount):f}"
