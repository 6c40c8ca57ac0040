"""The deployment page: what is wanted, the pods that follow it, and what was done."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.models import AuditEntry, Deployment, ServerlessEndpoint
from fleet.selectors.crossover import ask_for, crossover_words, own_speed, wakes_seen
from fleet.selectors.market_ready import market_readiness
from fleet.selectors.serverless import rental_endpoint
from fleet.selectors.spot import spot_shown
from fleet.services.actions.figures import price_of_replica
from fleet.services.actions.workers import worker_price
from fleet.views.burst import burst_shown
from fleet.views.fleet_list import pod_row
from fleet.views.hours import hours_shown
from fleet.views.pod_events import Event, figures_in_words
from fleet.views.states import deployment_state
from fleet.views.strips import health_spans
from fleet.views.throughput import throughput

PODS_SHOWN = 50


def get_deployment(pk: int) -> Deployment:
    rows = Deployment.objects.select_related("fleet", "variant__served_model")
    return get_object_or_404(rows, pk=pk)


def pod_instead(
    deployment: Deployment, endpoint: ServerlessEndpoint | None, *, now: datetime
) -> tuple[str, ...]:
    """From when on a pod would be cheaper; nothing where it rents pods."""
    if not deployment.is_serverless:
        return ()
    worker = worker_price(deployment, endpoint)
    if not worker:
        return ()
    return crossover_words(
        ask_for(
            deployment.variant,
            gpu_type_id=deployment.gpu_type_id,
            gpu_count=deployment.gpu_count,
            simulated=deployment.fleet.simulated,
            usd_per_pod_hour=price_of_replica(deployment).usd_per_hour,
            usd_per_worker_hour=worker,
            idle_timeout_seconds=deployment.idle_timeout_seconds,
            wakes=wakes_seen(endpoint, now=now),
            speed=own_speed(deployment),
        )
    )


@require_GET
@viewer_required
def deployment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One deployment; its pods come newest first, ended ones too."""
    now, is_fragment = timezone.now(), "live" in request.GET
    deployment = get_deployment(pk)
    pods = list(deployment.pods.order_by("-requested_at")[:PODS_SHOWN])
    endpoint = rental_endpoint(deployment)
    rates, spans = throughput(pods, now=now), health_spans(pods, now=now)
    context = {
        "now": now,
        "deployment": deployment,
        "state": deployment_state(deployment, pods, endpoint=endpoint, now=now),
        "endpoint": endpoint,
        "crossover": () if is_fragment else pod_instead(deployment, endpoint, now=now),
        "market": market_readiness(deployment, now=now) if endpoint else None,
        "rollout": deployment.rollouts.first(),
        "wanted": deployment.replicas_wanted(now=now),
        "burst": burst_shown(deployment, now=now),
        "hours": hours_shown(deployment, now=now),
        "spot": spot_shown(deployment, now=now),
        "rows": [pod_row(pod, rates=rates, spans=spans, now=now) for pod in pods],
        "pod_ids": [pod.pk for pod in pods],
        "events": [
            Event(row.at, "person", f"{row.acting_user}: {row.verb}", figures_in_words(row))
            for row in AuditEntry.objects.filter(target=str(deployment))[:30]
        ],
    }
    template = "fleet/_deployment.html" if is_fragment else "fleet/deployment.html"
    return render(request, template, context)
