"""GET /api/v1/fleets: what is wanted and rented now, as on the fleet page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.money import round_stored_rate
from economics.calc.unknown import Unknown
from fleet.models import Orphan, PodStatus, ResourceStatus, ServerlessEndpoint
from fleet.views.fleet_list import DeploymentRow, Filter, FleetRow, PodRow, fleet_rows
from fleet.views.states import WORST_FIRST, State
from kerne_site.api import Asked, Endpoint, api_view
from kerne_site.api import schemas as s

LIVE = Filter(status="live", query="")
NOT_COUNTED = Unknown("its workers were not counted yet")
NOT_TOLD = Unknown("its health was not told yet")
NOT_METERED = Unknown("vLLM's counters can not be read on serverless workers")
NOT_RENTED = Unknown("nothing is rented yet, so nothing is billed")


@api_view()
def fleets(request: HttpRequest) -> dict[str, Any]:
    """The fleets with their live pods, and the pods that are billed and nobody wants."""
    Asked(request.GET).check()
    now = timezone.now()
    rows = fleet_rows(LIVE, now=now)
    orphans = list(Orphan.objects.filter(gone_at__isnull=True))
    return {
        "as_of": now,
        "fleets_usd_per_hour": rate(sum((row.usd_per_hour for row in rows), Decimal(0))),
        "orphans_usd_per_hour": rate(
            sum((each.usd_per_pod_hour for each in orphans), Decimal(0))
        ),
        "fleets": [fleet_of(row) for row in rows],
        "orphans": [orphan_of(each) for each in orphans],
    }


def rate(usd_per_hour: Decimal) -> Decimal:
    """A rate [USD / h] with the 8 decimals that the books keep beside a line."""
    return round_stored_rate(usd_per_hour)


def fleet_of(row: FleetRow) -> dict[str, Any]:
    fleet = row.fleet
    return {
        "slug": fleet.slug,
        "name": fleet.name,
        "tier": fleet.tier,
        "is_simulated": fleet.simulated,
        "state": state_of(row.state),
        "usd_per_hour": rate(row.usd_per_hour),
        "deployments": [deployment_of(each) for each in row.deployments],
    }


def deployment_of(row: DeploymentRow) -> dict[str, Any]:
    deployment = row.deployment
    return {
        "id": deployment.pk,
        "slug": deployment.slug,
        "model": deployment.variant.served_model.slug,
        "repository": deployment.variant.repository,
        "precision": deployment.variant.precision,
        "gpu_type_id": deployment.gpu_type_id,
        "gpus_per_replica": deployment.gpu_count,
        "cloud": deployment.cloud,
        "rental_kind": deployment.rental_kind,
        "replicas_wanted": row.wanted,
        "state": state_of(row.state),
        "usd_per_hour": rate(row.usd_per_hour),
        "pods": [pod_of(each) for each in row.pods],
        "endpoint": endpoint_of(row.endpoint) if row.endpoint else None,
    }


def endpoint_of(row: ServerlessEndpoint) -> dict[str, Any]:
    """The endpoint of a serverless deployment, as the provider told it last."""
    is_counted = row.workers_seen is not None
    return {
        "name": row.name,
        "provider": row.provider,
        "provider_id": row.provider_id or None,
        "status": row.status,
        "workers": row.workers_seen if is_counted else NOT_COUNTED,
        "workers_min": row.workers_min,
        "workers_max": row.workers_max,
        "workers_seen_at": row.workers_seen_at,
        "jobs_queued": NOT_TOLD if row.jobs_queued is None else row.jobs_queued,
        "jobs_running": NOT_TOLD if row.jobs_running is None else row.jobs_running,
        "health_at": row.health_at,
        "usd_per_hour": rate(row.rate_now) if is_counted else NOT_COUNTED,
        "usd_per_hour_most": rate(row.most_usd_per_hour),
        "tokens": NOT_METERED,
    }


def pod_of(row: PodRow) -> dict[str, Any]:
    """A pod; its rate is the provider's word, or our quote until there is one."""
    pod, billed = row.pod, row.usd_per_hour
    return {
        "id": pod.pk,
        "name": pod.name,
        "provider": pod.provider,
        "provider_id": pod.provider_id or None,
        "status": pod.status,
        "state": state_of(row.state),
        "usd_per_hour": NOT_RENTED if billed is None else rate(billed),
        "is_quote": pod.usd_per_pod_hour is None,
        "tokens_per_minute": row.throughput.tokens_per_minute,
        "requested_at": pod.requested_at,
        "ready_at": pod.ready_at,
    }


