"""A schedule as a fleet keeps one: of a deployment two numbers, inside and outside hours.

A deployment knows how many replicas it wants within its hours and how many outside of
them; spot knows one number only. So the answer is taken to the nearest such schedule, and
against it stand the best of each machine alone: one deployment with one queue is worth a
percent, and is one change to confirm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from economics.planner.schedule.kept import broken_limits
from economics.planner.schedule.money import Schedule, ScheduleMoney, money_of
from economics.planner.schedule.problem import ZERO, Candidate, Problem, Rental
from economics.planner.schedule.solve import NoSchedule, solve

MOST_TRIED = 400  # pairs and thresholds of one candidate
SECONDS = 6.0  # for the machines alone, all together
GAP = 0.002
WORTH_SEVERAL = Decimal("0.01")  # of the profit, that several deployments must earn more


@dataclass(frozen=True)
class Levels:
    """`inside` replicas in the hours marked, `outside` in the others."""

    inside: int
    outside: int
    hours: tuple[bool, ...]

    def row(self) -> tuple[int, ...]:
        return tuple(self.inside if on else self.outside for on in self.hours)

    @property
    def is_used(self) -> bool:
        return any(self.row())


@dataclass(frozen=True)
class TwoLevels:
    """A schedule of two levels a candidate, its money, and limits that it breaks."""

    levels: tuple[Levels, ...]
    schedule: Schedule
    money: ScheduleMoney
    breaks: tuple[str, ...]

    @property
    def profit_usd(self) -> Decimal:
        return self.money.profit_usd

    @property
    def machines(self) -> int:
        return sum(each.is_used for each in self.levels)


def deployable(
    problem: Problem, schedule: Schedule, *, seconds: float = SECONDS
) -> TwoLevels:
    """What deployments can keep of an answer: one machine, or several where it pays.

    seconds  [s] for the machines alone; what serverless takes in the answer is left out
    """
    several = two_levels(problem, schedule)
    if len(problem.demands) > 1:
        return several
    alone = [_nothing(problem)]
    each = max(seconds / len(problem.candidates), 0.1)
    for index, candidate in enumerate(problem.candidates):
        if not candidate.is_serverless:
            alone += _alone(problem, index, candidate, seconds=each)
    keeping = [found for found in alone if not found.breaks]
    if not keeping:
        return several
    best = max(keeping, key=lambda found: found.profit_usd)
    worth = best.profit_usd + abs(best.profit_usd) * WORTH_SEVERAL
    is_better = not several.breaks and several.profit_usd > worth
    return several if is_better else best


def two_levels(problem: Problem, schedule: Schedule) -> TwoLevels:
    """The schedule with at most two numbers a candidate, as near as it can be in money.

    Of all pairs of numbers and all thresholds between them, the one that earns most and
    keeps the limits; candidates are settled one after the other, in their order.
    """
    found: list[Levels] = []
    current = _pods_alone(schedule)
    for index, candidate in enumerate(problem.candidates):
        row = current.replicas[index]
        choices = _constants(row) if _is_always(candidate) else _choices(row)
        tried = [
            (each, _with(current, index, each))
            for each, _ in zip(choices, range(MOST_TRIED), strict=False)
        ]
        best, current = tried[0]
        if len(tried) > 1:
            best, current = max(tried, key=lambda pair: _worth(problem, pair[1]))
        found.append(best)
    return _told(problem, tuple(found), current)


def _alone(
    problem: Problem, index: int, candidate: Candidate, *, seconds: float
) -> Iterator[TwoLevels]:
    """The best that one machine does; nothing where it can not keep the limits."""
    if _is_always(candidate):
        limits = (candidate.stock, problem.limits.most_replicas)
        most = min(each for each in limits if each is not None)
        counts = range(1, min(most, MOST_TRIED) + 1)
        tried = [_only(problem, index, (count,) * problem.hours) for count in counts]
        keeping = [found for found in tried if not found.breaks]
        if keeping:
            yield max(keeping, key=lambda found: found.profit_usd)
        return
    found = solve(replace(problem, candidates=(candidate,)), seconds=seconds, gap=GAP)
    if not isinstance(found, NoSchedule):
        yield _only(problem, index, found.schedule.replicas[0])


def _is_always(candidate: Candidate) -> bool:
    """Whether a deployment of it has no hours: spot is rented always or never."""
    return candidate.rental == Rental.SPOT


def _only(problem: Problem, index: int, row: tuple[int, ...]) -> TwoLevels:
    rows = [(0,) * problem.hours for _ in problem.candidates]
    rows[index] = row
    return two_levels(problem, Schedule.of_replicas(rows))


def _nothing(problem: Problem) -> TwoLevels:
    return _only(problem, 0, (0,) * problem.hours)


def _told(problem: Problem, levels: tuple[Levels, ...], schedule: Schedule) -> TwoLevels:
    money = money_of(problem, schedule)
    return TwoLevels(levels, schedule, money, broken_limits(problem, schedule, money))


def _pods_alone(schedule: Schedule) -> Schedule:
    nothing = tuple((ZERO,) * len(row) for row in schedule.serverless)
    return replace(schedule, serverless=nothing)


def _worth(problem: Problem, schedule: Schedule) -> tuple[bool, Decimal]:
    money = money_of(problem, schedule)
    return not broken_limits(problem, schedule, money), money.profit_usd


def _constants(row: tuple[int, ...]) -> Iterator[Levels]:
    for value in sorted(set(row)):
        yield Levels(value, value, (True,) * len(row))


def _choices(row: tuple[int, ...]) -> Iterator[Levels]:
    """Every pair of numbers that the row has, cut at each threshold between them."""
    values = sorted(set(row))
    if len(values) != 2:
        yield from _constants(row)
    for low in values:
        for high in values:
            for cut in values:
                if low < cut <= high:
                    yield Levels(high, low, tuple(n >= cut for n in row))


def _with(schedule: Schedule, index: int, levels: Levels) -> Schedule:
    rows = list(schedule.replicas)
    rows[index] = levels.row()
    return replace(schedule, replicas=tuple(rows))
