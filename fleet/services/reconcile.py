"""Reconcile: one tick that moves every due row one step towards what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fleet.models import Deployment, Pod, PodStatus
from fleet.providers.base import GpuProvider, ProviderError
from fleet.services import cloud_list, deadlines, replicas, termination
from fleet.services.termination import LastScrape

SETTLING = (PodStatus.CREATING, PodStatus.PROVISIONING, PodStatus.TERMINATING)


def tick(
    *,
    provider: GpuProvider,
    now: datetime,
    new_key: Callable[[], str],
    last_scrape: LastScrape,
) -> str:
    """Deployments to intents, deadlines, terminations; a summary sentence.

    The cloud list is asked for too while any pod is settling, so that an operator
    who waits sees each step within a tick, not within a minute.
    """
    changed = sum(
        replicas.settle_deployment(pk, provider=provider.name, now=now, new_key=new_key)
        for pk in Deployment.objects.values_list("pk", flat=True)
    )
    late = deadlines.end_overdue(provider_name=provider.name, now=now)
    words = [f"{changed} replicas changed"]
    if late:
        words.append(f"over the deadline: {', '.join(late)}")
    if Pod.objects.filter(provider=provider.name, status__in=SETTLING).exists():
        try:
            words.append(cloud_list.compare(provider=provider, now=now).sentence())
        except ProviderError as error:
            words.append(f"no cloud list: {error}")
    gone = drive_terminations(provider=provider, now=now, last_scrape=last_scrape)
    if gone:
        words.append(f"gone: {', '.join(gone)}")
    return "; ".join(words)


def drive_terminations(
    *, provider: GpuProvider, now: datetime, last_scrape: LastScrape
) -> list[str]:
    """One step for every pod that must end; the names of those that are gone."""
    ending = Pod.objects.filter(
        provider=provider.name, status=PodStatus.TERMINATING
    ).order_by("terminate_requested_at")
    return [
        pod.name
        for pod in ending
        if termination.drive_termination(
            pod, provider=provider, now=now, last_scrape=last_scrape
        )
    ]