def orphan_of(orphan: Orphan) -> dict[str, Any]:
    """A pod that the provider bills and that no deployment wants."""
    return {
        "name": orphan.name,
        "provider": orphan.provider,
        "provider_id": orphan.provider_id,
        "usd_per_hour": rate(orphan.usd_per_pod_hour),
        "first_seen_at": orphan.first_seen_at,
    }


def state_of(state: State) -> dict[str, str]:
    return {"kind": state.kind, "word": state.word, "why": state.why}


USD_PER_HOUR = s.described(s.DECIMAL, "USD per hour with container disks, 8 decimals.")
STATE = s.record(kind=s.words(*WORST_FIRST), word=s.TEXT, why=s.TEXT)
POD = s.record(
    id=s.WHOLE,
    name=s.TEXT,
    provider=s.TEXT,
    provider_id=s.or_null(s.TEXT),
    status=s.words(*PodStatus.values),
    state=STATE,
    usd_per_hour=s.or_unknown(USD_PER_HOUR),
    is_quote=s.described(s.FLAG, "The provider has not said its price yet."),
    tokens_per_minute=s.or_unknown(
        s.described(s.DECIMAL, "Prompt and completion tokens of the last 5 minutes.")
    ),
    requested_at=s.INSTANT,
    ready_at=s.or_null(s.INSTANT),
)
WORKERS_RATE = s.described(s.DECIMAL, "USD per hour of its workers, without their disks.")
SERVERLESS = s.record(
    name=s.TEXT,
    provider=s.TEXT,
    provider_id=s.or_null(s.TEXT),
    status=s.words(*ResourceStatus.values),
    workers=s.or_unknown(s.WHOLE),
    workers_min=s.WHOLE,
    workers_max=s.WHOLE,
    workers_seen_at=s.or_null(s.INSTANT),
    jobs_queued=s.or_unknown(s.WHOLE),
    jobs_running=s.or_unknown(s.WHOLE),
    health_at=s.or_null(s.INSTANT),
    usd_per_hour=s.or_unknown(WORKERS_RATE),
    usd_per_hour_most=WORKERS_RATE,
    tokens=s.or_unknown(s.WHOLE),
)
DEPLOYMENT = s.record(
    id=s.WHOLE,
    slug=s.TEXT,
    model=s.TEXT,
    repository=s.TEXT,
    precision=s.TEXT,
    gpu_type_id=s.TEXT,
    gpus_per_replica=s.WHOLE,
    cloud=s.TEXT,
    rental_kind=s.TEXT,
    replicas_wanted=s.described(s.WHOLE, "Now: outside scheduled hours their baseline."),
    state=STATE,
    usd_per_hour=USD_PER_HOUR,
    pods=s.many(POD),
    endpoint=s.or_null(SERVERLESS),
)
FLEET = s.record(
    slug=s.TEXT,
    name=s.TEXT,
    tier=s.WHOLE,
    is_simulated=s.described(s.FLAG, "Play money."),
    state=STATE,
    usd_per_hour=USD_PER_HOUR,
    deployments=s.many(DEPLOYMENT),
)
ORPHAN = s.record(
    name=s.TEXT,
    provider=s.TEXT,
    provider_id=s.TEXT,
    usd_per_hour=s.DECIMAL,
    first_seen_at=s.INSTANT,
)
FLEETS = Endpoint(
    path="fleets",
    view=fleets,
    line="Fleets with their deployments and pods: states, and what each costs per hour.",
    answer=s.record(
        as_of=s.INSTANT,
        fleets_usd_per_hour=USD_PER_HOUR,
        orphans_usd_per_hour=s.described(s.DECIMAL, "USD per hour, billed and not wanted."),
        fleets=s.many(FLEET),
        orphans=s.many(ORPHAN),
    ),
)
