"""The deployment page: what is wanted, the pods that follow it, and what was done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.models import AuditEntry, Deployment
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


@require_GET
@viewer_required
def deployment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One deployment; its pods come newest first, ended ones too."""
    now = timezone.now()
    deployment = get_deployment(pk)
    pods = list(deployment.pods.order_by("-requested_at")[:PODS_SHOWN])
    rates, spans = throughput(pods, now=now), health_spans(pods, now=now)
    context = {
        "now": now,
        "deployment": deployment,
        "state": deployment_state(deployment, pods, now=now),
        "rollout": deployment.rollouts.first(),
        "wanted": deployment.replicas_wanted(now=now),
        "burst": burst_shown(deployment, now=now),
        "hours": hours_shown(deployment, now=now),
        "rows": [pod_row(pod, rates=rates, spans=spans, now=now) for pod in pods],
        "pod_ids": [pod.pk for pod in pods],
        "events": [
            Event(row.at, "person", f"{row.acting_user}: {row.verb}", figures_in_words(row))
            for row in AuditEntry.objects.filter(target=str(deployment))[:30]
        ],
    }
    template = (
        "fleet/_deployment.html" if "live" in request.GET else "fleet/deployment.html"
    )
    return render(request, template, context)
