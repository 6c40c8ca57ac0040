"""Pages of network volumes and serverless endpoints: what is there, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.models import (
    RESOURCE_OVER,
    Cloud,
    Deployment,
    MarketOffer,
    NetworkVolume,
    OfferSource,
    Pod,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.selectors.resources import (
    endpoint_usd_per_hour,
    pods_mounting,
    stray_usd_per_hour,
    volume_usd_per_hour,
    volume_usd_per_month,
)

MOST_ROWS = 200
ENDED_SHOWN = timedelta(days=7)
STATE_KINDS = {
    ResourceStatus.REQUESTED: "starting",
    ResourceStatus.CREATING: "starting",
    ResourceStatus.LIVE: "healthy",
    ResourceStatus.ENDING: "degraded",
    ResourceStatus.ENDED: "stopped",
    ResourceStatus.FAILED: "down",
}


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """A volume with its price [USD/h and per month of 730 h] and what mounts it."""

    row: NetworkVolume
    kind: str
    usd_per_hour: Decimal | None
    usd_per_month: Decimal | None
    pods: list[Pod]


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint with what it costs now, by the workers last seen [USD/h]."""

    row: ServerlessEndpoint
    kind: str
    usd_per_hour: Decimal | None


@dataclass(frozen=True, slots=True)
class StrayRow:
    """A stray with what it costs now [USD/h]; None where that is unknown."""

    row: StrayResource
    usd_per_hour: Decimal | None


@require_GET
@viewer_required
def volumes(request: HttpRequest) -> HttpResponse:
    """Every network volume, its cost, what mounts it, and a form to rent one."""
    now = timezone.now()
    rows = list(shown(NetworkVolume, now - ENDED_SHOWN))
    mounting = pods_mounting(rows)
    context = common(StrayResource.Kind.VOLUME, [row.name for row in rows])
    context |= {
        "now": now,
        "volumes": [volume_row(row, mounting.get(row.pk, [])) for row in rows],
        "resources": rows,
        "deployments": without_volume(),
        "centers": data_centers(),
    }
    return render(request, "fleet/volumes.html", context)


@require_GET
@viewer_required
def serverless(request: HttpRequest) -> HttpResponse:
    """Every serverless endpoint, its workers and cost, and a form to set one up."""
    now = timezone.now()
    rows = list(shown(ServerlessEndpoint, now - ENDED_SHOWN))
    context = common(StrayResource.Kind.ENDPOINT, [row.name for row in rows])
    context |= {
        "now": now,
        "endpoints": [endpoint_row(row) for row in rows],
        "resources": rows,
        "deployments": our_deployments(),
    }
    return render(request, "fleet/serverless.html", context)


def shown(model: Any, since: Any, most: int = MOST_ROWS) -> Any:
    """Rows that are not over, and those that ended since; newest first, at most `most`."""
    rows = model.objects.select_related("deployment__fleet")
    return (
        rows.exclude(status__in=RESOURCE_OVER) | rows.filter(status_since__gte=since)
    ).order_by("-requested_at", "-pk")[:most]


def common(kind: StrayResource.Kind, names: list[str]) -> dict[str, Any]:
    """What both pages show: strays, and how many rows there are."""
    strays = StrayResource.objects.filter(kind=kind, gone_at__isnull=True)
    return {
        "strays": [
            StrayRow(stray, stray_usd_per_hour(stray)) for stray in strays[:MOST_ROWS]
        ],
        "many": len(names),
        "deletes_volumes": settings.STRAY_VOLUME_DELETE,
        "ends_endpoints": settings.ORPHAN_TERMINATE,
    }


def volume_row(row: NetworkVolume, pods: list[Pod]) -> VolumeRow:
    """A volume as the page shows it; one that is not billed has no price."""
    billed = row.may_be_billed
    return VolumeRow(
        row,
        STATE_KINDS[ResourceStatus(row.status)],
        volume_usd_per_hour(row.size_gb) if billed else None,
        volume_usd_per_month(row.size_gb) if billed else None,
        pods,
    )


def endpoint_row(row: ServerlessEndpoint) -> EndpointRow:
    """An endpoint as the page shows it; None before its workers were counted."""
    known = row.may_be_billed and row.workers_seen_at is not None
    return EndpointRow(
        row,
        STATE_KINDS[ResourceStatus(row.status)],
        endpoint_usd_per_hour(row) if known else None,
    )


def our_deployments() -> list[str]:
    """Slugs of deployments that this cloud's money may rent for."""
    rows = Deployment.objects.filter(fleet__simulated=settings.KERNE_SANDBOX)
    return list(rows.order_by("slug").values_list("slug", flat=True)[:MOST_ROWS])


def without_volume() -> list[str]:
    """Slugs of deployments that can mount a volume and have none."""
    taken = NetworkVolume.objects.exclude(status__in=RESOURCE_OVER).values("deployment")
    rows = Deployment.objects.filter(
        fleet__simulated=settings.KERNE_SANDBOX, cloud=Cloud.SECURE
    ).exclude(pk__in=taken)
    return list(rows.order_by("slug").values_list("slug", flat=True)[:MOST_ROWS])


def data_centers() -> list[str]:
    """Data centres that the catalog names, by their ids."""
    named = MarketOffer.objects.filter(
        provider=settings.PROVIDER_NAME, source=OfferSource.CATALOG
    ).values_list("data_centers", flat=True)
    found = {str(each.get("id", "")) for centers in named for each in centers}
    return sorted(found - {""})
