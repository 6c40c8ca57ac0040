"""The charts of the profit page: each as a figure, a table and a file of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.hours import DAY, day_of
from economics.calc.profit_parts import COSTS, Figures, Part
from economics.calc.unknown import Unknown
from economics.charts import Chart, ProfitDay, profit_history
from economics.charts.billed_days import BilledDay, billed_days
from economics.charts.profit_owners import profit_owners_chart
from economics.charts.profit_waterfall import profit_waterfall, waterfall_steps
from economics.charts.week_map import week_map
from economics.selectors.day_marks import day_marks
from economics.selectors.profit.cells import day_key, grouped, profit_cells, total
from economics.selectors.profit.owners import KINDS, Owner, profit_owners
from economics.selectors.profit.scope import Wanted
from economics.selectors.profit.week import hours_of_week
from economics.selectors.reconciliation import Asked, compared_days
from economics.views.charts import link_days
from fleet.access import viewer_required
from fleet.charts.marks import Mark, as_json
from fleet.csv_files import without_tail, write_rows

EMPTY = "Nothing to draw for these days; the title says what is missing."
TARGETS = (
    *("usd_per_million_tokens", "usd_per_million_uncached", "usd_per_million_cached"),
    *("usd_per_million_completion", "break_even_tokens", "utilization"),
    "break_even_utilization",
)


@dataclass(frozen=True)
class Drawn:
    """A chart with its rows as they are, each a record of its columns.

    links  of each row of the table, the address of the rows behind it; "" for none
    marks  what happened in these days
    """

    chart: Chart
    columns: tuple[str, ...]
    records: list[tuple[Any, ...]]
    links: list[str]
    is_empty: bool
    marks: Sequence[Mark] = ()


def wanted_of(request: HttpRequest, now: datetime) -> Wanted:
    """What the address asks for. One query."""
    return Wanted.of(request.GET.dict(), today=day_of(now))


def lines_url(wanted: Wanted, bar: str, **changes: Any) -> str:
    """The address of the rows of a bar."""
    return f"{reverse('economics:profit-lines')}?{wanted.address(bar=bar, **changes)}"


def figure_record(figures: Figures) -> dict[str, Any]:
    """Some lines as a file and the API have them, by name."""
    counts = figures.counts
    record: dict[str, Any] = {
        "is_open": figures.is_open,
        "provenance": figures.provenance.value,
        "uncached_prompt_tokens": counts.uncached_prompt,
        "cached_prompt_tokens": counts.cached_prompt,
        "completion_tokens": counts.completion,
        "unpriced_tokens": figures.unpriced_tokens,
        "revenue_usd": figures.revenue_usd,
        **{f"{part}_usd": figures.of(part) for part in (Part.DISCOUNT, Part.FEES, *COSTS)},
        "net_revenue_usd": figures.net_revenue_usd,
        "cost_usd": figures.cost_usd,
        "contribution_margin_usd": figures.contribution_usd,
        "profit_usd": figures.profit_usd,
        "break_even_revenue_usd": figures.needed_usd,
    }
    return {
        name: without_tail(value) if isinstance(value, Decimal) else value
        for name, value in record.items()
    }


FIGURES = tuple(figure_record(Figures()))


def draw_days(wanted: Wanted, now: datetime, by: str) -> Drawn:
    """Revenue, cost and profit a day."""
    days = grouped(profit_cells(wanted, now=now), day_key)
    rows = [profit_day(day, each, wanted) for day, each in days.items()]
    chart = profit_history(rows, first_day=wanted.begin, last_day=wanted.end)
    shown = [wanted.begin + n * DAY for n in range(wanted.day_count)]
    link_days(chart, lambda bar, day: lines_url(wanted, bar, first=day, last=day))
    return Drawn(
        chart=chart,
        columns=("day_utc", *FIGURES),
        records=[
            (day, *figure_record(each).values()) for day, each in sorted(days.items())
        ],
        links=[
            lines_url(wanted, "profit", first=day, last=day) if day in days else ""
            for day in shown
        ],
        is_empty=not days,
        marks=day_marks(wanted.begin, wanted.end, deployments=wanted.members.keys()),
    )


def profit_day(day: date, figures: Figures, wanted: Wanted) -> ProfitDay:
    """A day as the chart of the overview takes it."""
    return ProfitDay(
        day=day,
        cost=figures.cost_usd,
        revenue=figures.revenue_usd,
        profit=figures.profit_usd,
        break_even_revenue=figures.needed_usd,
        is_partial=figures.is_open,
        is_simulated=wanted.simulated,
    )


def draw_waterfall(wanted: Wanted, now: datetime, by: str) -> Drawn:
    """From revenue down to profit."""
    figures = total(profit_cells(wanted, now=now))
    steps = waterfall_steps(figures)
    links = [lines_url(wanted, step.bar) for step in steps]
    return Drawn(
        chart=profit_waterfall(
            figures, days=wanted.day_count, simulated=wanted.simulated, links=links
        ),
        columns=("bar", "label", "usd", "is_sum", "provenance"),
        records=[
            (
                *(step.bar, step.label, step.usd, step.is_sum),
                figures.provenance.value,
            )
            for step in steps
        ],
        links=links,
        is_empty=not figures.parts,
    )


def owner_link(wanted: Wanted, by: str, slug: str, bar: str = "profit") -> str:
    """The rows of one model, deployment or fleet; "" is what only several share."""
    if not slug:
        return lines_url(wanted, bar, shared="fleets" if by == "fleets" else "deployments")
    return lines_url(wanted, bar, **{by.removesuffix("s"): slug})


def draw_owners(wanted: Wanted, now: datetime, by: str) -> Drawn:
    """Profit by model, deployment or fleet."""
    owners = profit_owners(wanted, by, now=now)
    links = [owner_link(wanted, by, each.slug) for each in owners]
    return Drawn(
        chart=profit_owners_chart(
            [(each.name, each.figures) for each in owners],
            simulated=wanted.simulated,
            links=links,
        ),
        columns=(by.removesuffix("s"), "name", *FIGURES, *TARGETS),
        records=[
            (
                each.slug,
                each.name,
                *figure_record(each.figures).values(),
                *target_cells(each),
            )
            for each in owners
        ],
        links=links,
        is_empty=not owners,
    )


def target_cells(owner: Owner) -> tuple[Any, ...]:
    """TARGETS of an owner; an Unknown where there is none."""
    cost, figures = owner.class_cost, owner.figures
    classes: Sequence[Any] = (cost, cost, cost)
    if not isinstance(cost, Unknown):
        classes = (cost.uncached_prompt, cost.cached_prompt, cost.completion)
    return (
        *(figures.usd_per_million, *classes, figures.break_even_tokens),
        *(figures.utilization, figures.break_even_utilization),
    )


def draw_billed(wanted: Wanted, now: datetime, by: str) -> Drawn:
    """Our seconds x price against the provider's, and its bill. One query."""
    members = None if wanted.is_whole else tuple(wanted.members)
    asked = Asked(wanted.begin, wanted.end, wanted.simulated, members=members)
    found = sorted(compared_days(asked, now=now), key=lambda each: each.key)
    rows = [
        BilledDay(
            day=each.key,
            ours_usd=each.ours_usd,
            listed_usd=each.listed_usd,
            billed_usd=each.billed_usd,
            difference_usd=each.difference_usd,
            state=each.worst.value,
        )
        for each in found
    ]
    links = [
        f"{reverse('economics:reconciliation')}?money={wanted.money}&day={each.key}"
        + (f"&deployment={wanted.deployment}" if wanted.deployment else "")
        for each in found
    ]
    return Drawn(
        chart=billed_days(rows, simulated=wanted.simulated, links=links),
        columns=(
            *("day_utc", "hours", "seconds", "ours_usd", "at_listed_price_usd"),
            *("billed_usd", "difference_usd", "corrections_usd", "booked_usd", "state"),
        ),
        records=[
            (
                *(each.key, each.hours, each.seconds, each.ours_usd),
                *(each.listed_usd, each.billed_usd, each.difference_usd),
                *(each.corrections_usd, each.booked_usd, each.worst.value),
            )
            for each in found
        ],
        links=links,
        is_empty=not rows,
    )


