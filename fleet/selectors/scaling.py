"""What the burst policy is asked about a deployment: its limits, its pods' samples."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from fleet.models import Deployment, EngineSample, PodStatus, RentalKind
from fleet.scaling import Decision, Limits, PodLoad, Rules, Sample, Standing, decide
from fleet.selectors.burn import container_disk_usd_per_hour

MOST_SAMPLES = (
    20_000  # of one deployment in one look: 20 pods at a sample a second and more
)


def rules() -> Rules:
    """The policy's rules; how old a sample may be depends on how often we look."""
    gap = 2 * settings.PROBE_INTERVAL_SECONDS + settings.PROBE_TIMEOUT_SECONDS
    return Rules(gap_seconds=gap)


def replica_limit_usd_per_hour(deployment: Deployment) -> Decimal:
    """The most that one replica may cost [USD/h]: its price limit, with its disk."""
    gpus = deployment.max_usd_per_gpu_hour * deployment.gpu_count
    return gpus + container_disk_usd_per_hour(deployment.container_disk_gb)


def limits_of(deployment: Deployment) -> Limits:
    """What the operator allows; without a limit no more than the baseline."""
    return Limits(
        baseline=deployment.replicas,
        most=max(deployment.max_replicas or 0, deployment.replicas),
        budget_usd_per_hour=deployment.budget_usd_per_hour or Decimal(0),
        usd_per_replica_hour=replica_limit_usd_per_hour(deployment),
    )


def loads_of(deployment: Deployment, *, now: datetime) -> list[PodLoad]:
    """The serving pods with their samples of the time that a step down looks back on."""
    pods = dict(deployment.pods.filter(status=PodStatus.SERVING).values_list("pk", "name"))
    since = now - timedelta(seconds=rules().down_seconds + rules().gap_seconds)
    rows = EngineSample.objects.filter(pod__in=pods, at__gte=since, at__lte=now)
    samples: dict[int, list[Sample]] = {pk: [] for pk in pods}
    fields = (
        *("pod_id", "at", "requests_running", "requests_waiting", "kv_cache_usage"),
        *("requests_finished", "requests_aborted"),
    )
    for pod_id, *figures in rows.order_by("-at").values_list(*fields)[:MOST_SAMPLES]:
        samples[pod_id].append(Sample(*figures))
    return [
        PodLoad(name, tuple(reversed(samples[pk]))) for pk, name in sorted(pods.items())
    ]


def decision_for(deployment: Deployment, *, now: datetime) -> Decision | None:
    """What the policy says now; None for a deployment that is no burst, or stopped."""
    if deployment.rental_kind != RentalKind.BURST or not deployment.replicas:
        return None
    return decide(
        loads_of(deployment, now=now),
        standing=Standing(deployment.replicas_wanted(now=now), deployment.scaled_at),
        limits=limits_of(deployment),
        now=now,
        rules=rules(),
    )
