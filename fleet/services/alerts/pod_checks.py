"""Checks of pods, orphans and deployments: facts in, findings out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from fleet.models import (
    MAX_NEVER_READY,
    RENTED,
    Deployment,
    Health,
    NetworkVolume,
    Orphan,
    Pod,
    PodStatus,
    PodTransition,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.selectors.burn import pod_usd_per_hour
from fleet.selectors.health import shown_health
from fleet.selectors.providers import disconnected_pods, provider_names
from fleet.selectors.resources import stray_usd_per_hour, volume_usd_per_month
from fleet.services import resource_rent, termination
from fleet.services.alerts.definitions import Finding

GHOST_SHOWN = timedelta(hours=1)
VANISHED = "vanished"


def our_pods(*statuses: PodStatus) -> list[Pod]:
    return list(
        Pod.objects.filter(
            provider__in=provider_names(), status__in=statuses
        ).select_related("deployment")
    )


def minutes_words(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"


def unwell(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Pods that were ready and now hang or answer nothing. Unknown is neither."""
    found = []
    for pod in our_pods(PodStatus.SERVING):
        health, reason = shown_health(pod, now=now)
        if health in (Health.HUNG, Health.DEAD):
            since = pod.health_since or now
            found.append(
                Finding(
                    pod.name,
                    f"{pod.name} is {health.label}",
                    f"{reason or health.label}, for "
                    f"{minutes_words((now - since).total_seconds())}; billed "
                    f"{pod_usd_per_hour(pod):.4f} USD/h.",
                    since=since,
                    pod=pod,
                )
            )
    return found


