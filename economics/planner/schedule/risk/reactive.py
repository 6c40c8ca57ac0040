"""A reactive autoscaler in a thousand worlds at once. Formula: docs/schedule.md

It has no schedule before the demand is there: in each world it follows what is asked in
that world. The same steps as `autoscaler.autoscaled`, over arrays; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from economics.calc.hours import SECONDS_PER_HOUR
from economics.planner.schedule.autoscaler import DOWN_SECONDS, UP_SECONDS
from economics.planner.schedule.played import STEP_SECONDS
from economics.planner.schedule.problem import Candidate
from economics.planner.schedule.risk.draws import Draws, Floats
from economics.planner.schedule.risk.replay import (
    Micros,
    ModelWorlds,
    fixed_costs,
    to_micros,
)
from economics.planner.schedule.strategies import Scaling

Ints = NDArray[np.int64]
NEVER = np.inf  # the start of a slot that has no replica
TINY = 1e-9  # replicas: what floats put on top of a whole number wants no one more


def autoscaled_in_worlds(draws: Draws, scalings: Sequence[Scaling]) -> Micros:
    """The profit of the autoscalers in each world [millionths of USD]."""
    profit = fixed_costs(draws)
    for each in scalings:
        candidate = draws.problem.candidates[each.index]
        demand = draws.problem.demand_of(candidate)
        fleet = _Fleet.begun(ModelWorlds(draws, demand), candidate, each)
        profit += to_micros(fleet.profit_usd())
    return profit


@dataclass
class _Fleet:
    """The replicas that are paid in each world, by the second of their start.

    started  [worlds, slots] oldest first, NEVER where there is none
    load     [worlds, 1] seconds; kept: that a started one stays
    """

    of: ModelWorlds
    candidate: Candidate
    scaling: Scaling
    started: Floats
    load: Floats
    kept: Floats

    @classmethod
    def begun(cls, of: ModelWorlds, candidate: Candidate, scaling: Scaling) -> _Fleet:
        load = np.floor(of.load_seconds(candidate))
        exact = np.ceil(of.load_seconds(candidate) / SECONDS_PER_HOUR - TINY)
        hours = np.maximum(exact, candidate.min_run_hours)
        begun = max(candidate.running, scaling.least)
        started = np.full((len(load), max(scaling.most, begun)), NEVER)
        started[:, : candidate.running] = -load
        started[:, candidate.running : begun] = 0.0
        kept = np.where(hours > 1, hours, 0.0) * SECONDS_PER_HOUR
        return cls(of, candidate, scaling, started, load, kept)

    def __post_init__(self) -> None:
        worlds, slots = self.started.shape
        self.slots = np.arange(slots)
        self.count = np.sum(self.started < NEVER, axis=1)
        self.up_for, self.down_for = np.zeros(worlds), np.zeros(worlds)
        self.starts = self.count - self.candidate.running

    def profit_usd(self) -> Floats:
        """[USD] by world, before what is paid whatever runs."""
        work, net = self.of.work(self.candidate), self.of.net_usd()
        filled = self.of.filled_share(self.candidate)[:, 0]
        earned = np.divide(net, work, out=np.zeros_like(work), where=work > 0)
        share = float(self.of.demand.share)
        revenue, paid = np.zeros(len(work)), np.zeros(len(work))
        for t in range(work.shape[1]):
            rate = work[:, t] * share / SECONDS_PER_HOUR
            target = self._target(np.ceil(rate / filled - TINY), t)
            served, looks = np.zeros(len(work)), SECONDS_PER_HOUR // STEP_SECONDS
            for look in range(looks):
                now = t * SECONDS_PER_HOUR + look * STEP_SECONDS
                self._follow(target, now)
                loaded = np.sum(now - self.started >= self.load, axis=1)
                settled = bool(np.all((loaded == self.count) & (self.count == target)))
                times = looks - look if settled else 1  # nothing changes in the hour's rest
                served += np.minimum(rate, loaded * filled) * times
                paid += self.count * times
                if settled:
                    break
            revenue += served * STEP_SECONDS * earned[:, t]
        hours = paid * STEP_SECONDS / SECONDS_PER_HOUR
        rent = hours * self.of.usd_per_replica_hour(self.candidate)[:, 0]
        usd: Floats = revenue - rent - self.starts * float(self.candidate.load_usd)
        return usd

    def _target(self, wanted: Floats, hour: int) -> Ints:
        if not self.candidate.may_run(hour):
            return np.zeros(len(wanted), dtype=np.int64)
        return np.clip(wanted, self.scaling.least, self.scaling.most).astype(np.int64)

    def _follow(self, target: Ints, now: int) -> None:
        """One look: count how long the target has differed, and act when it is time."""
        count = self.count
        self.up_for = np.where(target > count, self.up_for + STEP_SECONDS, 0.0)
        self.down_for = np.where(target < count, self.down_for + STEP_SECONDS, 0.0)
        up, down = self.up_for >= UP_SECONDS, self.down_for >= DOWN_SECONDS
        if up.any():
            new = (self.slots >= count[:, None]) & (self.slots < target[:, None])
            self.started[new & up[:, None]] = now
            self.starts = self.starts + np.where(up, target - count, 0)
            self.count = np.where(up, target, count)
            self.up_for[up] = 0.0
        if down.any():
            self._stop(np.where(down, count - target, 0), now)
            self.down_for[down] = 0.0

    def _stop(self, most: Ints, now: int) -> None:
        """The oldest go first, those that may."""
        may = np.sum(now - self.started >= self.kept, axis=1)
        gone = np.minimum(may, most)
        later = self.slots + gone[:, None]
        beyond = later >= len(self.slots)
        moved = np.take_along_axis(self.started, np.where(beyond, 0, later), axis=1)
        self.started = np.where(beyond, NEVER, moved)
        self.count = self.count - gone
