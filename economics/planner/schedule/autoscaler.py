"""A reactive autoscaler with published constants, played on hourly demand.

The constants are SkyPilot's (SkyServe): the load must ask for more for 300 s before it
scales up, and for less for 1,200 s before it scales down (`upscale_delay_seconds`,
`downscale_delay_seconds` of docs.skypilot.co). It looks every 60 s here, at work that is
even within an hour, and pays by the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil

from economics.calc.hours import SECONDS_PER_HOUR
from economics.planner.schedule.problem import ZERO, Candidate, Problem

UP_SECONDS = 300
DOWN_SECONDS = 1200
STEP_SECONDS = 60


@dataclass(frozen=True)
class Scaled:
    """What an autoscaler's replicas cost and earn [USD], and how many there were.

    mean_replicas  of each hour, paid ones
    hour_usd       what each hour cost, loads included
    up             [1] of the time one that has loaded is there
    """

    revenue_usd: Decimal
    rent_usd: Decimal
    load_usd: Decimal
    starts: int
    mean_replicas: tuple[Decimal, ...]
    hour_usd: tuple[Decimal, ...]
    up: Decimal

    @property
    def profit_usd(self) -> Decimal:
        return self.revenue_usd - self.rent_usd - self.load_usd


@dataclass
class _Replicas:
    """The replicas that are paid, by the second at which each was started; oldest first."""

    started_at: list[int] = field(default_factory=list)
    up_for: int = 0
    down_for: int = 0
    starts: int = 0

    def follow(self, target: int, now: int, kept_seconds: int) -> None:
        """One look: count how long the target has differed, and act when it is time."""
        count = len(self.started_at)
        self.up_for = self.up_for + STEP_SECONDS if target > count else 0
        self.down_for = self.down_for + STEP_SECONDS if target < count else 0
        if self.up_for >= UP_SECONDS:
            self.starts += target - count
            self.started_at += [now] * (target - count)
            self.up_for = 0
        if self.down_for >= DOWN_SECONDS:
            may_stop = [at for at in self.started_at if now - at >= kept_seconds]
            gone = may_stop[: count - target]
            self.started_at = self.started_at[len(gone) :]
            self.down_for = 0


def autoscaled(problem: Problem, candidate: Candidate, *, least: int, most: int) -> Scaled:
    """What a reactive autoscaler of one candidate earns; `least` to `most` replicas."""
    demand = problem.demand_of(candidate)
    work = problem.work_seconds(candidate)
    load = int(candidate.load_seconds)
    kept = (candidate.kept_hours if candidate.kept_hours > 1 else 0) * SECONDS_PER_HOUR
    begun = max(candidate.running, least)
    pods = _Replicas([-load] * candidate.running + [0] * (begun - candidate.running))
    pods.starts = begun - candidate.running
    revenue, means, costs, up = ZERO, [], [], 0
    for t in range(problem.hours):
        rate = work[t] * demand.share / SECONDS_PER_HOUR  # full replicas that it fills
        wanted = ceil(rate / candidate.filled_share)
        target = min(max(wanted, least), most) if candidate.may_run(t) else 0
        paid, served, before = 0, ZERO, pods.starts
        for step in range(0, SECONDS_PER_HOUR, STEP_SECONDS):
            now = t * SECONDS_PER_HOUR + step
            pods.follow(target, now, kept)
            loaded = sum(now - at >= load for at in pods.started_at)
            served += min(rate, loaded * candidate.filled_share) * STEP_SECONDS
            paid += len(pods.started_at) * STEP_SECONDS
            up += STEP_SECONDS * (loaded > 0)
        earned = demand.net_usd[t] / work[t] if work[t] else ZERO
        revenue += served * earned
        means.append(Decimal(paid) / SECONDS_PER_HOUR)
        loads = pods.starts - before + (begun - candidate.running if t == 0 else 0)
        costs.append(
            means[-1] * candidate.usd_per_replica_hour + loads * candidate.load_usd
        )
    load_usd = pods.starts * candidate.load_usd
    return Scaled(
        revenue,
        sum(costs, ZERO) - load_usd,
        load_usd,
        pods.starts,
        tuple(means),
        tuple(costs),
        Decimal(up) / (problem.hours * SECONDS_PER_HOUR),
    )
