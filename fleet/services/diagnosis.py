"""Diagnosis: read a failing pod's log while it still has one, and say why."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from fleet.models import Pod, PodDiagnosis
from fleet.providers.base import GpuProvider, LogLine, ProviderError
from fleet.providers.masking import mask_line
from fleet.services import replicas
from fleet.vllm.failures import classify

log = logging.getLogger(__name__)

TAIL_LINES = 200  # read
KEPT_LINES = 40
KEPT_CHARACTERS = 8_000
# Each read may take seconds: a deadline that ends thirty pods at once must not keep
# them billed while their logs are read.
MOST_PER_TICK = 3
NO_CAUSE = "Its log tells no cause that we know."


def explain_endings(
    pods: Sequence[Pod], *, provider: GpuProvider, now: datetime
) -> list[str]:
    """Diagnose those of `pods` (told to end) that were never ready, before their delete.

    An order that will fail the same way each time is given up at once: each further
    attempt would cost a cold start.
    """
    unexplained = [
        pod
        for pod in pods
        if pod.provider_id
        and pod.ready_at is None
        and pod.terminate_sent_at is None
        and pod.interrupted_at is None
    ]
    if not unexplained:
        return []
    known = PodDiagnosis.objects.filter(pod__in=unexplained).values_list("pod", flat=True)
    words = []
    for pod in [each for each in unexplained if each.pk not in set(known)][:MOST_PER_TICK]:
        found = diagnose(pod, provider=provider, now=now)
        if found is None:
            continue
        words.append(f"{pod.name}: {found.says}")
        if repeats(found) and pod.deployment.launch_failures:
            replicas.note_launch_failure(
                pod.deployment, now=now, reason=sentence(found), give_up=True
            )
    return words


def diagnose(pod: Pod, *, provider: GpuProvider, now: datetime) -> PodDiagnosis | None:
    """Read the log of a pod and keep what it tells; None when there is no log."""
    try:
        lines = provider.logs(pod.provider_id, tail=TAIL_LINES)
    except ProviderError as error:
        log.warning("%s: no log to read a cause from: %s", pod, error)
        return None
    return keep(pod, lines, now=now)


def keep(pod: Pod, lines: list[LogLine], *, now: datetime) -> PodDiagnosis:
    """Store the cause that `lines` tell, and the last of them."""
    texts = [mask_line(line.text, [pod.api_key]) for line in lines]
    found = classify(texts)
    tail = "\n".join(texts[-KEPT_LINES:])[-KEPT_CHARACTERS:]
    facts: dict[str, object] = {"at": now, "tail": tail, "says": NO_CAUSE}
    if found is not None:
        facts |= {
            "kind": found.kind,
            "says": found.says,
            "next_step": found.next_step,
            "evidence": found.evidence,
        }
    row, _ = PodDiagnosis.objects.update_or_create(pod=pod, defaults=facts)
    return row


def repeats(found: PodDiagnosis) -> bool:
    """Whether the same order would fail the same way."""
    known = classify([found.evidence]) if found.evidence else None
    return known is not None and known.repeats


def sentence(found: PodDiagnosis | None) -> str:
    """What happened and what would help, as one text."""
    if found is None:
        return "Its log could not be read."
    return " ".join(filter(None, [found.says, found.next_step]))
