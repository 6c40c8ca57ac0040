"""Latency of a pod over time: the figure, the table below it, and the same as CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.charts.latency import (
    HEADERS,
    LatencyChart,
    Window,
    latency_chart,
    nothing_to_draw,
    value,
)
from fleet.charts.marks import Mark, as_json, newest
from fleet.models import AuditEntry, OperatorNote, Pod, PodTransition
from fleet.selectors.latency import Series, latency_series
from fleet.views.pod_page import get_pod, hours_of

Marks = Callable[[Pod, datetime, datetime], list[tuple[datetime, str]]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The chart with its windows, and what happened in that time."""

    chart: LatencyChart
    windows: list[Window]
    marks: list[Mark]


def marks_of(pod: Pod, series: Series, *, since: datetime, until: datetime) -> list[Mark]:
    """Starts of the engine, changes of state, deeds, and what others know of the time."""
    marks = [Mark(at, "start", "engine started") for at in series.engine_starts]
    changes = PodTransition.objects.filter(pod=pod, at__gte=since, at__lt=until)
    marks += [Mark(row.at, "state", row.get_new_display()) for row in changes]
    deeds = AuditEntry.objects.filter(
        target=str(pod), verb="restart", at__gte=since, at__lt=until
    )
    marks += [Mark(row.at, "restart", f"restart by {row.acting_user}") for row in deeds]
    notes = OperatorNote.objects.about(deployment=pod.deployment, day=None)
    written = notes.filter(at__gte=since, at__lt=until)
    marks += [Mark(row.at, "note", row.text) for row in written if row.day == row.at.date()]
    if settings.POD_CHART_MARKS:
        others: Marks = import_string(settings.POD_CHART_MARKS)
        marks += [Mark(at, "price", words) for at, words in others(pod, since, until)]
    return newest(marks)


def drawn(pod: Pod, *, hours: int, now: datetime) -> Drawn:
    since = now - timedelta(hours=hours)
    series = latency_series(pod, since=since, until=now)
    windows = [
        Window(each.start, each.end, each.latencies, each.tokens_per_second)
        for each in series.points
    ]
    marks = marks_of(pod, series, since=since, until=now)
    return Drawn(
        latency_chart(windows, simulated=pod.deployment.fleet.simulated), windows, marks
    )


@require_GET
@viewer_required
def pod_latency(request: HttpRequest, pk: int) -> JsonResponse:
    """The figure for plotly.js; `empty` is a sentence when there is nothing to draw."""
    found = drawn(get_pod(pk), hours=hours_of(request), now=timezone.now())
    return JsonResponse(
        {
            "figure": found.chart.figure,
            "caption": found.chart.caption,
            "empty": nothing_to_draw(found.windows),
            "marks": as_json(found.marks),
        }
    )


@require_GET
@viewer_required
def pod_latency_table(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest windows as a table, and what happened in that time."""
    found = drawn(get_pod(pk), hours=hours_of(request), now=timezone.now())
    context = {"chart": found.chart, "marks": found.marks}
    return render(request, "fleet/_latency_table.html", context)


@require_GET
@viewer_required
def pod_latency_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every window, in seconds."""
    pod = get_pod(pk)
    windows = drawn(pod, hours=hours_of(request), now=timezone.now()).windows
    head = ",".join(name.replace(" ", "_") for name in HEADERS)
    lines = [head, *(",".join(csv_cells(each)) for each in windows)]
    return HttpResponse(
        "\n".join(lines) + "\n",
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{pod.name}-latency.csv"'},
    )


def csv_cells(window: Window) -> list[str]:
    shares = (("ttft", 0.5), ("ttft", 0.95), ("itl", 0.5), ("itl", 0.95), ("queue", 0.95))
    found = [value(window, key, share) for key, share in shares]
    rate = window.tokens_per_second
    seen = window.latencies.get("ttft")
    return [
        f"{window.start:%Y-%m-%dT%H:%M:%SZ}",
        f"{window.end:%Y-%m-%dT%H:%M:%SZ}",
        str(seen.count if seen else 0),
        *("" if each is None else f"{each[0]:.6f}" for each in found),
        "" if rate is None else f"{rate:.3f}",
    ]