def stuck_loading(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Pods that are rented, and not ready by their deadline."""
    return [
        Finding(
            pod.name,
            f"{pod.name} is stuck while it loads",
            f"Ready by {pod.ready_by:%H:%M} UTC was promised; that is "
            f"{minutes_words((now - pod.ready_by).total_seconds())} ago. Billed "
            f"{pod_usd_per_hour(pod):.4f} USD/h.",
            since=pod.ready_by,
            pod=pod,
        )
        for pod in our_pods(PodStatus.CREATING, PodStatus.PROVISIONING)
        if pod.ready_by < now
    ]


def end_unconfirmed(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Pods, volumes and endpoints told to end over five minutes ago, still billed."""
    return [
        Finding(
            pod.name,
            f"{pod.name} was told to stop and is still billed",
            f"Told at {pod.terminate_requested_at:%H:%M} UTC, and the provider has not "
            f"confirmed its end; about {pod_usd_per_hour(pod):.4f} USD/h.",
            since=pod.terminate_requested_at,
            pod=pod,
        )
        for pod in termination.overdue(now=now)
        if pod.provider in provider_names()
    ] + resource_end_unconfirmed(now)


def resource_end_unconfirmed(now: datetime) -> list[Finding]:
    """Volumes and endpoints that were told to end over five minutes ago."""
    rows: tuple[NetworkVolume | ServerlessEndpoint, ...] = (
        *NetworkVolume.objects.filter(status=ResourceStatus.ENDING),
        *ServerlessEndpoint.objects.filter(status=ResourceStatus.ENDING),
    )
    late = resource_rent.overdue(rows, now=now, seconds=termination.ALERT_SECONDS)
    return [
        Finding(
            row.name,
            f"{row.kind} {row.name} was told to end and is still billed",
            f"Told at {row.end_requested_at or row.status_since:%H:%M} UTC, and the "
            "provider has not confirmed its end.",
            since=row.end_requested_at or row.status_since,
        )
        for row in late
        if row.provider in provider_names()
    ]


def orphaned(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Pods that the provider bills and that no row of ours wants."""
    orphans = Orphan.objects.filter(
        provider__in=provider_names(), gone_at__isnull=True
    ).order_by("first_seen_at")
    return [
        Finding(
            orphan.provider_id,
            f"Orphan {orphan.name} is billed and nobody here wants it",
            f"{orphan.usd_per_pod_hour} USD/h, seen {orphan.sightings} times since "
            f"{orphan.first_seen_at:%Y-%m-%d %H:%M} UTC. "
            + (
                "It is ended by rule." if may_be_ended(orphan) else "It is not ended by us."
            ),
            since=orphan.first_seen_at,
        )
        for orphan in orphans
    ] + strays()


def strays() -> list[Finding]:
    """Volumes and endpoints that the provider bills and that no row of ours wants."""
    rows = StrayResource.objects.filter(
        provider__in=provider_names(), gone_at__isnull=True
    ).order_by("first_seen_at")
    return [
        Finding(
            f"{stray.kind}-{stray.provider_id}",
            f"{stray.get_kind_display().capitalize()} {stray.name} is billed and nobody "
            "here wants it",
            f"{stray_price(stray)}, seen {stray.sightings} times since "
            f"{stray.first_seen_at:%Y-%m-%d %H:%M} UTC.",
            since=stray.first_seen_at,
        )
        for stray in rows
    ]


def stray_price(stray: StrayResource) -> str:
    """What a stray costs, as far as it is known."""
    if stray.kind == StrayResource.Kind.VOLUME:
        return f"{volume_usd_per_month(stray.size_gb):.2f} USD/month for {stray.size_gb} GB"
    usd = stray_usd_per_hour(stray)
    now = "at a price that is unknown" if usd is None else f"{usd:.4f} USD/h now"
    return f"{stray.workers_min} to {stray.workers_max} workers, {now}"


def may_be_ended(orphan: Orphan) -> bool:
    return bool(orphan.ours and settings.ORPHAN_TERMINATE)


def ghosts(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Pods that ended although nobody told them to: the provider lists them no more."""
    moved = PodTransition.objects.filter(
        new=PodStatus.TERMINATED,
        old__in=RENTED,
        at__gt=now - GHOST_SHOWN,
        pod__provider__in=provider_names(),
        pod__terminate_requested_at__isnull=True,
        pod__interrupted_at__isnull=True,
    ).select_related("pod__deployment")
    return [
        Finding(
            each.pod.name,
            f"{each.pod.name} is gone and was not told to stop",
            f"{each.reason or 'The provider lists it no more'}; noticed "
            f"{each.at:%H:%M} UTC.",
            since=each.at,
            pod=each.pod,
        )
        for each in moved
    ]


def disconnected(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Pods at a provider that is not connected any more: nobody can list or end them."""
    return [
        Finding(
            pod.name,
            f"{pod.name} may be billed by {pod.provider}, which is not connected",
            f"About {pod_usd_per_hour(pod):.4f} USD/h, since "
            f"{pod.billed_from or pod.requested_at:%Y-%m-%d %H:%M} UTC. Nothing here can "
            f"list, probe or end it: connect {pod.provider} again, or end it in that "
            "provider's console.",
            since=pod.billed_from or pod.requested_at,
            pod=pod,
        )
        for pod in disconnected_pods(now=now)
    ]


def given_up(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Deployments that want replicas and launch none any more."""
    waiting = Deployment.objects.filter(
        replicas__gt=0, launch_failures__gte=MAX_NEVER_READY
    )
    return [
        Finding(
            deployment.slug,
            f"{deployment.slug}: no replica is launched any more",
            f"{deployment.launch_failures} replicas in a row were never ready; at "
            f"{MAX_NEVER_READY} launching stops. Start it again when the cause is found.",
            deployment=deployment,
        )
        for deployment in waiting
    ]


def launches_stopped(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Deployments whose replicas became ready and died, again and again."""
    stopped = Deployment.objects.filter(replicas__gt=0, launches_stopped_at__isnull=False)
    return [
        Finding(
            deployment.slug,
            f"{deployment.slug}: launching was stopped",
            deployment.launches_stopped_reason or "A rule stopped it.",
            since=deployment.launches_stopped_at,
            deployment=deployment,
        )
        for deployment in stopped
    ]
