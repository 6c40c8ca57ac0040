"""Keeps what is known of each replica's peak throughput: utilization is a share of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from economics.calc.unknown import Unknown
from economics.selectors.peaks import KnownPeak, best_hour, own_traffic
from economics.selectors.replica_speed import Replica, ReplicaSpeed, replica_speed
from fleet.models import Deployment
from fleet.services.peaks import keep_peak
from fleet.throughput.speed_question import SpeedQuestion

MOST_KEPT = 500  # deployments of one run


@dataclass(frozen=True, slots=True)
class KeptPeaks:
    """What a run did. `missing`: speeds that a worker must work out first."""

    looked_at: int
    moved: int
    missing: Sequence[SpeedQuestion]

    def sentence(self) -> str:
        return (
            f"{self.looked_at} deployments, {self.moved} peaks moved, "
            f"{len(self.missing)} speeds asked for"
        )


def keep_peaks(now: datetime) -> KeptPeaks:
    """Keep the peak of every deployment that is wanted, or has none, and that nobody set.

    Running it twice changes nothing more.
    """
    wanted = Deployment.objects.filter(
        Q(replicas__gt=0) | Q(peak_tokens_per_second__isnull=True), peak_set_by=""
    )
    rows = list(wanted.select_related("variant__served_model").order_by("-pk")[:MOST_KEPT])
    moved, missing = 0, list[SpeedQuestion]()
    for row in rows:
        traffic = own_traffic(row, now=now)
        known = replica_speed(replica_of(row), now=now, traffic=traffic)
        if not isinstance(known, Unknown) and known.missing:
            missing += known.missing
            continue
        whose = "the model's usual traffic" if traffic is None else "its own traffic"
        peak = better(estimated(known, whose), best_hour(row, now=now))
        if isinstance(peak, Unknown):
            moved += keep_peak(row, None, source=f"not known: {peak.reason}", now=now)
        else:
            moved += keep_peak(row, peak.tokens_per_second, source=peak.source, now=now)
    return KeptPeaks(len(rows), moved, missing)


def replica_of(deployment: Deployment) -> Replica:
    """A replica as the deployment wants it now."""
    return Replica(
        variant=deployment.variant,
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        max_model_len=deployment.max_model_len,
        gpu_memory_utilization=deployment.gpu_memory_utilization,
    )


def estimated(known: ReplicaSpeed | Unknown, whose: str) -> KnownPeak | Unknown:
    """The peak that the evidence of speeds promises. whose: the traffic, in words"""
    if isinstance(known, Unknown):
        return known
    peak, speed, asked = known.peak_tokens_per_second, known.speed, known.question
    if isinstance(speed, Unknown):
        return speed
    if isinstance(peak, Unknown):
        return peak
    traffic = f"{asked.prompt_tokens:,}/{asked.completion_tokens:,} tokens a request"
    return KnownPeak(
        peak,
        f"{speed.kind}: {speed.source}; {whose}, {traffic}, {speed.concurrency} at once",
    )


def better(promised: KnownPeak | Unknown, served: KnownPeak) -> KnownPeak | Unknown:
    """The larger one: what was really served is no less possible for an estimate."""
    if isinstance(promised, Unknown):
        return served if served.tokens_per_second else promised
    return max(promised, served, key=lambda each: each.tokens_per_second)
