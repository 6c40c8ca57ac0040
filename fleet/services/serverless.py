"""Serverless as a rental: the endpoint that a deployment wants is wished for, and ended.

The wish is a row; `resource_rent` sets it up and ends it until the provider says it is
gone. Between pods and an endpoint one serves before the other goes.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from fleet.models import (
    RESOURCE_RUNS,
    Deployment,
    Health,
    PodStatus,
    ResourceStatus,
    ServerlessEndpoint,
)
from fleet.selectors.health import shown_health
from fleet.selectors.serverless import obstacle, rental_endpoint, usd_per_worker_hour
from fleet.services import audit, replicas, resource_rent
from fleet.services.isolation import apart

RULE = "rule:serverless"
ANSWERING = (Health.READY, Health.BUSY)


def settle_all(
    *, provider: str, simulated: bool, now: datetime, troubles: list[str]
) -> list[str]:
    """Settle every deployment whose endpoint is not as wanted; a word about each step.

    simulated  whether `provider` plays: only deployments of that kind are settled
    """
    words = []
    for pk in unsettled(provider=provider, simulated=simulated):
        work = partial(settle, pk, provider=provider, now=now)
        if said := apart(f"serverless {pk}", work, troubles):
            words.append(said)
    return words


def unsettled(*, provider: str, simulated: bool) -> list[int]:
    """Deployments that want an endpoint and have none, have one and do not want it, or
    whose pods wait for it. One query."""
    runs = ServerlessEndpoint.objects.filter(
        deployment=OuterRef("pk"),
        provider=provider,
        is_rental=True,
        status__in=RESOURCE_RUNS,
    )
    wants = Q(rental_kind="serverless", replicas__gt=0)
    rows = Deployment.objects.filter(fleet__simulated=simulated).annotate(runs=Exists(runs))
    due = rows.filter(
        (wants & (Q(runs=False) | Q(handover_replicas__gt=0))) | (~wants & Q(runs=True))
    )
    return list(due.order_by("pk").values_list("pk", flat=True))


def settle(deployment_id: int, *, provider: str, now: datetime) -> str:
    """One step towards what a deployment wants of endpoints; "" when there was none.

    The row lock makes two controllers take turns, and the database takes one endpoint
    per rental: a second run finds nothing to do.
    """
    with transaction.atomic():
        row = (
            Deployment.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=deployment_id)
            .first()
        )
        if row is None:
            return ""  # another controller is at it
        endpoint = rental_endpoint(row)
        if not row.wants_endpoint:
            return end_unwanted(row, endpoint, now=now) if endpoint else ""
        if endpoint is None:
            made = request_endpoint(row, provider=provider, now=now)
            return f"endpoint wanted: {made}" if made else ""
        if row.handover_replicas and endpoint.status == ResourceStatus.LIVE:
            return end_handover(row, endpoint, now=now)
        return ""


def request_endpoint(
    deployment: Deployment, *, provider: str, now: datetime
) -> ServerlessEndpoint | None:
    """Write the wish for the endpoint; None while something stands in its way."""
    if obstacle(deployment, provider=provider, now=now):
        return None
    price = usd_per_worker_hour(deployment, provider=provider)
    assert price is not None and deployment.workers_max is not None
    count = deployment.serverlessendpoints.count()
    return ServerlessEndpoint.objects.create(
        deployment=deployment,
        is_rental=True,
        name=replicas.our_name(deployment.slug, f"-sls-{count + 1}"),
        status_since=now,
        requested_at=now,
        provider=provider,
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        workers_min=deployment.workers_min,
        workers_max=deployment.workers_max,
        idle_timeout_seconds=deployment.idle_timeout_seconds,
        queue_delay_seconds=deployment.queue_delay_seconds,
        disk_gb=deployment.container_disk_gb,
        image=settings.WORKER_IMAGE,
        usd_per_worker_hour=price,
    )


def end_handover(
    deployment: Deployment, endpoint: ServerlessEndpoint, *, now: datetime
) -> str:
    """Its endpoint is live: its pods are wanted no more."""
    was, deployment.handover_replicas = deployment.handover_replicas, 0
    deployment.save(update_fields=["handover_replicas"])
    audit.record(
        "hand over", deployment, acting_user=RULE, now=now, pods=was, endpoint=endpoint.name
    )
    return f"{deployment} is handed over to {endpoint}"


def end_unwanted(
    deployment: Deployment, endpoint: ServerlessEndpoint, *, now: datetime
) -> str:
    """End the endpoint of a rental that is over; "" while its pods do not serve yet."""
    wanted = deployment.replicas_wanted(now=now)
    if wanted > serving(deployment, now=now):
        return ""
    reason = "its pods serve" if wanted else "not wanted any more"
    if resource_rent.request_end(
        endpoint, acting_user=RULE, now=now, reason=reason, at_once=False
    ):
        return f"ends: {endpoint}"
    return ""


def serving(deployment: Deployment, *, now: datetime) -> int:
    """Its replicas that answer."""
    pods = deployment.pods.filter(status=PodStatus.SERVING)
    return sum(shown_health(pod, now=now)[0] in ANSWERING for pod in pods)
