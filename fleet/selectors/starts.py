"""The parts of a start: when each began, how long it took, what it cost.

A part begins with a fact and lasts until the next fact that is known. Where no fact
tells when a part began, its time is in the part before, and it is unknown, not 0. So
the parts never overlap, and their money is the money of the start.

A part is not the whole: what a start takes in all is in `start_up.py`.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fleet.models import Pod, PodBoot, PodStatus, PodTransition
from fleet.selectors.spent import usd_by

REQUESTED, CREATING, MACHINE, ENGINE, WEIGHTS, GRAPHS, READY = range(7)
NAMES = (
    "requested",
    "creating",
    "machine and image",
    "engine start",
    "weights",
    "graphs and cache",
    "ready",
)

Starts = list[datetime | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a start.

    seconds  [s] so far; None where it did not begin, or where nothing tells its begin
    usd      [USD] so far; None as `seconds`, and where nothing was billed in it
    unknown  why there is no figure though it is over; "" elsewhere
    joined   names of the parts whose time is in this one, because nothing tells them apart
    """

    name: str
    began: datetime | None
    ended: datetime | None
    seconds: float | None = None
    usd: Decimal | None = None
    unknown: str = ""
    joined: tuple[str, ...] = ()


def starts_of(pods: Sequence[Pod]) -> dict[int, Starts]:
    """When each part began, by pod; None where it was not reached, or nothing tells.

    Two queries, whatever the number of pods. A pod's clock may be off: no part begins
    before the one before it, or after READY.
    """
    first: dict[tuple[int, str], datetime] = {}
    for row in PodTransition.objects.filter(pod__in=pods).order_by("at", "pk"):
        first.setdefault((row.pod_id, row.new), row.at)
    boots = {boot.pod_id: boot for boot in PodBoot.objects.filter(pod__in=pods)}
    found = {}
    for pod in pods:
        boot = boots.get(pod.pk)
        found[pod.pk] = in_order(
            [
                pod.requested_at,
                first.get((pod.pk, PodStatus.CREATING)) or pod.sent_at,
                pod.billed_from or first.get((pod.pk, PodStatus.PROVISIONING)),
                pod.container_started_at,
                boot.weights_from if boot else None,
                boot.weights_until if boot else None,
                pod.ready_at,
            ]
        )
    return found


def in_order(starts: Starts) -> Starts:
    """The same instants, none before an earlier one or after the last part's.

    >>> noon, one = datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 13)
    >>> in_order([one, None, noon]) == [noon, None, noon]
    True
    """
    last = starts[-1]
    ordered: Starts = []
    newest: datetime | None = None
    for at in starts:
        if at is not None:
            at = at if newest is None else max(at, newest)
            at = at if last is None else min(at, last)
            newest = at
        ordered.append(at)
    return ordered


def parts_of(pod: Pod, starts: Starts, *, now: datetime) -> list[Part]:
    """The parts of one start as far as they are known at `now`."""
    reached = max(n for n, at in enumerate(starts) if at is not None)
    until = (pod.status_since if pod.is_ended else now) if pod.ready_at is None else None
    parts: list[Part] = []
    spent = Decimal(0)
    for n, name in enumerate(NAMES):
        begin = starts[n]
        if begin is None:
            parts.append(Part(name, None, None, unknown=why_unknown(n, reached, pod)))
            continue
        if n == READY:
            parts.append(Part(name, begin, None))
            continue
        following = next((k for k in range(n + 1, len(NAMES)) if starts[k]), None)
        end = starts[following] if following is not None else until
        assert end is not None
        before, spent = spent, usd_by(pod, end)
        was_billed = pod.billed_from is not None and pod.billed_from < end
        parts.append(
            Part(
                name,
                begin,
                end if following is not None else None,
                seconds=max((end - begin).total_seconds(), 0.0),
                usd=spent - before if was_billed else None,
                joined=NAMES[n + 1 : following] if following is not None else (),
            )
        )
    return parts


def why_unknown(n: int, reached: int, pod: Pod) -> str:
    """Why a part that is over has no figure; "" for one that is ahead."""
    if n > reached:
        return ""
    if n == ENGINE:
        return "the provider's list did not say when the container started"
    if n in (WEIGHTS, GRAPHS):
        return "its log does not tell when the weights were loaded"
    return "nothing tells when it began"


def typical_seconds(starts: Sequence[Starts]) -> list[float | None]:
    """The median length of each part [s]; None where no start tells, and of the last.

    A start whose next part nothing tells apart does not count: its length is of both.
    """
    found: list[float | None] = []
    for n in range(READY):
        seen = []
        for each in starts:
            begin, end = each[n], each[n + 1]
            if begin is not None and end is not None:
                seen.append((end - begin).total_seconds())
        found.append(statistics.median(seen) if seen else None)
    return [*found, None]
