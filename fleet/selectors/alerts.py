"""What the alert pages show; nothing here changes a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet

from fleet.models import (
    Deployment,
    Incident,
    JobResult,
    JobRun,
    MaintenanceWindow,
    MessageState,
    Pod,
    Severity,
)


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How many incidents are open, and the worst of them."""

    count: int
    worst: Severity | None


def open_count() -> OpenCount:
    """For the header of every page. One query."""
    found = (
        Incident.objects.open().order_by().aggregate(n=Count("pk"), worst=Max("severity"))
    )
    worst = found["worst"]
    return OpenCount(found["n"], None if worst is None else Severity(worst))


def open_incidents() -> list[Incident]:
    """Open ones, worst first, with how many of their messages went out or wait."""
    return list(with_messages(Incident.objects.open()).select_related("pod", "deployment"))


def closed_incidents() -> QuerySet[Incident]:
    return with_messages(
        Incident.objects.filter(closed_at__isnull=False).order_by("-closed_at", "-pk")
    )


def with_messages(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Counts of messages by what came of them, in the same query."""
    waiting = (MessageState.WAITING, MessageState.SENDING)
    return incidents.annotate(
        sent_count=Count("messages", filter=Q(messages__state=MessageState.SENT)),
        waiting_count=Count("messages", filter=Q(messages__state__in=waiting)),
        failed_count=Count("messages", filter=Q(messages__state=MessageState.FAILED)),
    )


def current_windows(*, now: datetime) -> list[MaintenanceWindow]:
    """Maintenance that is going on, the next to end first."""
    return list(
        MaintenanceWindow.objects.current(now=now)
        .select_related("pod", "deployment")
        .order_by("ends_at")
    )


def covering(
    windows: list[MaintenanceWindow],
    *,
    pod: Pod | None = None,
    deployment: Deployment | None = None,
) -> list[MaintenanceWindow]:
    """Those that silence a pod or a deployment; without either, those of everything."""
    deployment_id = pod.deployment_id if pod else deployment.pk if deployment else None
    return [
        each
        for each in windows
        if (each.pod_id is None and each.deployment_id is None)
        or (pod is not None and each.pod_id == pod.pk)
        or (deployment_id is not None and each.deployment_id == deployment_id)
    ]


@dataclass(frozen=True, slots=True)
class DeadMan:
    """The ping to somebody outside. `last` is its newest run, None before the first."""

    is_set: bool
    last: JobRun | None

    @property
    def is_well(self) -> bool:
        return self.last is not None and self.last.result == JobResult.OK


def dead_man() -> DeadMan:
    if not settings.DEADMAN_PING_URL:
        return DeadMan(False, None)
    return DeadMan(True, JobRun.objects.filter(name="ping_deadman").first())
