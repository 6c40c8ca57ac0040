"""Replicas that are started and ended by the minute, played on what is asked.

A scaler looks at the demand every 60 s and starts or ends replicas; each is paid by the
second, and serves once it has loaded. Hours are even within unless finer rates are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from economics.calc.hours import SECONDS_PER_HOUR
from economics.planner.schedule.problem import ZERO, Candidate, Problem

STEP_SECONDS = 60
STEPS = SECONDS_PER_HOUR // STEP_SECONDS


@dataclass(frozen=True)
class Asked:
    """What is asked in a step.

    replicas  full ones that it fills
    earns     [USD / full replica-hour] what these earn
    may_run   whether the candidate may run in it
    """

    replicas: Decimal
    earns: Decimal
    may_run: bool


@dataclass
class Pods:
    """The replicas that are paid, by the second at which each was started; oldest first.

    kept_seconds  a started one stays for
    """

    started_at: list[int]
    kept_seconds: int = 0
    starts: int = 0

    def add(self, count: int, now: int) -> None:
        self.starts += count
        self.started_at += [now] * count

    def drop(self, count: int, now: int, *, newest: bool = False) -> None:
        """End `count` of those that may end, the oldest or the newest first."""
        may_end = [at for at in self.started_at if now - at >= self.kept_seconds]
        for at in (may_end[::-1] if newest else may_end)[:count]:
            self.started_at.remove(at)

    def loaded(self, now: int, load_seconds: int) -> int:
        return sum(now - at >= load_seconds for at in self.started_at)


class Scaler(Protocol):
    """What starts and ends replicas."""

    def look(self, pods: Pods, now: int, asked: Asked) -> None:
        """One look, at the begin of the step [now, now + 60) s in which `asked` is."""


@dataclass(frozen=True)
class Played:
    """What the replicas cost and earn [USD], and how many there were.

    mean_replicas  of each hour, paid ones
    hour_usd       what each hour cost, loads included
    up             [1] of the time one that has loaded is there
    counts         paid ones in each step
    """

    revenue_usd: Decimal
    rent_usd: Decimal
    load_usd: Decimal
    starts: int
    mean_replicas: tuple[Decimal, ...]
    hour_usd: tuple[Decimal, ...]
    up: Decimal
    counts: tuple[int, ...] = field(repr=False, default=())

    @property
    def profit_usd(self) -> Decimal:
        return self.revenue_usd - self.rent_usd - self.load_usd


def even_rates(problem: Problem, candidate: Candidate) -> list[Decimal]:
    """Full replicas of a candidate that each step fills, even within its hour."""
    share = problem.demand_of(candidate).share
    return [
        work * share / SECONDS_PER_HOUR
        for work in problem.work_seconds(candidate)
        for _ in range(STEPS)
    ]


def play(
    problem: Problem,
    candidate: Candidate,
    scaler: Scaler,
    *,
    least: int = 0,
    rates: Sequence[Decimal] | None = None,
) -> Played:
    """What a scaler's replicas of one candidate earn over the hours of `problem`.

    least  replicas that are started at once, where fewer run
    rates  full replicas that each step fills; None: `even_rates`
    """
    return _Play(problem, candidate, rates or even_rates(problem, candidate), least).run(
        scaler
    )


class _Play:
    def __init__(
        self, problem: Problem, candidate: Candidate, rates: Sequence[Decimal], least: int
    ) -> None:
        self.problem, self.candidate, self.rates = problem, candidate, rates
        self.net_usd = problem.demand_of(candidate).net_usd
        self.work = problem.work_seconds(candidate)
        self.load = int(candidate.load_seconds)
        kept = candidate.kept_hours if candidate.kept_hours > 1 else 0
        self.pods = Pods([-self.load] * candidate.running, kept * SECONDS_PER_HOUR)
        self.pods.add(max(least - candidate.running, 0), 0)
        self.counts: list[int] = []
        self.up = 0

    def run(self, scaler: Scaler) -> Played:
        revenue, means, costs, begun = ZERO, [], [], 0
        rent, load = self.candidate.usd_per_replica_hour, self.candidate.load_usd
        for hour in range(self.problem.hours):
            revenue += self._hour(scaler, hour)
            means.append(Decimal(sum(self.counts[-STEPS:])) / STEPS)
            costs.append(means[-1] * rent + (self.pods.starts - begun) * load)
            begun = self.pods.starts
        load_usd = self.pods.starts * load
        return Played(
            revenue_usd=revenue,
            rent_usd=sum(costs, ZERO) - load_usd,
            load_usd=load_usd,
            starts=self.pods.starts,
            mean_replicas=tuple(means),
            hour_usd=tuple(costs),
            up=Decimal(self.up) / len(self.counts),
            counts=tuple(self.counts),
        )

    def _hour(self, scaler: Scaler, hour: int) -> Decimal:
        """Play one hour; what it earns."""
        filled, served = self.candidate.filled_share, ZERO
        work = self.work[hour]
        earns = self.net_usd[hour] / work if work else ZERO  # per second of a replica
        may_run = self.candidate.may_run(hour)
        for step in range(hour * STEPS, (hour + 1) * STEPS):
            now, rate = step * STEP_SECONDS, self.rates[step]
            scaler.look(self.pods, now, Asked(rate, earns * SECONDS_PER_HOUR, may_run))
            loaded = self.pods.loaded(now, self.load)
            served += min(rate, loaded * filled) * STEP_SECONDS
            self.counts.append(len(self.pods.started_at))
            self.up += loaded > 0
        return served * earns
