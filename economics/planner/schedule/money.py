"""What a schedule costs and earns, exactly, in Decimal. Formula: docs/schedule.md

The solver's own figures are floats and are never shown: a schedule is its replicas and
what serverless takes, and everything else follows from them here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.hours import SECONDS_PER_HOUR
from economics.planner.schedule.problem import ZERO, Candidate, ModelDemand, Problem


@dataclass(frozen=True)
class Schedule:
    """Replicas of each candidate in each hour, and what serverless takes.

    replicas    [candidate][hour]; of serverless always 0
    serverless  [candidate][hour] the share [1] of the whole demand that it may take;
                of a pod always 0
    """

    replicas: tuple[tuple[int, ...], ...]
    serverless: tuple[tuple[Decimal, ...], ...]

    @staticmethod
    def of_replicas(replicas: Sequence[Sequence[int]]) -> Schedule:
        """A schedule without serverless."""
        nothing = tuple((ZERO,) * len(row) for row in replicas)
        return Schedule(tuple(tuple(row) for row in replicas), nothing)


@dataclass(frozen=True)
class HourMoney:
    """One hour of all models.

    served   [1] of the whole demand, by model
    filled   [1] by candidate: time filled / time that can be filled; None: none rented
    """

    served: tuple[Decimal, ...]
    filled: tuple[Decimal | None, ...]
    revenue_usd: Decimal
    rent_usd: Decimal
    load_usd: Decimal
    serverless_usd: Decimal
    starts: int

    @property
    def cost_usd(self) -> Decimal:
        return self.rent_usd + self.load_usd + self.serverless_usd


@dataclass(frozen=True)
class ScheduleMoney:
    """The money of a schedule over all its hours [USD], unrounded."""

    hours: tuple[HourMoney, ...]
    fixed_usd: Decimal

    @property
    def revenue_usd(self) -> Decimal:
        return sum((hour.revenue_usd for hour in self.hours), ZERO)

    @property
    def rent_usd(self) -> Decimal:
        return sum((hour.rent_usd for hour in self.hours), ZERO)

    @property
    def load_usd(self) -> Decimal:
        return sum((hour.load_usd for hour in self.hours), ZERO)

    @property
    def serverless_usd(self) -> Decimal:
        return sum((hour.serverless_usd for hour in self.hours), ZERO)

    @property
    def cost_usd(self) -> Decimal:
        return self.rent_usd + self.load_usd + self.serverless_usd + self.fixed_usd

    @property
    def profit_usd(self) -> Decimal:
        return self.revenue_usd - self.cost_usd

    @property
    def starts(self) -> int:
        return sum(hour.starts for hour in self.hours)

    @property
    def profit_usd_per_day(self) -> Decimal:
        return self.profit_usd * 24 / len(self.hours)


def started(candidate: Candidate, replicas: Sequence[int]) -> list[int]:
    """Replicas that start in each hour: what is more than in the hour before."""
    before = [candidate.running, *replicas[:-1]]
    return [max(now - then, 0) for then, now in zip(before, replicas, strict=True)]


def sellable_seconds(
    candidate: Candidate, replicas: Sequence[int], starts: Sequence[int], hour: int
) -> Decimal:
    """Time [s] of an hour that its replicas can fill: loaded, uninterrupted, in limit."""
    lost = ZERO
    for ago in range(min(candidate.kept_hours, hour + 1)):
        lost += candidate.lost_seconds(ago) * starts[hour - ago]
    loaded = SECONDS_PER_HOUR * replicas[hour] - lost
    return max(loaded, ZERO) * candidate.filled_share


def money_of(problem: Problem, schedule: Schedule) -> ScheduleMoney:
    """What the schedule costs and earns. Pods are filled first, then serverless."""
    ledger = _Ledger(problem, schedule)
    hours = tuple(ledger.hour(t) for t in range(problem.hours))
    return ScheduleMoney(hours, problem.fixed_usd_per_day * problem.days)


class _Ledger:
    """One schedule while its hours are worked out."""

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.problem, self.schedule = problem, schedule
        self.starts = [
            started(candidate, row)
            for candidate, row in zip(problem.candidates, schedule.replicas, strict=True)
        ]
        self.work = [problem.work_seconds(candidate) for candidate in problem.candidates]
        self.filled: list[Decimal | None] = []
        self.bills = ZERO

    def hour(self, hour: int) -> HourMoney:
        self.filled = [None] * len(self.problem.candidates)
        self.bills = ZERO
        served, earned = [], ZERO
        for demand in self.problem.demands:
            share = self._served(demand, hour)
            served.append(share)
            earned += share * demand.net_usd[hour]
        pods = list(enumerate(self.problem.candidates))
        rows = self.schedule.replicas
        starts = [each[hour] for each in self.starts]
        return HourMoney(
            served=tuple(served),
            filled=tuple(self.filled),
            revenue_usd=earned,
            rent_usd=sum(
                (each.usd_per_replica_hour * rows[i][hour] for i, each in pods), ZERO
            ),
            load_usd=sum((each.load_usd * starts[i] for i, each in pods), ZERO),
            serverless_usd=self.bills,
            starts=sum(starts),
        )

    def _served(self, demand: ModelDemand, hour: int) -> Decimal:
        """The share [1] of a model's demand that is served; fills and bills on the way."""
        left = demand.share if demand.tokens[hour].total else ZERO
        for i, candidate in enumerate(self.problem.candidates):
            if candidate.model == demand.model and not candidate.is_serverless:
                left -= self._by_pods(i, left, hour)
        for i, candidate in enumerate(self.problem.candidates):
            if candidate.model == demand.model and candidate.is_serverless:
                left -= self._by_workers(i, left, hour, demand)
        return (demand.share - left) if demand.tokens[hour].total else ZERO

    def _by_pods(self, i: int, left: Decimal, hour: int) -> Decimal:
        candidate, replicas = self.problem.candidates[i], self.schedule.replicas[i]
        if not replicas[hour]:
            return ZERO
        seconds = sellable_seconds(candidate, replicas, self.starts[i], hour)
        work = self.work[i][hour]
        taken = min(left, seconds / work) if work else left * (seconds > 0)
        self.filled[i] = taken * work / seconds if seconds else ZERO
        return taken

    def _by_workers(self, i: int, left: Decimal, hour: int, demand: ModelDemand) -> Decimal:
        candidate = self.problem.candidates[i]
        taken = min(left, self.schedule.serverless[i][hour])
        if taken <= 0:
            return ZERO
        cold = candidate.cold_start_seconds(demand.requests[hour] * demand.share)
        seconds = taken * self.work[i][hour] + cold
        self.bills += seconds * candidate.usd_per_hour / SECONDS_PER_HOUR
        return taken
