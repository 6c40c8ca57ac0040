"""The live fleet: fleets, their deployments, their pods, and what is nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet

from fleet.models import (
    ENDED,
    MAYBE_BILLED,
    Deployment,
    EngineSample,
    Fleet,
    Health,
    Orphan,
    Pod,
)
from fleet.selectors.health import shown_health
from fleet.services.burn import pod_usd_per_hour
from fleet.services.replicas import MAX_NEVER_READY

ENDED_SHOWN_HOURS = 24
WORST_FIRST = (
    Health.HUNG,
    Health.DEAD,
    Health.UNKNOWN,
    Health.LOADING,
    Health.BUSY,
    Health.READY,
)


@dataclass(frozen=True, slots=True)
class PodView:
    """One pod as a row. usd_per_hour [USD/h] with disk; 0 once it has ended."""

    pod: Pod
    health: Health
    health_reason: str
    usd_per_hour: Decimal
    latest: EngineSample | None
    tokens_per_minute: int | None


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """One deployment; `trouble` is empty when it is as wanted."""

    deployment: Deployment
    wanted: int
    pods: tuple[PodView, ...]
    usd_per_hour: Decimal
    trouble: str


@dataclass(frozen=True, slots=True)
class FleetView:
    fleet: Fleet
    deployments: tuple[DeploymentView, ...]
    usd_per_hour: Decimal
    worst: Health | None


def live_fleet(*, now: datetime, include_ended: bool = False) -> list[FleetView]:
    """Every fleet with its deployments and pods; ended pods of the last day on request."""
    fleets = Fleet.objects.prefetch_related(
        Prefetch(
            "deployments",
            Deployment.objects.select_related("variant__served_model").prefetch_related(
                Prefetch("pods", shown_pods(now=now, include_ended=include_ended), "shown")
            ),
        )
    )
    return [fleet_view(fleet, now=now) for fleet in fleets]


def shown_pods(*, now: datetime, include_ended: bool) -> QuerySet[Pod]:
    """Pods that belong on the list."""
    shown = ~Q(status__in=ENDED)
    if include_ended:
        shown |= Q(status_since__gte=now - timedelta(hours=ENDED_SHOWN_HOURS))
    return Pod.objects.filter(shown).order_by("-requested_at")


def fleet_view(fleet: Fleet, *, now: datetime) -> FleetView:
    deployments = tuple(
        deployment_view(deployment, now=now) for deployment in fleet.deployments.all()
    )
    states = [
        pod.health for each in deployments for pod in each.pods if not pod.pod.is_ended
    ]
    return FleetView(
        fleet=fleet,
        deployments=deployments,
        usd_per_hour=sum((each.usd_per_hour for each in deployments), Decimal(0)),
        worst=min(states, key=WORST_FIRST.index) if states else None,
    )


def deployment_view(deployment: Deployment, *, now: datetime) -> DeploymentView:
    shown: list[Pod] = deployment.shown  # type: ignore[attr-defined]  # the prefetch
    pods = tuple(pod_view(pod, now=now) for pod in shown)
    wanted = deployment.replicas_wanted(now=now)
    return DeploymentView(
        deployment=deployment,
        wanted=wanted,
        pods=pods,
        usd_per_hour=sum((pod.usd_per_hour for pod in pods), Decimal(0)),
        trouble=trouble_of(deployment, wanted=wanted, now=now),
    )


def trouble_of(deployment: Deployment, *, wanted: int, now: datetime) -> str:
    """Why a deployment is not as wanted, as a sentence; "" when there is nothing to say."""
    if wanted == 0:
        return ""
    if deployment.launch_failures >= MAX_NEVER_READY:
        return (
            "Gave up: no replica became ready. Look at its last pod, then start it again."
        )
    if deployment.not_before is not None and deployment.not_before > now:
        return f"The next try is at {deployment.not_before:%H:%M:%S} UTC."
    return ""


def pod_view(pod: Pod, *, now: datetime) -> PodView:
    health, reason = shown_health(pod, now=now)
    samples = list(pod.samples.order_by("-at")[:2]) if not pod.is_ended else []
    return PodView(
        pod=pod,
        health=health,
        health_reason=reason,
        usd_per_hour=pod_usd_per_hour(pod) if pod.status in MAYBE_BILLED else Decimal(0),
        latest=samples[0] if samples else None,
        tokens_per_minute=tokens_per_minute(samples),
    )


def tokens_per_minute(samples: list[EngineSample]) -> int | None:
    """Prompt and completion tokens per minute between the two newest samples.

    None without two samples of the same server process.
    """
    if len(samples) < 2 or samples[0].process_started_at != samples[1].process_started_at:
        return None
    newer, older = samples
    seconds = (newer.at - older.at).total_seconds()
    served = (newer.prompt_tokens + newer.completion_tokens) - (
        older.prompt_tokens + older.completion_tokens
    )
    return round(served * 60 / seconds) if seconds > 0 and served >= 0 else None


def orphans() -> QuerySet[Orphan]:
    """Pods that the provider bills and that no row of ours wants."""
    return Orphan.objects.filter(gone_at__isnull=True)
