"""A fixed schedule in a thousand worlds at once. Formula: docs/schedule.md

The same sums as `money.money_of`, over arrays [worlds, hours] of floats, and rounded to a
millionth of a dollar for each model, as a ledger line is. A test asks that both agree.
Serverless takes the share that the schedule names, but no more than its workers can do:
where more is asked than was expected, their number is the limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from economics.calc.hours import SECONDS_PER_HOUR
from economics.calc.money import round_stored
from economics.planner.schedule.money import Schedule, started
from economics.planner.schedule.problem import Candidate, ModelDemand
from economics.planner.schedule.risk.draws import CLASSES, Draws, Floats
from economics.planner.schedule.risk.inputs import Kind

MICRO = 1_000_000
ROWS = 128  # worlds at once: their arrays stay in the processor's cache
Micros = NDArray[np.int64]


def replayed(draws: Draws, schedule: Schedule) -> Micros:
    """The profit of the schedule in each world [millionths of USD]."""
    profit = fixed_costs(draws)
    for demand in draws.problem.demands:
        for begin in range(0, draws.count, ROWS):
            rows = slice(begin, min(begin + ROWS, draws.count))
            usd = _Replay(schedule, ModelWorlds(draws, demand, rows)).profit_usd()
            profit[rows] += to_micros(usd)
    return profit


def fixed_costs(draws: Draws) -> Micros:
    """What is paid whatever runs, as a loss of each world [millionths of USD]."""
    problem = draws.problem
    fixed = round_stored(problem.fixed_usd_per_day * problem.days)
    return np.full(draws.count, -int(fixed * MICRO), dtype=np.int64)


def to_micros(usd: Floats) -> Micros:
    rounded: Micros = np.rint(usd * MICRO).astype(np.int64)
    return rounded


@dataclass
class ModelWorlds:
    """One model in some worlds: arrays [worlds, hours], or [worlds, 1] of what is one."""

    draws: Draws
    demand: ModelDemand
    rows: slice = field(default_factory=lambda: slice(None))

    def __post_init__(self) -> None:
        self.tokens = self.draws.tokens(self.demand, self.rows)

    def factor(self, kind: Kind, of: str) -> Floats:
        return self.draws.factor(kind, of, self.rows)

    def net_usd(self) -> Floats:
        """What the whole demand of each hour would earn [USD/h]."""
        rates = [float(getattr(self.demand.net_rates, name)) for name in CLASSES]
        return _sum(self.tokens, rates) * self.factor(Kind.PRICE, self.demand.model)

    def work(self, candidate: Candidate) -> Floats:
        """Seconds of a full replica that the whole demand takes [s]."""
        each = [float(getattr(candidate.seconds, name)) for name in CLASSES]
        return _sum(self.tokens, each) / self.factor(Kind.SPEED, candidate.key)

    def load_seconds(self, candidate: Candidate) -> Floats:
        return float(candidate.load_seconds) * self.factor(Kind.LOAD, candidate.key)

    def filled_share(self, candidate: Candidate) -> Floats:
        hours = self.load_seconds(candidate) / SECONDS_PER_HOUR
        useful = np.exp(-self._interruptions(candidate) * hours)
        return useful * float(candidate.most_utilization)

    def usd_per_hour(self, candidate: Candidate) -> Floats:
        return float(candidate.usd_per_hour) * self.factor(Kind.RENT, candidate.key)

    def usd_per_replica_hour(self, candidate: Candidate) -> Floats:
        """Rent of an hour with its expected reloads."""
        reloads = self._interruptions(candidate) * float(candidate.load_usd)
        return self.usd_per_hour(candidate) + reloads

    def cold_seconds(self, candidate: Candidate) -> Floats:
        """Billed seconds in which workers serve nothing [s]."""
        requests = self.draws.requests(self.demand, self.rows) * float(self.demand.share)
        idle = float(candidate.idle_seconds)
        gaps = requests * np.exp(-requests * idle / SECONDS_PER_HOUR)
        each = self.load_seconds(candidate) + idle
        return np.where(requests > 0, np.maximum(gaps, 1.0) * each, 0.0)

    def _interruptions(self, candidate: Candidate) -> Floats:
        factor = self.factor(Kind.INTERRUPTIONS, candidate.key)
        return float(candidate.interruptions_per_hour) * factor


@dataclass(frozen=True)
class _Replay:
    """A schedule's part of one model, in some worlds."""

    schedule: Schedule
    of: ModelWorlds

    def profit_usd(self) -> Floats:
        """[USD] by world, before what is paid whatever runs."""
        asked = _sum(self.of.tokens, (1.0, 1.0, 1.0)) > 0
        share = float(self.of.demand.share)
        left = np.where(asked, share, 0.0)
        paid = np.zeros(len(left))
        for i, candidate in self._candidates(serverless=False):
            left -= self._by_pods(i, candidate, left)
            paid += self._rent(i, candidate)
        for i, candidate in self._candidates(serverless=True):
            taken, bills = self._by_workers(i, candidate, left)
            left -= taken
            paid += bills
        served = np.where(asked, share - left, 0.0)
        usd: Floats = np.sum(served * self.of.net_usd(), axis=1) - paid
        return usd

    def _candidates(self, *, serverless: bool) -> Iterator[tuple[int, Candidate]]:
        for i, each in enumerate(self.of.draws.problem.candidates):
            rows = (self.schedule.serverless if serverless else self.schedule.replicas)[i]
            mine = each.model == self.of.demand.model and each.is_serverless == serverless
            if mine and any(rows):
                yield i, each

    def _by_pods(self, i: int, candidate: Candidate, left: Floats) -> Floats:
        """The share of the demand that a candidate's replicas serve, [worlds, hours]."""
        replicas = self.schedule.replicas[i]
        paid = SECONDS_PER_HOUR * np.array(replicas, dtype=float)
        loaded = np.maximum(paid - self._lost(i, candidate), 0.0)
        seconds = loaded * self.of.filled_share(candidate)
        return np.minimum(left, _share(seconds, self.of.work(candidate)))

    def _lost(self, i: int, candidate: Candidate) -> Floats:
        """Seconds of each hour that replicas spend on loading [s], [worlds, hours]."""
        starts = np.array(started(candidate, self.schedule.replicas[i]), dtype=float)
        load = self.of.load_seconds(candidate)
        lost = np.zeros((len(load), len(starts)))
        ago = 0
        while ago < len(starts) and np.any(load > SECONDS_PER_HOUR * ago):
            part = np.clip(load - SECONDS_PER_HOUR * ago, 0.0, SECONDS_PER_HOUR)
            lost[:, ago:] += part * starts[: len(starts) - ago]
            ago += 1
        return lost

    def _rent(self, i: int, candidate: Candidate) -> Floats:
        """Rent, reloads and starts of all hours [USD], by world."""
        replicas = self.schedule.replicas[i]
        starts = sum(started(candidate, replicas)) * float(candidate.load_usd)
        usd = self.of.usd_per_replica_hour(candidate) * sum(replicas) + starts
        rent: Floats = usd[:, 0]
        return rent

    def _by_workers(
        self, i: int, candidate: Candidate, left: Floats
    ) -> tuple[Floats, Floats]:
        """What serverless takes, [worlds, hours], and its bills of all hours [USD]."""
        allowed = np.array([float(each) for each in self.schedule.serverless[i]])
        work = self.of.work(candidate)
        room = candidate.stock * self.of.filled_share(candidate) * SECONDS_PER_HOUR
        taken = np.minimum(np.minimum(left, allowed), _share(room, work))
        seconds = taken * work + self.of.cold_seconds(candidate)
        usd = self.of.usd_per_hour(candidate) / SECONDS_PER_HOUR
        bills = np.where(taken > 0, seconds, 0.0) * usd
        return np.maximum(taken, 0.0), np.sum(bills, axis=1)


def _sum(tokens: Sequence[Floats], each: Sequence[float]) -> Floats:
    return tokens[0] * each[0] + tokens[1] * each[1] + tokens[2] * each[2]


def _share(seconds: Floats, work: Floats) -> Floats:
    """Seconds as a share of the work [1]; of no work all, where there is any time."""
    whole = np.where(seconds > 0, np.inf, 0.0) + np.zeros_like(work)
    return np.divide(seconds, work, out=whole, where=work > 0)
