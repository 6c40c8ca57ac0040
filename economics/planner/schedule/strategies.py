"""Four rules of thumb on the same demand, each at its best with hindsight.

Always on, the same eight hours of every day, a reactive autoscaler, serverless. Each takes
one candidate for each model and the number of replicas that earns the most; models are
settled one after the other, the one that earns most first, with what the limits leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

import numpy as np

from economics.planner.schedule.autoscaler import autoscaled
from economics.planner.schedule.kept import broken_limits
from economics.planner.schedule.money import Schedule, money_of
from economics.planner.schedule.played import Played
from economics.planner.schedule.problem import ZERO, Candidate, ModelDemand, Problem
from economics.planner.schedule.program import most_useful

FIXED_HOURS = 8


class Rule(StrEnum):
    """A rule of thumb, as a page names it."""

    ALWAYS = "24/7"
    FIXED = "8 fixed hours a day"
    REACTIVE = "reactive autoscaling"
    SERVERLESS = "serverless"
    REPLANNED = "planned anew every five minutes"  # by `replanned`, without hindsight


@dataclass(frozen=True)
class Scaling:
    """What an autoscaler scales: a candidate, from `least` to `most` replicas."""

    index: int
    least: int
    most: int


@dataclass(frozen=True)
class Strategy:
    """What a rule earns over all hours [USD], unrounded, and how it was set.

    replicas  of all candidates, mean of each hour
    breaks    limits that it does not keep, in sentences
    schedule  None of an autoscaler, which has none before the demand is there
    scaling   of an autoscaler: what it scales
    """

    rule: Rule
    setting: str
    revenue_usd: Decimal
    cost_usd: Decimal
    starts: int
    replicas: tuple[Decimal, ...]
    breaks: tuple[str, ...] = ()
    why_not: str = ""
    schedule: Schedule | None = None
    scaling: tuple[Scaling, ...] = ()

    @property
    def possible(self) -> bool:
        return not self.why_not

    @property
    def profit_usd(self) -> Decimal:
        return self.revenue_usd - self.cost_usd

    def profit_usd_per_day(self) -> Decimal:
        return self.profit_usd * 24 / len(self.replicas)


def simple_strategies(problem: Problem) -> tuple[Strategy, ...]:
    """The four rules, each at its best within the limits."""
    return (
        _constant(problem, Rule.ALWAYS, [None]),
        _constant(problem, Rule.FIXED, list(range(24))),
        _reactive(problem),
        _serverless(problem),
    )


def best_simple(strategies: tuple[Strategy, ...]) -> Strategy | None:
    """The one that earns most; None where none is possible."""
    possible = [each for each in strategies if each.possible]
    return max(possible, key=lambda each: each.profit_usd, default=None)


@dataclass(frozen=True)
class _Choice:
    """One candidate at a number of replicas, in a window of each day (None: always)."""

    index: int
    count: int
    window: int | None
    profit: float

    def row(self, problem: Problem) -> tuple[int, ...]:
        return tuple(self.count * int(on) for on in _mask(problem, self.index, self.window))

    def words(self, candidate: Candidate) -> str:
        hours = "" if self.window is None else f", {_window_words(self.window)}"
        return f"{self.count} × {candidate.key}{hours}"


def _mask(problem: Problem, index: int, window: int | None) -> list[bool]:
    """Whether it runs, hour by hour."""
    candidate, first = problem.candidates[index], problem.start.hour
    return [
        candidate.may_run(t) and (window is None or (first + t - window) % 24 < FIXED_HOURS)
        for t in range(problem.hours)
    ]


def _window_words(window: int) -> str:
    return f"{window:02d}:00 to {(window + FIXED_HOURS) % 24:02d}:00 UTC"


def _constant(problem: Problem, rule: Rule, windows: list[int | None]) -> Strategy:
    """The same number in all hours of a window."""

    def best(room: _Room, demand: ModelDemand) -> _Choice | None:
        choices = [
            choice
            for i, candidate in _pods_of(problem, demand)
            if rule != Rule.ALWAYS or all(map(candidate.may_run, range(problem.hours)))
            for window in windows
            for choice in _counted(problem, i, window, room.most(candidate, window))
        ]
        return max(choices, key=lambda each: each.profit, default=None)

    chosen = _settled(problem, best)
    if not chosen:
        return _impossible(problem, rule, "no candidate fits into the limits")
    rows = [[0] * problem.hours for _ in problem.candidates]
    for choice in chosen:
        rows[choice.index] = list(choice.row(problem))
    schedule = Schedule.of_replicas(rows)
    words = [each.words(problem.candidates[each.index]) for each in chosen]
    return _of_schedule(problem, rule, schedule, "; ".join(words))


def _counted(
    problem: Problem, index: int, window: int | None, most: int
) -> Iterator[_Choice]:
    """Each number of replicas from 1 on with its profit, by floats, to choose by."""
    candidate = problem.candidates[index]
    demand = problem.demand_of(candidate)
    on = np.array(_mask(problem, index, window), dtype=float)
    begins = np.clip(np.diff(on, prepend=0.0), 0, None)
    net = np.array([float(usd) for usd in demand.net_usd])
    work = np.array([float(each) for each in problem.work_seconds(candidate)])
    lost = np.zeros(problem.hours)
    for ago in range(min(candidate.kept_hours, problem.hours)):
        lost[ago:] += float(candidate.lost_seconds(ago)) * begins[: problem.hours - ago]
    seconds = np.clip(3600 * on - lost, 0, None) * float(candidate.filled_share)
    each = np.divide(seconds, work, out=np.ones_like(work), where=work > 0)
    hourly = float(candidate.usd_per_replica_hour) * on.sum()
    cost = hourly + float(candidate.load_usd) * begins.sum()
    for count in range(1, most + 1):
        served = np.minimum(count * each, float(demand.share))
        yield _Choice(index, count, window, float((served * net).sum() - count * cost))


@dataclass
class _Room:
    """What the limits leave for the models that are not settled yet."""

    problem: Problem
    usd_per_hour: Decimal | None
    usd_per_day: Decimal | None
    replicas: int | None

    def most(self, candidate: Candidate, window: int | None = None) -> int:
        """Replicas of a candidate that still fit."""
        demand = self.problem.demand_of(candidate)
        hours = 24 if window is None else FIXED_HOURS
        rent = candidate.usd_per_replica_hour
        caps = [candidate.stock, max(most_useful(self.problem, candidate), 1)]
        caps += [each for each in (self.replicas, demand.most_replicas) if each is not None]
        if self.usd_per_hour is not None and rent:
            caps.append(int(self.usd_per_hour // rent))
        a_day = rent * hours + candidate.load_usd
        if self.usd_per_day is not None and a_day:
            caps.append(int(self.usd_per_day // a_day))
        return max(min(caps), 0)

    def take(self, choice: _Choice) -> None:
        candidate = self.problem.candidates[choice.index]
        hours = 24 if choice.window is None else FIXED_HOURS
        rent = candidate.usd_per_replica_hour
        if self.replicas is not None:
            self.replicas -= choice.count
        if self.usd_per_hour is not None:
            self.usd_per_hour -= rent * choice.count
        if self.usd_per_day is not None:
            self.usd_per_day -= (rent * hours + candidate.load_usd) * choice.count


Best = Callable[[_Room, ModelDemand], _Choice | None]


def _settled(problem: Problem, best: Best) -> list[_Choice]:
    """A choice for each model that finds room, the one that earns most first."""
    limits = problem.limits
    room = _Room(problem, limits.usd_per_hour, limits.usd_per_day, limits.most_replicas)
    left, chosen = list(problem.demands), []
    while left:
        found = [(choice, each) for each in left if (choice := best(room, each))]
        if not found:
            break
        choice, demand = max(found, key=lambda pair: pair[0].profit)
        room.take(choice)
        chosen.append(choice)
        left.remove(demand)
    return chosen


def _pods_of(problem: Problem, demand: ModelDemand) -> list[tuple[int, Candidate]]:
    return [
        (i, each)
        for i, each in enumerate(problem.candidates)
        if each.model == demand.model and not each.is_serverless
    ]


def _reactive(problem: Problem) -> Strategy:
    """One candidate a model, scaled by what is asked; from 0 or from 1, what is better."""
    runs: dict[int, tuple[Played, int]] = {}

    def best(room: _Room, demand: ModelDemand) -> _Choice | None:
        choices = []
        for i, candidate in _pods_of(problem, demand):
            most = room.most(candidate)
            floor = demand.least_replicas
            floors = {min(least, most) for least in (floor, max(floor, 1))}
            if not most:
                continue
            tries = [
                (autoscaled(problem, candidate, least=least, most=most), least)
                for least in sorted(floors)
            ]
            run = max(tries, key=lambda each: each[0].profit_usd)
            runs[i] = run
            choices.append(_Choice(i, most, None, float(run[0].profit_usd)))
        return max(choices, key=lambda each: each.profit, default=None)

    chosen = _settled(problem, best)
    if not chosen:
        return _impossible(problem, Rule.REACTIVE, "no candidate fits into the limits")
    taken = [
        (Scaling(each.index, runs[each.index][1], each.count), runs[each.index][0])
        for each in chosen
    ]
    return together(problem, Rule.REACTIVE, taken)


def together(
    problem: Problem, rule: Rule, taken: Sequence[tuple[Scaling, Played]]
) -> Strategy:
    """What the replicas that are started and ended by the minute earn, of all models."""
    hours = range(problem.hours)
    fixed = problem.fixed_usd_per_day * problem.days
    return Strategy(
        rule=rule,
        setting="; ".join(
            f"{scaling.least} to {scaling.most} × {problem.candidates[scaling.index].key}"
            for scaling, _ in taken
        ),
        revenue_usd=sum((run.revenue_usd for _, run in taken), ZERO),
        cost_usd=sum((sum(run.hour_usd, ZERO) for _, run in taken), fixed),
        starts=sum(run.starts for _, run in taken),
        replicas=tuple(
            sum((run.mean_replicas[t] for _, run in taken), ZERO) for t in hours
        ),
        scaling=tuple(scaling for scaling, _ in taken),
        breaks=tuple(_not_kept(problem, taken)),
    )


def _not_kept(problem: Problem, taken: Sequence[tuple[Scaling, Played]]) -> Iterator[str]:
    """The floors and uptimes that are not kept."""
    for demand in problem.demands:
        least, up = 0, ZERO
        for scaling, run in taken:
            candidate = problem.candidates[scaling.index]
            if candidate.model == demand.model and candidate.counts_for_uptime:
                least, up = scaling.least, run.up
        floor = demand.least_replicas
        if least < floor:
            yield f"{least} of {demand.model} are there for sure; the floor is {floor}."
        if up < demand.uptime:
            yield (
                f"{demand.model} serves in {up * 100:.1f} % of the time; "
                f"{demand.uptime * 100:.1f} % are asked for."
            )


def _serverless(problem: Problem) -> Strategy:
    """One serverless candidate a model takes all that it can, in every hour."""
    rows = [[ZERO] * problem.hours for _ in problem.candidates]
    names = []
    for demand in problem.demands:
        options = [
            (i, each)
            for i, each in enumerate(problem.candidates)
            if each.model == demand.model and each.is_serverless
        ]
        best = max(options, key=lambda pair: _alone(problem, *pair), default=None)
        if best is not None:
            rows[best[0]] = all_it_can(problem, best[1])
            names.append(best[1].key)
    if not names:
        return _impossible(problem, Rule.SERVERLESS, "no serverless candidate is given")
    pods = tuple((0,) * problem.hours for _ in problem.candidates)
    schedule = Schedule(pods, tuple(map(tuple, rows)))
    return _of_schedule(problem, Rule.SERVERLESS, schedule, "; ".join(names))


def all_it_can(problem: Problem, candidate: Candidate) -> list[Decimal]:
    """The share [1] of the whole demand that an endpoint's workers can take, by hour."""
    demand, room = problem.demand_of(candidate), candidate.stock * candidate.filled_share
    return [
        min(demand.share, 3600 * room / work) if work and candidate.may_run(t) else ZERO
        for t, work in enumerate(problem.work_seconds(candidate))
    ]


def _alone(problem: Problem, index: int, candidate: Candidate) -> Decimal:
    rows = [(ZERO,) * problem.hours for _ in problem.candidates]
    rows[index] = tuple(all_it_can(problem, candidate))
    pods = tuple((0,) * problem.hours for _ in problem.candidates)
    return money_of(problem, Schedule(pods, tuple(rows))).profit_usd


def _of_schedule(
    problem: Problem, rule: Rule, schedule: Schedule, setting: str
) -> Strategy:
    money = money_of(problem, schedule)
    count = [
        Decimal(sum(row[t] for row in schedule.replicas)) for t in range(problem.hours)
    ]
    return Strategy(
        rule=rule,
        setting=setting,
        revenue_usd=money.revenue_usd,
        cost_usd=money.cost_usd,
        starts=money.starts,
        replicas=tuple(count),
        breaks=broken_limits(problem, schedule, money),
        schedule=schedule,
    )


def _impossible(problem: Problem, rule: Rule, why: str) -> Strategy:
    nothing = Strategy(rule, "", ZERO, ZERO, 0, (ZERO,) * problem.hours)
    return replace(nothing, why_not=why)
