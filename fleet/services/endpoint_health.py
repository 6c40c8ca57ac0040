"""Looking at an endpoint: its workers, whose number is its cost now, and its jobs."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from fleet.models import NetworkVolume, ServerlessEndpoint
from fleet.providers.base import ProviderError, ProviderRefused, ProviderUnavailable
from fleet.providers.resources import CloudWorker, EndpointHealth, FullProvider


def look(row: ServerlessEndpoint, *, provider: FullProvider, now: datetime) -> bool:
    """Store what the provider says of an endpoint; True unless another look was faster.

    Its workers and its jobs are two questions at two addresses: what one of them does not
    answer keeps the age of its last answer. Raises ProviderError when neither is answered.
    """
    facts: dict[str, Any] = {}
    silence: ProviderError | None = None
    try:
        facts |= of_workers(row, provider.workers(row.provider_id), now=now)
    except ProviderError as error:
        silence = error
    try:
        health = provider.endpoint_health(row.provider_id)
        facts |= of_jobs(health, now=now)
        facts |= unseen_start(row, facts, health)
    except ProviderError as error:
        if silence is not None:
            raise silence from error
    # A second look at the same time would count the same cold starts again.
    same = ServerlessEndpoint.objects.filter(
        pk=row.pk, workers_seen_at=row.workers_seen_at, health_at=row.health_at
    )
    return bool(same.update(**facts))


def of_workers(
    row: ServerlessEndpoint, workers: list[CloudWorker], *, now: datetime
) -> dict[str, Any]:
    """The columns that follow from its workers; a new one was a cold start."""
    ids = sorted(each.provider_id for each in workers)
    fresh = set(ids) - set(row.worker_ids)
    return {
        "workers_seen": len(workers),
        "workers_seen_at": now,
        "worker_states": dict(sorted(Counter(each.status for each in workers).items())),
        "worker_ids": ids,
        "cold_starts": row.cold_starts + len(fresh),
    }


def unseen_start(
    row: ServerlessEndpoint, facts: dict[str, Any], health: EndpointHealth
) -> dict[str, Any]:
    """One cold start more where jobs were done and neither look saw a worker."""
    before = (row.jobs_completed or 0) + (row.jobs_failed or 0)
    done = health.jobs_completed + health.jobs_failed > before
    known = row.jobs_completed is not None and row.workers_seen == 0
    if not (known and done and facts.get("workers_seen") == 0):
        return {}
    return {"cold_starts": row.cold_starts + 1}


def of_jobs(health: EndpointHealth, *, now: datetime) -> dict[str, Any]:
    """The columns that follow from its jobs."""
    return {
        "jobs_queued": health.jobs_in_queue,
        "jobs_running": health.jobs_in_progress,
        "jobs_completed": health.jobs_completed,
        "jobs_failed": health.jobs_failed,
        "health_at": now,
    }


def drains(
    row: NetworkVolume | ServerlessEndpoint, *, provider: FullProvider, now: datetime
) -> bool:
    """Whether an endpoint that must end has jobs, and time left to finish them.

    Where its jobs are not told it keeps that time, too.
    """
    if not isinstance(row, ServerlessEndpoint) or row.drains_until is None:
        return False
    if now >= row.drains_until:
        return False
    try:
        health = provider.endpoint_health(row.provider_id)
    except ProviderUnavailable:
        return True
    except ProviderRefused:
        return False
    return bool(health.jobs_in_queue + health.jobs_in_progress)
