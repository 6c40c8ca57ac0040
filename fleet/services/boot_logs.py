"""Boot logs: read a starting pod's log for when its weights were loaded, and keep it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from fleet.models import Pod, PodBoot, PodStatus
from fleet.providers.base import GpuProvider, ProviderError
from fleet.vllm.boot_log import weight_times

log = logging.getLogger(__name__)

TAIL_LINES = 2_000
# Each reading may take 8 s: the job must end within its soft limit of 90 s.
MOST_PER_RUN = 5
AFTER_READY = timedelta(hours=1)  # a log that could not be read is asked for as long


def due(*, provider_name: str, now: datetime) -> QuerySet[Pod]:
    """Pods whose log may tell more than is kept, the longest unread first."""
    untold = Q(boot__weights_until__isnull=True)
    booting = Q(status=PodStatus.PROVISIONING) & untold
    unread = Q(boot__isnull=True) | Q(boot__read_at__lt=F("ready_at"))
    ready = Q(status=PodStatus.SERVING, ready_at__gt=now - AFTER_READY) & untold & unread
    return (
        Pod.objects.without_past()
        .filter(booting | ready, provider=provider_name)
        .exclude(provider_id="")
        .order_by(F("boot__read_at").asc(nulls_first=True), "pk")[:MOST_PER_RUN]
    )


def read_due(*, provider: GpuProvider, now: datetime) -> str:
    """Read the logs that are due; a summary. One without a log is asked again."""
    told, silent = 0, 0
    for pod in due(provider_name=provider.name, now=now):
        try:
            lines = provider.logs(pod.provider_id, tail=TAIL_LINES)
        except ProviderError as error:
            log.info("%s: no boot log yet: %s", pod, error)
            silent += 1
            continue
        times = weight_times((line.at, line.text) for line in lines)
        PodBoot.objects.update_or_create(
            pod=pod,
            defaults={
                "read_at": now,
                "weights_from": times.began,
                "weights_until": times.ended,
            },
        )
        told += 1
    return f"{told} boot logs read" + (f", {silent} not to be had" if silent else "")
