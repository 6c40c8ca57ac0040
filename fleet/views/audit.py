"""The audit page: who did what to which thing, with the figures seen at that moment."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.csv_files import write_rows
from fleet.models import AuditEntry
from fleet.selectors.audit import AuditFilter, known_verbs, last_seal

ON_A_PAGE = 100
MOST_IN_CSV = 20_000  # newest first; a filter brings older ones
AT_ONCE = 2_000
LONG_NUMBER = re.compile(r"(?<![\w.])-?\d{1,15}\.\d{7,}(?![\w.])", re.ASCII)
MILLIONTH = Decimal("0.000001")
COLUMNS = ("at_utc", "acting_user", "verb", "target", "figures", "request_id", "sha256")


@require_GET
@viewer_required
def audit(request: HttpRequest) -> HttpResponse:
    """The rows that are asked for, newest first."""
    wanted = AuditFilter.of(request.GET)
    page = Paginator(wanted.rows(), ON_A_PAGE).get_page(request.GET.get("page", ""))
    context = {
        "now": timezone.now(),
        "filter": wanted,
        "page": page,
        "rows": [(row, shown(figures_of(row))) for row in page],
        "verbs": known_verbs(),
        "seal": last_seal(),
        "most_in_csv": MOST_IN_CSV,
    }
    return render(request, "fleet/audit.html", context)


def figures_of(row: AuditEntry) -> list[tuple[str, str]]:
    """The figures in words: "usd per hour" and "0.74"; a nested one on one line."""
    return [
        (name.replace("_", " "), _words(value))
        for name, value in row.figures.items()
        if value not in (None, "", [], {})
    ]


def shown(figures: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same for reading: six decimals, as in the books. The CSV keeps every digit."""
    return [(name, LONG_NUMBER.sub(_rounded, value)) for name, value in figures]


def _rounded(number: re.Match[str]) -> str:
    return f"{Decimal(number.group()).quantize(MILLIONTH):f}"


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(each)}" for key, each in value.items())
    return str(value)


@require_GET
@viewer_required
def audit_csv(request: HttpRequest) -> HttpResponse:
    """What is filtered as a file; 422 with the sentence where the filter is wrong."""
    wanted = AuditFilter.of(request.GET)
    if wanted.fault:
        return HttpResponse(wanted.fault, status=422, content_type="text/plain")
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
    )
    rows = wanted.rows()[:MOST_IN_CSV].iterator(chunk_size=AT_ONCE)
    write_rows(COLUMNS, map(csv_cells, rows), response.write)
    return response


def csv_cells(row: AuditEntry) -> list[object]:
    """A row as text; the last cell is its link of the hash chain, empty before its seal."""
    figures = "; ".join(f"{name}: {value}" for name, value in figures_of(row))
    seal = getattr(row, "seal", None)
    return [
        *(f"{row.at:%Y-%m-%dT%H:%M:%S.%fZ}", row.acting_user, row.verb, row.target),
        *(figures, row.request_id, seal.hash if seal else ""),
    ]
