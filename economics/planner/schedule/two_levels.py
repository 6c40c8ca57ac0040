"""A schedule as a fleet keeps one: of a deployment two numbers, inside and outside hours.

A deployment knows how many replicas it wants within its hours and how many outside of
them; spot knows one number only, and a serverless endpoint none: it takes what reaches it,
in every hour. So the answer is taken to the nearest such schedule, and against it stand
the best of each machine alone, an endpoint too: one deployment with one queue is worth a
percent, and is one change to confirm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil

from economics.planner.schedule.kept import broken_limits
from economics.planner.schedule.money import Schedule, ScheduleMoney, money_of
from economics.planner.schedule.problem import ZERO, Candidate, Problem, Rental
from economics.planner.schedule.solve import NoSchedule, solve
from economics.planner.schedule.strategies import all_it_can

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
    """A schedule of two levels a candidate, its money, and limits that it breaks.

    workers  of each candidate, the most that its endpoint needs at once in the mean of an
             hour; 0: it has none
    """

    levels: tuple[Levels, ...]
    schedule: Schedule
    money: ScheduleMoney
    breaks: tuple[str, ...]
    workers: tuple[int, ...]

    @property
    def profit_usd(self) -> Decimal:
        return self.money.profit_usd

    @property
    def machines(self) -> int:
        return sum(each.is_used for each in self.levels) + sum(map(bool, self.workers))


def deployable(
    problem: Problem, schedule: Schedule, *, seconds: float = SECONDS
) -> TwoLevels:
    """What deployments can keep of an answer: one machine, or several where it pays.

    seconds  [s] for the machines alone
    """
    several = [two_levels(problem, schedule)]
    if len(problem.demands) > 1:
        return several[0]
    alone = [_nothing(problem)]
    each = max(seconds / len(problem.candidates), 0.1)
    for index, candidate in enumerate(problem.candidates):
        if not candidate.is_serverless:
            alone += _alone(problem, index, candidate, seconds=each)
            continue
        if not has_every_hour(candidate):
            continue
        alone.append(two_levels(problem, nothing_of(problem), endpoint=index))
        if any(schedule.serverless[index]):
            several.append(two_levels(problem, schedule, endpoint=index))
    best = _best(alone)
    if best is None:
        return _best(several) or several[0]
    worth = best.profit_usd + abs(best.profit_usd) * WORTH_SEVERAL
    mixed = _best(several)
    return mixed if mixed is not None and mixed.profit_usd > worth else best


def has_every_hour(candidate: Candidate) -> bool:
    """Whether it may run at any time: an endpoint has no hours that could be set."""
    return candidate.allowed is None or all(candidate.allowed)


def _best(found: list[TwoLevels]) -> TwoLevels | None:
    """What earns most of those that keep every limit; None where none does."""
    keeping = [each for each in found if not each.breaks]
    return max(keeping, key=lambda each: each.profit_usd, default=None)


def two_levels(
    problem: Problem, schedule: Schedule, *, endpoint: int | None = None
) -> TwoLevels:
    """The schedule with at most two numbers a candidate, as near as it can be in money.

    Of all pairs of numbers and all thresholds between them, the one that earns most and
    keeps the limits; candidates are settled one after the other, in their order.

    endpoint  the candidate that takes what the replicas leave, in every hour; None: what
              serverless takes in the schedule is left out
    """
    found: list[Levels] = []
    current = _with_endpoint(problem, schedule, endpoint)
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
    return two_levels(problem, nothing_of(problem))


def nothing_of(problem: Problem) -> Schedule:
    """The schedule that rents nothing."""
    return Schedule.of_replicas([(0,) * problem.hours for _ in problem.candidates])


def _told(problem: Problem, levels: tuple[Levels, ...], schedule: Schedule) -> TwoLevels:
    money = money_of(problem, schedule)
    workers = tuple(
        _workers(candidate, row, money)
        for candidate, row in zip(problem.candidates, schedule.serverless, strict=True)
    )
    breaks = broken_limits(problem, schedule, money)
    return TwoLevels(levels, schedule, money, breaks, workers)


def _workers(candidate: Candidate, row: tuple[Decimal, ...], money: ScheduleMoney) -> int:
    """The most hours of workers that one hour bills; all serverless money is of `row`."""
    if not any(row):
        return 0
    most = max(hour.serverless_usd for hour in money.hours)
    if not most or not candidate.usd_per_hour:
        return 1
    return min(ceil(most / candidate.usd_per_hour), candidate.stock)


def _with_endpoint(problem: Problem, schedule: Schedule, endpoint: int | None) -> Schedule:
    rows = [(ZERO,) * len(row) for row in schedule.serverless]
    if endpoint is not None:
        rows[endpoint] = tuple(all_it_can(problem, problem.candidates[endpoint]))
    return replace(schedule, serverless=tuple(rows))


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