def draw_week(wanted: Wanted, now: datetime, by: str) -> Drawn:
    """Utilization by hour of the week; where a peak is unknown, the share with work."""
    hours = hours_of_week(wanted)
    seen = [each for each in hours if each.pod_hours]
    by_tokens = bool(seen) and all(each.utilization is not None for each in seen)
    shares = [
        [each.utilization if by_tokens else each.busy for each in hours[n : n + 24]]
        for n in range(0, len(hours), 24)
    ]
    measure = "utilization" if by_tokens else "share of seconds with work"
    return Drawn(
        chart=week_map(shares, measure=measure, simulated=wanted.simulated),
        columns=(
            *("weekday_utc", "hour_utc", "pod_hours", "billed_seconds", "seen_seconds"),
            *("serving_seconds", "tokens", "utilization", "share_of_seconds_with_work"),
        ),
        records=[
            (
                *(each.weekday + 1, each.hour, each.pod_hours, each.billed_seconds),
                *(each.seen_seconds, each.serving_seconds, each.tokens),
                *(each.utilization, each.busy),
            )
            for each in hours
        ],
        links=[""] * 7,
        is_empty=not seen,
    )


DRAWINGS: dict[str, Callable[[Wanted, datetime, str], Drawn]] = {
    "days": draw_days,
    "waterfall": draw_waterfall,
    "owners": draw_owners,
    "billed": draw_billed,
    "week": draw_week,
}


