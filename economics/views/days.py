"""The days page: revenue, cost by what it was for, and profit, by day and deployment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.hours import day_of
from economics.calc.unknown import Unknown
from economics.selectors.day_filter import MOST_DAYS, DayFilter
from economics.selectors.day_rows import (
    MOST_OPEN_DAYS,
    DayRow,
    DayRows,
    by_day,
    day_rows,
    total,
)
from economics.selectors.today import deployments_with_kinds, kinds_beside
from economics.views.charts import money_asked
from fleet.access import viewer_required
from fleet.csv_files import without_tail, write_rows
from fleet.models import Deployment

USES = (  # name of the figure, its column on the page
    ("start_up_usd", "Start-up"),
    ("serving_usd", "Serving"),
    ("idle_usd", "Idle"),
    ("down_usd", "Down"),
    ("unknown_usd", "Unknown"),
    ("serverless_usd", "Serverless"),
    ("shared_usd", "Shared"),
    ("pending_usd", "Not split yet"),
)
COLUMNS = (
    *("day_utc", "deployment", "is_open", "provenance", "uncached_prompt_tokens"),
    *("cached_prompt_tokens", "completion_tokens", "revenue_usd", "net_revenue_usd"),
    *("cost_usd", *(name for name, _ in USES), "contribution_margin_usd", "profit_usd"),
    *("usd_per_million_tokens", "usd_per_million_uncached", "usd_per_million_cached"),
    "usd_per_million_completion",
)


@dataclass(frozen=True)
class Asked:
    """What the address asks for, of which deployments.

    choices  every deployment of that kind of money
    """

    wanted: DayFilter
    choices: tuple[Deployment, ...]
    has_both: bool

    @property
    def apart(self) -> bool:
        """Whether each deployment has rows of its own."""
        return self.wanted.is_one_day or self.wanted.deployment is not None

    def rows(self, now: datetime, **how: Any) -> DayRows:
        """Rows per day and deployment; none where the filter is wrong."""
        wanted = self.wanted
        if wanted.fault:
            return DayRows([], [])
        return day_rows(
            wanted.begin,
            wanted.end,
            now=now,
            deployments=[
                each for each in self.choices if wanted.deployment_id in (None, each.pk)
            ],
            simulated=wanted.simulated,
            whole=wanted.deployment is None,
            **how,
        )


def asked_of(request: HttpRequest, now: datetime) -> Asked:
    """One query."""
    every = list(deployments_with_kinds().select_related("fleet", "variant"))
    kinds = kinds_beside(every)
    simulated = money_asked(request, kinds)
    wanted = DayFilter.of(
        request.GET.dict(), simulated=simulated, today=day_of(now), choices=every
    )
    choices = tuple(each for each in every if each.fleet.simulated == simulated)
    return Asked(wanted, choices, len(kinds) > 1)


@require_GET
@viewer_required
def days(request: HttpRequest) -> HttpResponse:
    """One row per day; of one day, or of one deployment, its own rows."""
    now = timezone.now()
    asked = asked_of(request, now)
    wanted, apart = asked.wanted, asked.apart
    found = asked.rows(now, by_class=apart)
    rows = found.rows
    shown = rows if apart else by_day(rows)
    told, left_out = columns_of(shown)
    context = {
        "now": now,
        "filter": wanted,
        "has_both": asked.has_both,
        "money": "simulated" if wanted.simulated else "real",
        "apart": apart,
        "rows": [(row, use_cells(row, told)) for row in shown],
        "uses": [label for _, label in told],
        "left_out": left_out,
        "open_left_out": found.left_out,
        "most_open": MOST_OPEN_DAYS,
        "total": (whole := total(shown)),
        "total_uses": None if whole is None else use_cells(whole, told),
        "most_days": MOST_DAYS,
        "deployments": [each.slug for each in asked.choices],
    }
    return render(request, "economics/days.html", context)


def columns_of(rows: Sequence[DayRow]) -> tuple[list[tuple[str, str]], list[str]]:
    """(columns, labels of those left out): a use that is 0 in every row has no column."""
    empty = [
        label
        for name, label in USES
        if all(row.uses is not None and getattr(row.uses, name) == 0 for row in rows)
    ]
    return [(name, label) for name, label in USES if label not in empty], empty


def use_cells(
    row: DayRow, columns: Sequence[tuple[str, str]]
) -> list[tuple[str, Decimal | None]]:
    """(label, USD) of each use; None where uses were not kept."""
    return [
        (label, None if row.uses is None else getattr(row.uses, name))
        for name, label in columns
    ]


@require_GET
@viewer_required
def days_csv(request: HttpRequest) -> HttpResponse:
    """The rows per day and deployment with every decimal, of every open day too; 422 with
    the sentence where the filter is wrong."""
    now = timezone.now()
    asked = asked_of(request, now)
    wanted = asked.wanted
    if wanted.fault:
        return HttpResponse(wanted.fault, status=422, content_type="text/plain")
    name = f"days-{wanted.begin}-{wanted.end}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    write_rows(
        COLUMNS, map(csv_cells, asked.rows(now, most_open=None).rows), response.write
    )
    return response


def csv_cells(row: DayRow) -> list[object]:
    """A row; sums of the database end in zeros, which say nothing."""
    return [
        without_tail(cell) if isinstance(cell, Decimal) else cell for cell in _cells(row)
    ]


def _cells(row: DayRow) -> Iterator[object]:
    """A row as text; empty where a figure is not known."""
    yield from (row.day, "" if row.deployment is None else row.deployment.slug)
    yield from ("yes" if row.is_open else "no", row.provenance)
    yield from (row.counts.uncached_prompt, row.counts.cached_prompt, row.counts.completion)
    yield from (row.revenue_usd, row.net_revenue_usd, row.cost_usd)
    uses = row.uses
    yield from ("" if uses is None else getattr(uses, name) for name, _ in USES)
    yield from (_known(row.contribution_usd), row.profit_usd, _known(row.usd_per_million))
    cost = row.unit_cost
    if isinstance(cost, Unknown):
        yield from ("", "", "")
    else:
        yield from (cost.uncached_prompt, cost.cached_prompt, cost.completion)


def _known(figure: Decimal | Unknown) -> object:
    return "" if isinstance(figure, Unknown) else figure
