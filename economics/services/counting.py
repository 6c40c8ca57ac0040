"""Counting: every sample at hand, and what no sample tells, in the one right order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from economics.services.late_samples import settle_late
from economics.services.metering import settle_usage
from economics.services.unmetered import estimate_ends


@dataclass(frozen=True)
class Counted:
    """What a run did: samples read, servers that had served more, pods' ends estimated."""

    samples: int
    late_servers: int
    ends: int


def count_usage(now: datetime) -> Counted:
    """Count samples, late ones included, then estimate what came after the last of them.

    Running it twice adds nothing.
    """
    samples = settle_usage(now)
    late_servers = settle_late(now)
    return Counted(samples, late_servers, estimate_ends(now))
