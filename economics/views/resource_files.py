"""Volumes, endpoints and strays as files: the rows of their pages, exact, in UTC."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.selectors import unattributed_resources
from economics.selectors.resource_cost import cost_to_date
from fleet.access import viewer_required
from fleet.models import NetworkVolume, ServerlessEndpoint, StrayResource
from fleet.selectors.resources import pods_mounting, stray_usd_per_hour
from fleet.views.files import MOST_ROWS, file_of, instant, yes_or_no
from fleet.views.resources import ENDED_SHOWN, endpoint_row, shown, volume_row

VOLUME_COLUMNS = (
    *("volume", "deployment", "simulated", "provider_id", "status", "status_since_utc"),
    *("status_reason", "data_center", "size_gb", "growing_to_gb", "usd_per_hour"),
    *("usd_per_month_of_730_hours", "cost_to_date_usd", "mounted_by"),
    *("billed_from_utc", "billed_until_utc"),
)
ENDPOINT_COLUMNS = (
    *("endpoint", "deployment", "simulated", "provider_id", "status", "status_since_utc"),
    *("status_reason", "gpu", "gpus_per_worker", "workers_seen", "workers_seen_at_utc"),
    *("workers_min", "workers_max", "usd_per_worker_hour", "usd_per_hour"),
    *("most_usd_per_hour", "cost_to_date_usd", "billed_from_utc", "billed_until_utc"),
)
STRAY_COLUMNS = (
    *("kind", "name", "provider", "provider_id", "ours_by_name", "size_gb"),
    *("workers_seen", "workers_min", "workers_max", "usd_per_hour", "billed_usd"),
    *("first_seen_at_utc", "last_seen_at_utc", "end_wanted_by", "end_sent_at_utc"),
    "end_refused",
)


@require_GET
@viewer_required
def volumes_csv(request: HttpRequest) -> HttpResponse:
    """Volumes that have not ended, or ended in the last 7 days, newest first. What is not
    billed has no price."""
    now = timezone.now()
    rows: list[NetworkVolume] = list(shown(NetworkVolume, now - ENDED_SHOWN, MOST_ROWS))
    mounting, costs = pods_mounting(rows), cost_to_date(rows, now=now)
    cells = []
    for row in rows:
        each = volume_row(row, mounting.get(row.pk, []))
        cells.append(
            [
                *common(row),
                *(row.data_center_id, row.size_gb, row.growing_to_gb),
                *(each.usd_per_hour, each.usd_per_month, costs[row.name]),
                "; ".join(pod.name for pod in each.pods),
                *(instant(row.billed_from), instant(row.billed_until)),
            ]
        )
    return file_of("volumes", VOLUME_COLUMNS, cells)


def common(row: NetworkVolume | ServerlessEndpoint) -> list[object]:
    """What both tables begin with."""
    return [
        *(row.name, row.deployment.slug, yes_or_no(row.deployment.fleet.simulated)),
        *(row.provider_id, row.status, instant(row.status_since), row.status_reason),
    ]


@require_GET
@viewer_required
def endpoints_csv(request: HttpRequest) -> HttpResponse:
    """Endpoints that have not ended, or ended in the last 7 days, newest first. What its
    workers cost now is empty before they were counted."""
    now = timezone.now()
    rows: list[ServerlessEndpoint] = list(
        shown(ServerlessEndpoint, now - ENDED_SHOWN, MOST_ROWS)
    )
    costs = cost_to_date(rows, now=now)
    cells = (
        [
            *common(row),
            *(row.gpu_type_id, row.gpu_count, row.workers_seen),
            *(instant(row.workers_seen_at), row.workers_min, row.workers_max),
            *(row.usd_per_worker_hour, endpoint_row(row).usd_per_hour),
            *(row.most_usd_per_hour, costs[row.name]),
            *(instant(row.billed_from), instant(row.billed_until)),
        ]
        for row in rows
    )
    return file_of("endpoints", ENDPOINT_COLUMNS, cells)


@require_GET
@viewer_required
def strays_csv(request: HttpRequest) -> HttpResponse:
    """Volumes and endpoints that the provider has and nobody ordered."""
    billed = {(each.kind, each.provider_id): each.usd for each in unattributed_resources()}
    cells = (
        [
            *(row.kind, row.name, row.provider, row.provider_id, yes_or_no(row.ours)),
            row.size_gb if row.kind == StrayResource.Kind.VOLUME else "",
            *(row.workers_seen, row.workers_min, row.workers_max),
            *(stray_usd_per_hour(row), billed.get((row.kind, row.provider_id))),
            *(instant(row.first_seen_at), instant(row.last_seen_at)),
            *(row.end_wanted_by, instant(row.end_sent_at), row.end_refused),
        ]
        for row in StrayResource.objects.filter(gone_at__isnull=True)[:MOST_ROWS]
    )
    return file_of("strays", STRAY_COLUMNS, cells)
