"""What vLLM's gauges said of each pod, and what may be concluded from them.

Nothing is concluded from an interval that was not watched from end to end: a gap in the
samples is neither calm nor pressure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of `/metrics`.

    running, waiting   [requests] in the batch, in the queue
    kv_usage           [1] part of the KV cache in use, 0..1; None where not told
    finished, aborted  [requests] counted since the server started, aborts among the
                       finished; aborted is None where not told
    """

    at: datetime
    running: int
    waiting: int
    kv_usage: float | None
    finished: int = 0
    aborted: int | None = None


@dataclass(frozen=True, slots=True)
class PodLoad:
    """The samples of one serving pod, oldest first."""

    name: str
    samples: tuple[Sample, ...]

    def age_seconds(self, now: datetime) -> float | None:
        """The age of the newest sample [s]; None without any."""
        if not self.samples:
            return None
        return (now - self.samples[-1].at).total_seconds()

    def watched(
        self, now: datetime, *, seconds: float, gap_seconds: float
    ) -> tuple[Sample, ...] | None:
        """Samples of the last `seconds`; None when a gap is longer than `gap_seconds`."""
        start = now - timedelta(seconds=seconds)
        recent = tuple(each for each in self.samples if start <= each.at <= now)
        edges = [start, *(each.at for each in recent), now]
        gap = timedelta(seconds=gap_seconds)
        if any(later - earlier > gap for earlier, later in pairwise(edges)):
            return None
        return recent


@dataclass(frozen=True, slots=True)
class Watched:
    """All pods over one interval that was watched from end to end.

    queue      [requests] that waited all the time, the pods together: sum of their least
    peak_queue [requests] the most that waited, sum of the pods' peaks
    least_kv   [1] mean over the pods of the least usage; None where a pod does not tell
    peak_kv    [1] sum over the pods of the highest usage; None likewise
    peak_running, mean_running  [requests] sum of the pods' peaks; of the newest
    aborted, finished  [requests] within the interval; aborted None where not told
    """

    queue: int
    peak_queue: int
    least_kv: float | None
    peak_kv: float | None
    peak_running: int
    running: int
    finished: int
    aborted: int | None


def watch(
    pods: Sequence[PodLoad], now: datetime, *, seconds: float, gap_seconds: float
) -> Watched | None:
    """What was seen of all pods in the last `seconds`; None if one was not watched."""
    series = [pod.watched(now, seconds=seconds, gap_seconds=gap_seconds) for pod in pods]
    seen = [each for each in series if each]
    if not seen or len(seen) < len(pods):
        return None
    kv = [[each.kv_usage for each in one if each.kv_usage is not None] for one in seen]
    told = all(len(some) == len(one) for some, one in zip(kv, seen, strict=True))
    aborts = [increase([each.aborted for each in one]) for one in seen]
    return Watched(
        queue=sum(min(each.waiting for each in one) for one in seen),
        peak_queue=sum(max(each.waiting for each in one) for one in seen),
        least_kv=sum(map(min, kv)) / len(kv) if told else None,
        peak_kv=sum(map(max, kv)) if told else None,
        peak_running=sum(max(each.running for each in one) for one in seen),
        running=sum(one[-1].running for one in seen),
        finished=sum(increase([each.finished for each in one]) or 0 for one in seen),
        aborted=None if None in aborts else sum(each or 0 for each in aborts),
    )


def increase(counts: Sequence[int | None]) -> int | None:
    """How much a counter grew; a drop is a restart and counts from 0. None if not told."""
    total, last = 0, None
    for count in counts:
        if count is None:
            return None
        if last is not None:
            total += count - last if count >= last else count
        last = count
    return total
