"""Latency of a pod over time: the figure, the table below it, and the same as CSV."""

from __future__ import annotations

from collections.abc import Callable
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
    Mark,
    Window,
    latency_chart,
    nothing_to_draw,
    value,
)
from fleet.models import AuditEntry, Pod, PodTransition
from fleet.selectors.latency import Series, latency_series
from fleet.views.pod_page import get_pod, hours_of

MOST_MARKS = 20
Marks = Callable[[Pod, datetime, datetime], list[tuple[datetime, str]]]


def marks_of(pod: Pod, series: Series, *, since: datetime, until: datetime) -> list[Mark]:
    """Starts of the engine, changes of state, deeds, and what others know of the time."""
    marks = [Mark(at, "engine started") for at in series.engine_starts]
    changes = PodTransition.objects.filter(pod=pod, at__gte=since, at__lt=until)
    marks += [Mark(row.at, row.get_new_display()) for row in changes]
    deeds = AuditEntry.objects.filter(
        target=str(pod), verb="restart", at__gte=since, at__lt=until
    )
    marks += [Mark(row.at, f"restart by {row.acting_user}") for row in deeds]
    if settings.POD_CHART_MARKS:
        others: Marks = import_string(settings.POD_CHART_MARKS)
        marks += [Mark(at, words) for at, words in others(pod, since, until)]
    return sorted(marks, key=lambda mark: mark.at)[-MOST_MARKS:]


def chart_of(pod: Pod, *, hours: int, now: datetime) -> tuple[LatencyChart, list[Window]]:
    since = now - timedelta(hours=hours)
    series = latency_series(pod, since=since, until=now)
    windows = [
        Window(each.start, each.end, each.latencies, each.tokens_per_second)
        for each in series.points
    ]
    marks = marks_of(pod, series, since=since, until=now)
    return latency_chart(windows, marks), windows


@require_GET
@viewer_required
def pod_latency(request: HttpRequest, pk: int) -> JsonResponse:
    """The figure for plotly.js; `empty` is a sentence when there is nothing to draw."""
    chart, windows = chart_of(get_pod(pk), hours=hours_of(request), now=timezone.now())
    empty = nothing_to_draw(windows)
    return JsonResponse({"figure": chart.figure, "caption": chart.caption, "empty": empty})


@require_GET
@viewer_required
def pod_latency_table(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest windows as a table."""
    chart, _ = chart_of(get_pod(pk), hours=hours_of(request), now=timezone.now())
    return render(request, "fleet/_latency_table.html", {"chart": chart})


@require_GET
@viewer_required
def pod_latency_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every window, in seconds."""
    pod = get_pod(pk)
    _, windows = chart_of(pod, hours=hours_of(request), now=timezone.now())
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
