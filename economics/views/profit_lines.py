"""The rows behind a bar of the profit page, and that their sum is the bar."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.profit_parts import BAR_LABELS, BARS
from economics.selectors.profit.lines import (
    ROWS_OF_A_PAGE,
    SHARED,
    Line,
    Lines,
    bar_lines,
)
from economics.selectors.profit.scope import Wanted
from economics.views.profit import frame_of
from economics.views.profit_charts import csv_cell, wanted_of
from fleet.access import viewer_required
from fleet.csv_files import without_tail, write_rows

MOST_PAGES = 10_000
MOST_IN_CSV = 100_000
COLUMNS = (
    *("line", "day_utc", "part", "deployment", "fleet", "name", "detail", "start_utc"),
    *("seconds", "of_seconds", "tokens", "rate_usd", "amount_usd", "provenance"),
    *("is_booked", "corrects_line", "at_most_usd"),
)


def bar_of(request: HttpRequest) -> str:
    """The bar that is asked for; profit without a known word."""
    bar = request.GET.get("bar", "")
    return bar if bar in BARS else "profit"


def shared_of(request: HttpRequest) -> str:
    """Whether only what no deployment, or no fleet, has for itself is asked for."""
    word = request.GET.get("shared", "")
    return word if word in SHARED else ""


def page_of(request: HttpRequest) -> int:
    """The page, from 1; the first where the address says no number."""
    text = request.GET.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(number, 1), MOST_PAGES)


def context_of(request: HttpRequest, wanted: Wanted) -> dict[str, Any]:
    bar, shared = bar_of(request), shared_of(request)
    return {
        "wanted": wanted,
        "bar": bar,
        "shared": shared,
        "label": BAR_LABELS[bar],
        "query": wanted.address(bar=bar, shared=shared),
        "page": page_of(request),
    }


@require_GET
@viewer_required
def profit_lines(request: HttpRequest) -> HttpResponse:
    """The frame of the rows; they come by themselves."""
    now = timezone.now()
    wanted = wanted_of(request, now)
    context = context_of(request, wanted) | frame_of(wanted, now=now)
    context["bars"] = BAR_LABELS
    return render(request, "economics/profit_lines.html", context)


@require_GET
@viewer_required
def profit_lines_rows(request: HttpRequest) -> HttpResponse:
    """One page of the rows, with the sum of all of them."""
    now = timezone.now()
    wanted = wanted_of(request, now)
    context = context_of(request, wanted)
    if not wanted.fault:
        first = (context["page"] - 1) * ROWS_OF_A_PAGE
        found = bar_lines(
            wanted, context["bar"], now=now, shared=context["shared"], offset=first
        )
        context |= {
            "found": found,
            "first": first + 1,
            "last": first + len(found.rows),
            "has_more": first + len(found.rows) < found.count,
            "page_usd": sum(line.usd for line in found.rows),
        }
    return render(request, "economics/_profit_lines.html", context)


@require_GET
@viewer_required
def profit_lines_csv(request: HttpRequest) -> HttpResponse:
    """All rows of the bar; 422 with a sentence where the filter is wrong or they are more
    than a file takes: a part of them would not add up."""
    now = timezone.now()
    wanted = wanted_of(request, now)
    if wanted.fault:
        return HttpResponse(wanted.fault, status=422, content_type="text/plain")
    bar = bar_of(request)
    found = every_line(wanted, bar, shared_of(request), now)
    if found.count > MOST_IN_CSV:
        words = f"{found.count:,} rows; a file has at most {MOST_IN_CSV:,}: fewer days."
        return HttpResponse(words, status=422, content_type="text/plain")
    name = f"profit-{bar}-{wanted.begin}-{wanted.end}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    rows = ([csv_cell(cell) for cell in line_record(line).values()] for line in found.rows)
    write_rows(COLUMNS, rows, response.write)
    return response


def every_line(wanted: Wanted, bar: str, shared: str, now: datetime) -> Lines:
    """All rows of a bar, up to what a file takes."""
    return bar_lines(wanted, bar, now=now, shared=shared, limit=MOST_IN_CSV)


def line_record(line: Line) -> dict[str, Any]:
    """A row as a file and the API have it, by name."""
    return {
        "line": line.key,
        "day_utc": line.day,
        "part": line.part,
        "deployment": line.deployment,
        "fleet": line.fleet,
        "name": line.name,
        "detail": line.detail,
        "start_utc": f"{line.start:%Y-%m-%dT%H:%M:%SZ}",
        "seconds": line.seconds,
        "of_seconds": line.of_seconds,
        "tokens": line.tokens,
        "rate_usd": None if line.rate is None else without_tail(line.rate),
        "amount_usd": without_tail(line.usd),
        "provenance": line.provenance.value,
        "is_booked": line.is_booked,
        "corrects_line": line.corrects,
        "at_most_usd": line.at_most_usd,
    }
