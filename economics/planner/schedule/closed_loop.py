"""A policy that plans anew every five minutes from the past alone, as a console would.

At each look it takes what the last five minutes asked for the rest of the hour, expects
the next hours by `forecast`, and starts or ends what is worth it (`worth`). What it does
depends on nothing that comes after. Backtest and formula: docs/schedule.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from economics.calc.hours import SECONDS_PER_HOUR
from economics.calc.token_mix import TokenCounts, revenue
from economics.planner.schedule.forecast import Floats, Forecaster
from economics.planner.schedule.played import STEP_SECONDS, Asked, Played, Pods, play
from economics.planner.schedule.problem import ZERO, Candidate, Problem
from economics.planner.schedule.worth import Hour, Terms, best_change, worth_at_start

LOOK_SECONDS = 300
AHEAD_HOURS = 8


def closed_loop(
    problem: Problem,
    candidate: Candidate,
    *,
    least: int = 0,
    most: int | None = None,
    history: Sequence[TokenCounts] = (),
    rates: Sequence[Decimal] | None = None,
) -> Played:
    """What the policy's replicas of one candidate earn over the hours of `problem`.

    least, most  replicas; None: the stock
    history      the hours before `problem.start` of its model, the newest last
    rates        as of `play`
    """
    policy = _Replanned(
        problem, candidate, least, candidate.stock if most is None else most
    )
    policy.remember(history)
    return play(problem, candidate, policy, least=least, rates=rates)


@dataclass
class _Replanned:
    """One candidate while its demand is followed.

    steps   full replicas that each step of this hour filled, until now
    earned  [USD] and [full replica-hours] of all that was seen: what one earns
    """

    problem: Problem
    candidate: Candidate
    least: int
    most: int
    forecaster: Forecaster = field(default_factory=Forecaster)
    steps: list[Decimal] = field(default_factory=list)
    earned_usd: Decimal = ZERO
    filled_hours: Decimal = ZERO

    def remember(self, history: Sequence[TokenCounts]) -> None:
        demand = self.problem.demand_of(self.candidate)
        for tokens in history:
            hours = self.candidate.seconds.of(tokens) * demand.share / SECONDS_PER_HOUR
            self.forecaster.learn(float(hours))
            self.earned_usd += revenue(tokens, demand.net_rates) * demand.share
            self.filled_hours += hours

    def look(self, pods: Pods, now: int, asked: Asked) -> None:
        """Decide by what the steps before asked, then note what this one asks."""
        within = now % SECONDS_PER_HOUR
        if within == 0:
            self._end_hour()
        if within % LOOK_SECONDS == 0:
            self._decide(pods, now, may_run=asked.may_run)
        self.steps.append(asked.replicas)
        self.earned_usd += asked.replicas * asked.earns * STEP_SECONDS / SECONDS_PER_HOUR
        self.filled_hours += asked.replicas * STEP_SECONDS / SECONDS_PER_HOUR

    def _end_hour(self) -> None:
        if self.steps:
            self.forecaster.learn(float(sum(self.steps, ZERO) / len(self.steps)))
        self.steps = []

    def _decide(self, pods: Pods, now: int, *, may_run: bool) -> None:
        count = len(pods.started_at)
        target = self._target(count, now) if may_run else 0
        if target > count:
            pods.add(target - count, now)
        elif target < count:
            pods.drop(count - target, now, newest=True)  # those that still load

    def _target(self, count: int, now: int) -> int:
        hour, within = divmod(now, SECONDS_PER_HOUR)
        if not self.filled_hours:  # nothing was ever asked, or nobody has looked yet
            return self.least if self.forecaster.past or self.steps else count
        terms = self._terms()
        if not self.steps:  # this hour has told nothing yet: more would be a guess
            worth = self._worth(terms, hour, None)
            held = worth[: max(min(count, self.most) - self.least, 0) + 1]
            return self.least + int(held.argmax())
        looked = self.steps[-LOOK_SECONDS // STEP_SECONDS :]
        rate = float(sum(looked, ZERO) / len(looked))
        left = (SECONDS_PER_HOUR - within) / SECONDS_PER_HOUR
        return best_change(terms, count, rate, left, self._worth(terms, hour + 1, rate))

    def _worth(self, terms: Terms, hour: int, running: float | None) -> Floats:
        expected = self.forecaster.expect(AHEAD_HOURS, running=running)
        hours = [
            Hour(asked, self._may_run(hour + ahead)) for ahead, asked in enumerate(expected)
        ]
        return worth_at_start(terms, hours)

    def _may_run(self, hour: int) -> bool:
        return hour >= self.problem.hours or self.candidate.may_run(hour)

    def _terms(self) -> Terms:
        candidate = self.candidate
        return Terms(
            least=self.least,
            most=self.most,
            usd_per_hour=float(candidate.usd_per_replica_hour),
            earns_usd=float(self.earned_usd / self.filled_hours),
            filled=float(candidate.filled_share),
            load_hours=float(candidate.load_seconds) / SECONDS_PER_HOUR,
            load_usd=float(candidate.load_usd),
            look_hours=LOOK_SECONDS / SECONDS_PER_HOUR,
        )
