"""The charts of a schedule, drawn, as tables and as CSV: the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from economics.charts.chart import Chart
from economics.charts.schedule_steps import demand_steps, replica_steps
from economics.models import SchedulePlan
from economics.selectors.schedules.steps import Hours, hours_of
from fleet.access import viewer_required
from fleet.csv_files import write_rows

NOTHING = "There is no schedule to draw; the page above says why."
NO_REPLICA = "No replica is rented in any hour, so there is nothing to draw."
COLUMNS = (
    *("hour_utc", "demand_tokens", "capacity_tokens", "served_tokens", "revenue_usd"),
    *("cost_usd", "profit_usd"),
)


def hours_asked(pk: int) -> tuple[SchedulePlan, Hours]:
    """A row and its hours; 404 where there is none."""
    plan = get_object_or_404(SchedulePlan, pk=pk)
    return plan, hours_of(plan.answer)


def demand_chart(pk: int) -> Chart | None:
    plan, hours = hours_asked(pk)
    if not hours.steps:
        return None
    return demand_steps(hours.steps, simulated=plan.simulated)


def replica_chart(pk: int) -> Chart | None:
    plan, hours = hours_asked(pk)
    if not hours.names:
        return None
    return replica_steps(hours.steps, hours.names, simulated=plan.simulated)


def drawn(chart: Chart | None, *, empty: str = NOTHING) -> JsonResponse:
    """A chart for plotly.js, or the sentence that says why there is none."""
    if chart is None:
        return JsonResponse({"figure": None, "caption": "", "empty": empty})
    return JsonResponse({"figure": chart.figure, "caption": chart.caption, "empty": ""})


def as_table(
    request: HttpRequest, chart: Chart | None, *, empty: str = NOTHING
) -> HttpResponse:
    if chart is None:
        return render(request, "economics/_no_rows.html", {"why": empty})
    return render(request, "schedule/_rows.html", {"table": chart.table})


@require_GET
@viewer_required
def demand_json(request: HttpRequest, pk: int) -> JsonResponse:
    """Demand against capacity by the hour."""
    return drawn(demand_chart(pk))


@require_GET
@viewer_required
def replicas_json(request: HttpRequest, pk: int) -> JsonResponse:
    """Replicas by the hour."""
    return drawn(replica_chart(pk), empty=NO_REPLICA)


@require_GET
@viewer_required
def demand_table(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of the first chart."""
    return as_table(request, demand_chart(pk))


@require_GET
@viewer_required
def replicas_table(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of the second one."""
    return as_table(request, replica_chart(pk), empty=NO_REPLICA)


@require_GET
@viewer_required
def hours_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every hour with its tokens, money and replicas; only a header where there is none."""
    plan, hours = hours_asked(pk)
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="schedule-{pk}.csv"'},
    )
    names = tuple(f"replicas_of {name}" for name in hours.names)
    write_rows((*COLUMNS, *names), csv_rows(plan, hours), response.write)
    return response


def csv_rows(plan: SchedulePlan, hours: Hours) -> Iterator[list[object]]:
    """A row an hour, amounts with every decimal."""
    for step, row in zip(hours.steps, plan.answer.get("hours", []), strict=True):
        yield [
            f"{step.at:%Y-%m-%dT%H:%M:%SZ}",
            *(step.demand, step.capacity, step.served),
            *(row["revenue_usd"], row["cost_usd"], Decimal(row["profit_usd"])),
            *step.replicas,
        ]
