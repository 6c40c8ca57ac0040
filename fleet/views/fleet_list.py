"""The fleet page: fleets, their deployments and pods, and what nobody ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.models import ENDED, Deployment, Fleet, Orphan, Pod, ServerlessEndpoint
from fleet.selectors.burn import pod_usd_per_hour
from fleet.selectors.resources import endpoint_usd_per_hour
from fleet.selectors.serverless import rental_endpoints
from fleet.services.actions.selection import DEEDS
from fleet.views.state_words import State
from fleet.views.states import deployment_state, pod_state, worst
from fleet.views.strips import HealthSpan, health_spans
from fleet.views.throughput import ENDED_RATE, SILENT, Throughput, throughput

MAINTENANCE = "maintenance"
TOGETHER = (*DEEDS.items(), (MAINTENANCE, "Put in maintenance"))  # with several at once
SHOWN_ENDED = 25  # pods of the past, newest first


@dataclass(frozen=True)
class PodRow:
    """A pod as a row of the page."""

    pod: Pod
    state: State
    usd_per_hour: Decimal | None  # with its disk; None: nothing is billed
    throughput: Throughput
    spans: list[HealthSpan]


@dataclass(frozen=True)
class DeploymentRow:
    deployment: Deployment
    state: State
    wanted: int
    pods: list[PodRow]
    endpoint: ServerlessEndpoint | None = None  # of its rental

    @property
    def usd_per_hour(self) -> Decimal:
        workers = Decimal(0)
        if self.endpoint is not None and self.endpoint.may_be_billed:
            workers = endpoint_usd_per_hour(self.endpoint)
        return sum((row.usd_per_hour or Decimal(0) for row in self.pods), workers)


@dataclass(frozen=True)
class FleetRow:
    fleet: Fleet
    state: State
    deployments: list[DeploymentRow]

    @property
    def usd_per_hour(self) -> Decimal:
        return sum((row.usd_per_hour for row in self.deployments), Decimal(0))

    @property
    def pods(self) -> list[PodRow]:
        return [row for deployment in self.deployments for row in deployment.pods]

    @property
    def pod_ids(self) -> list[int]:
        return [row.pod.pk for row in self.pods]

    @property
    def price_known_as(self) -> str:
        """How the prices are known: of some pod the quote alone, or agreed with all."""
        if self.fleet.simulated:
            return "simulated"
        billed = (row.pod for row in self.pods if row.usd_per_hour is not None)
        quoted = any(pod.usd_per_pod_hour is None for pod in billed)
        return "estimated" if quoted else "accrued"

    @property
    def sampled_at(self) -> datetime | None:
        """The newest engine sample of its pods; None where there is none of now."""
        seen = [row.throughput.sampled_at for row in self.pods]
        return max((at for at in seen if at is not None), default=None)


@dataclass(frozen=True)
class Filter:
    """What the address asks for. Anything unknown is the default."""

    status: str
    query: str

    @classmethod
    def of(cls, request: HttpRequest) -> Filter:
        status = "all" if request.GET.get("status") == "all" else "live"
        return cls(status, request.GET.get("q", "").replace("\x00", "").strip()[:80])


def shown_deployments(wanted: Filter) -> QuerySet[Deployment]:
    """The deployments that the page shows."""
    deployments = Deployment.objects.select_related("fleet", "variant__served_model")
    if not wanted.query:
        return deployments
    return deployments.filter(
        Q(slug__icontains=wanted.query)
        | Q(fleet__name__icontains=wanted.query)
        | Q(variant__served_model__name__icontains=wanted.query)
        | Q(gpu_type_id__icontains=wanted.query)
        | Q(pods__name__icontains=wanted.query)
    ).distinct()


def fleet_rows(wanted: Filter, *, now: datetime) -> list[FleetRow]:
    """The fleets that match, with their deployments and pods. Seven queries."""
    found = list(shown_deployments(wanted))
    pods = _pods(found, wanted)
    rates = throughput(pods, now=now)
    spans = health_spans(pods, now=now)
    endpoints = rental_endpoints(found)
    by_deployment: dict[int, list[PodRow]] = defaultdict(list)
    for pod in pods:
        by_deployment[pod.deployment_id].append(
            pod_row(pod, rates=rates, spans=spans, now=now)
        )
    by_fleet: dict[Fleet, list[DeploymentRow]] = defaultdict(list)
    for deployment in found:
        rows = by_deployment[deployment.pk]
        endpoint = endpoints.get(deployment.pk)
        state = deployment_state(
            deployment, [row.pod for row in rows], endpoint=endpoint, now=now
        )
        wanted_pods = deployment.replicas_wanted(now=now)
        by_fleet[deployment.fleet].append(
            DeploymentRow(deployment, state, wanted_pods, rows, endpoint)
        )
    if not wanted.query:
        for fleet in Fleet.objects.all():
            by_fleet.setdefault(fleet, [])
    return [
        FleetRow(fleet, worst(row.state for row in rows), rows)
        for fleet, rows in sorted(
            by_fleet.items(), key=lambda item: (item[0].tier, item[0].name)
        )
    ]


def _pods(deployments: Iterable[Deployment], wanted: Filter) -> list[Pod]:
    pods = Pod.objects.filter(deployment__in=list(deployments))
    live = list(pods.exclude(status__in=ENDED).order_by("requested_at"))
    if wanted.status == "live":
        return live
    return live + list(pods.filter(status__in=ENDED)[:SHOWN_ENDED])


def pod_row(
    pod: Pod,
    *,
    rates: dict[int, Throughput],
    spans: dict[int, list[HealthSpan]],
    now: datetime,
) -> PodRow:
    billed = None if pod.is_ended or pod.status == "requested" else pod_usd_per_hour(pod)
    return PodRow(
        pod,
        pod_state(pod, now=now),
        billed,
        ENDED_RATE if pod.is_ended else rates.get(pod.pk, SILENT),
        spans.get(pod.pk, []),
    )


def _context(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    wanted = Filter.of(request)
    rows = fleet_rows(wanted, now=now)
    orphans = list(Orphan.objects.filter(gone_at__isnull=True))
    return {
        "now": now,
        "filter": wanted,
        "fleets": rows,
        "deeds": TOGETHER,
        "orphans": orphans,
        "orphans_usd_per_hour": sum((o.usd_per_pod_hour for o in orphans), Decimal(0)),
        "usd_per_hour": sum((row.usd_per_hour for row in rows), Decimal(0)),
        "has_deployments": any(row.deployments for row in rows),
        "pod_ids": [pk for row in rows for pk in row.pod_ids],
        "orphans_known_as": "simulated" if settings.KERNE_SANDBOX else "billed",
        "orphans_seen_at": max((o.last_seen_at for o in orphans), default=None),
    }


@require_GET
@viewer_required
def fleet_list(request: HttpRequest) -> HttpResponse:
    """Everything that is wanted and rented; `?status=all` shows ended pods too."""
    return render(request, "fleet/list.html", _context(request))


@require_GET
@viewer_required
def fleet_live(request: HttpRequest) -> HttpResponse:
    """The same rows as a fragment that reads itself again."""
    return render(request, "fleet/_list.html", _context(request))
