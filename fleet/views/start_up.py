"""Where the time of the last starts went: the figure, the table below it, and its CSV."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.charts.start_up import StartBar, StartUpChart, start_up_chart
from fleet.models import Deployment
from fleet.selectors.start_bars import STAGES, LastStarts, last_starts
from fleet.templatetags.numbers import duration_words
from fleet.views.deployment_page import get_deployment
from fleet.views.files import file_of, instant

NOTHING = "No pod of it was started yet."
COLUMNS = (
    *("pod", "requested_at_utc", "ready_at_utc", "gpu", "gpus", "outcome"),
    *(f"{name.replace(' ', '_')}_seconds" for name in STAGES),
    *("request_to_ready_seconds", "told_together", "simulated"),
)


def drawn(deployment: Deployment, found: LastStarts) -> StartUpChart:
    return start_up_chart(
        found.bars,
        found.median,
        stages=STAGES,
        compared=found.compared,
        words=duration_words,
        simulated=deployment.fleet.simulated,
    )


@require_GET
@viewer_required
def start_up_json(request: HttpRequest, pk: int) -> JsonResponse:
    """The figure for plotly.js; `empty` is a sentence when there is nothing to draw."""
    deployment = get_deployment(pk)
    chart = drawn(deployment, last_starts(deployment, now=timezone.now()))
    return JsonResponse(
        {
            "figure": chart.figure,
            "caption": chart.caption,
            "empty": "" if chart.rows else NOTHING,
        }
    )


@require_GET
@viewer_required
def start_up_table(request: HttpRequest, pk: int) -> HttpResponse:
    """The same bars as a table."""
    deployment = get_deployment(pk)
    chart = drawn(deployment, last_starts(deployment, now=timezone.now()))
    return render(request, "fleet/_start_up_table.html", {"chart": chart})


@require_GET
@viewer_required
def start_up_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """The same bars in seconds; a stage of no known length is empty, never 0."""
    deployment = get_deployment(pk)
    found = last_starts(deployment, now=timezone.now())
    rows = csv_rows(found, simulated=deployment.fleet.simulated)
    return file_of(f"{deployment.slug}-starts", COLUMNS, rows)


def csv_rows(found: LastStarts, *, simulated: bool) -> Iterator[list[object]]:
    """A row a start, newest first, and the median last."""
    for pod, bar in zip(found.pods, found.bars, strict=True):
        yield [
            *(pod.name, instant(pod.requested_at), instant(pod.ready_at)),
            *(pod.gpu_type_id, pod.gpu_count, bar.outcome),
            *seconds_of(bar),
            "yes" if simulated else "no",
        ]
    if found.median is not None:
        yield [
            *("", "", "", "", "", found.median.label),
            *seconds_of(found.median),
            "yes" if simulated else "no",
        ]


def seconds_of(bar: StartBar) -> list[object]:
    told = [" + ".join((part.name, *part.joined)) for part in bar.parts if part.joined]
    return [
        *("" if part.seconds is None else f"{part.seconds:.3f}" for part in bar.parts),
        f"{bar.total:.3f}",
        "; ".join(told),
    ]
