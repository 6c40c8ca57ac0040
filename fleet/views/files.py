"""Tables of the fleet as files: what the address filters, exact, in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.csv_files import write_rows
from fleet.models import Incident, JobRun
from fleet.views.actions import actions_asked, state_asked
from fleet.views.fleet_list import Filter, PodRow, fleet_rows

MOST_ROWS = 20_000  # newest first
POD_COLUMNS = (
    *("fleet", "deployment", "pod", "provider", "provider_id", "state", "status"),
    *("gpu", "gpus", "usd_per_hour", "tokens_per_minute"),
    *("requested_at_utc", "billed_from_utc", "billed_until_utc", "simulated"),
)
ACTION_COLUMNS = (
    *("action", "kind", "target", "deployment", "state", "confirmed_at_utc"),
    *("confirmed_by", "usd_per_hour", "usd_per_day", "ended_at_utc", "outcome"),
)
INCIDENT_COLUMNS = (
    *("incident", "rule", "severity", "title", "detail", "pod", "deployment"),
    *("first_seen_at_utc", "opened_at_utc", "closed_at_utc"),
    *("acknowledged_by", "acknowledged_at_utc"),
)
RUN_COLUMNS = ("job", "started_at_utc", "ended_at_utc", "seconds", "result", "summary")


def instant(at: datetime | None) -> str:
    """An instant as ISO 8601 in UTC; empty where it is not known."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def yes_or_no(fact: bool) -> str:
    return "yes" if fact else "no"


def file_of(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> HttpResponse:
    """A CSV file with a header; no spreadsheet takes a cell of it for a formula."""
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
    write_rows(columns, rows, response.write)
    return response


@require_GET
@viewer_required
def pods_csv(request: HttpRequest) -> HttpResponse:
    """The pods of the fleet page, by the same filter."""
    fleets = fleet_rows(Filter.of(request), now=timezone.now())
    rows = (
        pod_cells(fleet.fleet.name, row, simulated=fleet.fleet.simulated)
        for fleet in fleets
        for deployment in fleet.deployments
        for row in deployment.pods
    )
    return file_of("pods", POD_COLUMNS, rows)


def pod_cells(fleet: str, row: PodRow, *, simulated: bool) -> list[object]:
    """A pod; its rate is empty where none is known, never 0."""
    pod, rate = row.pod, row.throughput.tokens_per_minute
    return [
        *(fleet, pod.deployment.slug, pod.name, pod.provider, pod.provider_id),
        *(row.state.word, pod.status, pod.gpu_type_id, pod.gpu_count, row.usd_per_hour),
        rate if isinstance(rate, int | float | Decimal) else "",
        *(instant(pod.requested_at), instant(pod.billed_from), instant(pod.billed_until)),
        yes_or_no(simulated),
    ]


@require_GET
@viewer_required
def actions_csv(request: HttpRequest) -> HttpResponse:
    """The confirmed actions of the page's filter, newest first."""
    rows = (
        [
            *(row.pk, row.kind, row.target, row.deployment.slug if row.deployment else ""),
            *(row.result or "running", instant(row.confirmed_at), row.confirmed_by),
            *(row.figures.get("usd_per_hour"), row.figures.get("usd_per_day")),
            *(instant(row.ended_at), row.outcome),
        ]
        for row in actions_asked(state_asked(request))[:MOST_ROWS]
    )
    return file_of("actions", ACTION_COLUMNS, rows)


@require_GET
@viewer_required
def incidents_csv(request: HttpRequest) -> HttpResponse:
    """Every incident that counted, newest first; the open ones have no end."""
    found = Incident.objects.filter(opened_at__isnull=False)
    rows = (
        [
            *(row.pk, row.rule, row.get_severity_display(), row.title, row.detail),
            *(
                row.pod.name if row.pod else "",
                row.deployment.slug if row.deployment else "",
            ),
            *(instant(row.first_seen_at), instant(row.opened_at), instant(row.closed_at)),
            *(row.acknowledged_by, instant(row.acknowledged_at)),
        ]
        for row in found.select_related("pod", "deployment")[:MOST_ROWS]
    )
    return file_of("incidents", INCIDENT_COLUMNS, rows)


@require_GET
@viewer_required
def runs_csv(request: HttpRequest) -> HttpResponse:
    """The runs of all jobs, newest first."""
    return file_of("runs", RUN_COLUMNS, map(run_cells, newest_runs()))


def newest_runs() -> Iterator[JobRun]:
    return iter(JobRun.objects.order_by("-started_at")[:MOST_ROWS])


def run_cells(run: JobRun) -> list[object]:
    """A run; one that goes on has no end and no duration."""
    seconds = "" if run.seconds is None else f"{run.seconds:.3f}"
    return [
        *(run.name, instant(run.started_at), instant(run.ended_at), seconds),
        *(run.result, run.summary),
    ]
