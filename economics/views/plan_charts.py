"""The plan's two charts, drawn and as tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.money import round_shown_rate
from economics.calc.token_mix import blended_rate_per_million
from economics.calc.unit_cost import peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.charts.chart import Chart
from economics.charts.cost_speed import CostSpeed, cost_speed
from economics.charts.frontier_map import frontier_map
from economics.charts.schedule_tornado import TornadoBar, schedule_tornado
from economics.planner.frontier import frontier
from economics.planner.option import PlanOption, Speed
from economics.planner.tornado import profit_of, swings
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
def tornado_json(request: HttpRequest) -> JsonResponse:
    """What moves the chosen option's profit most, for plotly.js."""
    return chart_json(tornado_chart(request))


@require_GET
@viewer_required
def plan_table(request: HttpRequest, chart: str) -> HttpResponse:
    """The rows of a chart as a table."""
    if chart not in CHARTS:
        raise Http404(f"there is no chart {chart!r}")
    drawn = CHARTS[chart](request)
    if isinstance(drawn, str):
        return render(request, "economics/_no_rows.html", {"why": drawn})
    return render(request, "economics/_profit_table.html", {"table": drawn.table})


def chart_json(drawn: Chart | str) -> JsonResponse:
    """A chart, or the sentence that says why there is none."""
    if isinstance(drawn, str):
        return JsonResponse({"figure": None, "caption": "", "empty": drawn})
    return JsonResponse({"figure": drawn.figure, "caption": drawn.caption, "empty": ""})


@dataclass(frozen=True, slots=True)
class Chosen:
    """The option that a chart is about, with a known speed."""

    found: PlanAnswer
    option: PlanOption
    speed: Speed


def chosen_option(request: HttpRequest) -> Chosen | str:
    """The chosen option, or why there is nothing to draw of one."""
    found = asked(request, now=timezone.now()).answer
    option = None if found is None else chosen_of(found, request.GET.get("option", ""))
    if found is None or option is None:
        return "No option is chosen, so there is nothing to draw."
    speed = option.machine.speed
    if isinstance(speed, Unknown):
        return f"The speed of this option is not known: {speed.reason}."
    rates = found.what_if.rates
    if isinstance(rates, Unknown):
        return f"There is no profit to draw: {rates.reason}. Write prices above."
    return Chosen(found, option, speed)


def tornado_chart(request: HttpRequest) -> Chart | str:
    """Each input of the chosen option alone, or why there is nothing to draw."""
    of = chosen_option(request)
    if isinstance(of, str):
        return of
    machine, what_if = of.option.machine, of.found.what_if
    base, found = profit_of(machine, what_if), swings(machine, what_if)
    if isinstance(base, Unknown) or isinstance(found, Unknown):
        return "This option has no day to draw."
    bars = [
        TornadoBar(
            kind=each.name,
            label=each.name,
            low=value_words(each.low, each.unit),
            low_usd=each.low_usd,
            high=value_words(each.high, each.unit),
            high_usd=each.high_usd,
            source=each.source,
        )
        for each in found
    ]
    return schedule_tornado(
        bars, base_usd=base, simulated=False, name="plan-tornado", period="a day"
    )


def value_words(value: Decimal, unit: str) -> str:
    """An input's value as it stands at the end of its bar."""
    if unit == "share":
        return f"{value:.0%}"
    if unit == "tokens_per_second":
        return f"{value:,.0f} tokens/s"
    usd = f"${round_shown_rate(value)}"
    return f"{usd}/1M" if unit == "usd_per_million" else f"{usd}/h"


def frontier_chart(request: HttpRequest) -> Chart | str:
    """The heat map of the chosen option, or why there is none."""
    of = chosen_option(request)
    if isinstance(of, str):
        return of
    found, chosen, speed = of.found, of.option, of.speed
    one = found.what_if
    assert not isinstance(one.rates, Unknown)
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


CHARTS: dict[str, Callable[[HttpRequest], Chart | str]] = {
    "frontier": frontier_chart,
    "options": scatter_chart,
    "tornado": tornado_chart,
}
