"""A reactive autoscaler with published constants, played on hourly demand.

The constants are SkyPilot's (SkyServe): the load must ask for more for 300 s before it
scales up, and for less for 1,200 s before it scales down (`upscale_delay_seconds`,
`downscale_delay_seconds` of docs.skypilot.co). It looks every 60 s here, at work that is
even within an hour, and pays by the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from economics.planner.schedule.played import STEP_SECONDS, Asked, Played, Pods, play
from economics.planner.schedule.problem import Candidate, Problem

UP_SECONDS = 300
DOWN_SECONDS = 1200


@dataclass
class _Reactive:
    """From `least` to `most` replicas of a candidate, by how long the target differed."""

    candidate: Candidate
    least: int
    most: int
    up_for: int = 0
    down_for: int = 0

    def look(self, pods: Pods, now: int, asked: Asked) -> None:
        wanted = ceil(asked.replicas / self.candidate.filled_share)
        target = min(max(wanted, self.least), self.most) if asked.may_run else 0
        count = len(pods.started_at)
        self.up_for = self.up_for + STEP_SECONDS if target > count else 0
        self.down_for = self.down_for + STEP_SECONDS if target < count else 0
        if self.up_for >= UP_SECONDS:
            pods.add(target - count, now)
            self.up_for = 0
        if self.down_for >= DOWN_SECONDS:
            pods.drop(count - target, now)
            self.down_for = 0


def autoscaled(
    problem: Problem,
    candidate: Candidate,
    *,
    least: int,
    most: int,
    rates: Sequence[Decimal] | None = None,
) -> Played:
    """What a reactive autoscaler of one candidate earns; `least` to `most` replicas.

    rates  as of `play`
    """
    scaler = _Reactive(candidate, least, most)
    return play(problem, candidate, scaler, least=least, rates=rates)