def drawn(request: HttpRequest, chart: str) -> tuple[Wanted, Drawn | None]:
    """The chart of the address; None where the filter is wrong. Raises Http404 for a chart
    that there is not."""
    if chart not in DRAWINGS:
        raise Http404(f"there is no chart {chart!r}")
    now = timezone.now()
    wanted = wanted_of(request, now)
    if wanted.fault:
        return wanted, None
    return wanted, DRAWINGS[chart](wanted, now, grouping_of(request))


def grouping_of(request: HttpRequest) -> str:
    """By what the owners are told: a word of KINDS, the first without a known one."""
    by = request.GET.get("by", "")
    return by if by in KINDS else KINDS[0]


@require_GET
@viewer_required
def profit_figure(request: HttpRequest, chart: str) -> JsonResponse:
    """The figure for plotly.js; `empty` is a sentence when there is nothing to draw."""
    wanted, found = drawn(request, chart)
    if found is None:
        return JsonResponse({"figure": {}, "caption": wanted.fault, "empty": wanted.fault})
    return JsonResponse(
        {
            "figure": found.chart.figure,
            "caption": found.chart.caption,
            "empty": EMPTY if found.is_empty else "",
            "marks": as_json(found.marks),
        }
    )


@require_GET
@viewer_required
def profit_rows(request: HttpRequest, chart: str) -> HttpResponse:
    """The rows of the chart as a table, each with a link to the rows behind it."""
    wanted, found = drawn(request, chart)
    table = None if found is None else found.chart.table
    rows = (
        [] if found is None or table is None else zip(found.links, table.rows, strict=True)
    )
    marks = [] if found is None else found.marks
    context = {"wanted": wanted, "table": table, "rows": list(rows), "marks": marks}
    return render(request, "economics/_profit_rows.html", context)


@require_GET
@viewer_required
def profit_file(request: HttpRequest, chart: str) -> HttpResponse:
    """The records of the chart with every decimal; 422 with the sentence where the filter
    is wrong."""
    wanted, found = drawn(request, chart)
    if found is None:
        return HttpResponse(wanted.fault, status=422, content_type="text/plain")
    name = f"profit-{chart}-{wanted.begin}-{wanted.end}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    rows = ([csv_cell(cell) for cell in record] for record in found.records)
    write_rows(found.columns, rows, response.write)
    return response


def csv_cell(cell: Any) -> object:
    """A value as a file has it: empty where it is not known; a sum in the database ends
    in zeros, which say nothing."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal):
        return without_tail(cell)
    return "" if cell is None or isinstance(cell, Unknown) else cell
