"""The plan's two charts, drawn and as tables."""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.token_mix import blended_rate_per_million
from economics.calc.unit_cost import peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.charts.chart import Chart
from economics.charts.cost_speed import CostSpeed, cost_speed
from economics.charts.frontier_map import frontier_map
from economics.planner.frontier import frontier
from economics.planner.option import PlanOption
from economics.selectors.plan import PlanAnswer
from economics.views.plan_asked import asked, chosen_of
from fleet.access import viewer_required

UTILIZATIONS = [Decimal(n) / 20 for n in range(21)]
FACTORS = [Decimal(n) / 10 for n in range(1, 31)]


@require_GET
@viewer_required
def frontier_json(request: HttpRequest) -> JsonResponse:
    """The heat map of the chosen option for plotly.js."""
    return chart_json(frontier_chart(request))


@require_GET
@viewer_required
def scatter_json(request: HttpRequest) -> JsonResponse:
    """All options as dots for plotly.js."""
    return chart_json(scatter_chart(request))


@require_GET
@viewer_required
def plan_table(request: HttpRequest, chart: str) -> HttpResponse:
    """The rows of a chart as a table."""
    drawn = frontier_chart(request) if chart == "frontier" else scatter_chart(request)
    if isinstance(drawn, str):
        return render(request, "economics/_no_rows.html", {"why": drawn})
    return render(request, "economics/_profit_table.html", {"table": drawn.table})


def chart_json(drawn: Chart | str) -> JsonResponse:
    """A chart, or the sentence that says why there is none."""
    if isinstance(drawn, str):
        return JsonResponse({"figure": None, "caption": "", "empty": drawn})
    return JsonResponse({"figure": drawn.figure, "caption": drawn.caption, "empty": ""})


def frontier_chart(request: HttpRequest) -> Chart | str:
    """The heat map of the chosen option, or why there is none."""
    found = asked(request, now=timezone.now()).answer
    chosen = None if found is None else chosen_of(found, request.GET.get("option", ""))
    if found is None or chosen is None:
        return "No option is chosen, so there is nothing to draw."
    speed = chosen.machine.speed
    if isinstance(speed, Unknown):
        return f"The speed of this option is not known: {speed.reason}."
    one = found.what_if
    if isinstance(one.rates, Unknown):
        return f"There is no profit to draw: {one.rates.reason}. Write prices above."
    drawn = frontier(
        usd_per_hour=chosen.usd_per_hour,
        day=chosen.day,
        seconds=speed.throughput.seconds,
        rates=one.rates,
        assumed=one.assumed,
        factors=FACTORS,
        utilizations=UTILIZATIONS,
    )
    day = chosen.ours.day
    if isinstance(drawn, Unknown) or isinstance(day, Unknown):
        return "This option has no day to draw."
    price = blended_rate_per_million(one.assumed.mix, one.rates)
    if price == 0:
        return "Without a price there is no frontier; write prices above."
    return frontier_map(
        drawn,
        usd_per_million=price,
        here=(one.assumed.utilization, Decimal(1)),
        here_usd=day.profit_usd,
    )


def scatter_chart(request: HttpRequest) -> Chart | str:
    """All options with a known cost and speed."""
    found = asked(request, now=timezone.now()).answer
    if found is None:
        return "The plan has no answer, so there is nothing to draw."
    chosen = chosen_of(found, request.GET.get("option", ""))
    dots = [
        dot
        for option in found.fitting
        if (dot := dot_of(option, found, chosen=option is chosen)) is not None
    ]
    if not dots:
        return "No option that fits has a known speed."
    return cost_speed(dots, left_out=len(found.fitting) - len(dots))


def dot_of(option: PlanOption, found: PlanAnswer, *, chosen: bool) -> CostSpeed | None:
    """An option as a dot; None where its cost or speed is not known."""
    speed, cost = option.machine.speed, option.ours.cost
    if isinstance(speed, Unknown) or isinstance(cost, Unknown):
        return None
    peak = peak_tokens_per_second(speed.throughput.seconds, found.what_if.assumed.mix)
    if peak is None:
        return None
    machine = option.machine
    return CostSpeed(
        machine.key,
        f"{machine.gpu_count}× {machine.gpu_name} {machine.precision.upper()}, "
        f"{machine.provider} {machine.cloud}".strip(),
        f"{machine.gpu_count}× {machine.gpu_name}",
        cost.blended,
        peak,
        peak * speed.low,
        peak * speed.high,
        chosen,
    )
