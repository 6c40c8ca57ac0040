"""A schedule as a fleet keeps one: of each candidate two numbers, inside and outside hours.

A deployment knows how many replicas it wants within its hours and how many outside of
them. A schedule with more levels is taken to the nearest such one: of all pairs of numbers
and all thresholds between them, the pair that earns most and keeps the limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from economics.planner.schedule.kept import broken_limits
from economics.planner.schedule.money import Schedule, ScheduleMoney, money_of
from economics.planner.schedule.problem import Problem

MOST_TRIED = 400  # pairs and thresholds of one candidate


@dataclass(frozen=True)
class Levels:
    """`inside` replicas in the hours marked, `outside` in the others."""

    inside: int
    outside: int
    hours: tuple[bool, ...]

    def row(self) -> tuple[int, ...]:
        return tuple(self.inside if on else self.outside for on in self.hours)

    @property
    def is_constant(self) -> bool:
        return self.inside == self.outside or all(self.hours) or not any(self.hours)


@dataclass(frozen=True)
class TwoLevels:
    """The nearest schedule of two levels, its money, and limits that it breaks."""

    levels: tuple[Levels, ...]
    schedule: Schedule
    money: ScheduleMoney
    breaks: tuple[str, ...]


def two_levels(problem: Problem, schedule: Schedule) -> TwoLevels:
    """The schedule with at most two numbers a candidate, as near as it can be in money.

    Candidates are settled one after the other, in their order.
    """
    found: list[Levels] = []
    current = schedule
    for i, row in enumerate(schedule.replicas):
        tried = [
            (each, _with(current, i, each))
            for each, _ in zip(_choices(row), range(MOST_TRIED), strict=False)
        ]
        if len(tried) == 1:
            best, current = tried[0]
        else:
            best, current = max(tried, key=lambda pair: _worth(problem, pair[1]))
        found.append(best)
    money = money_of(problem, current)
    breaks = broken_limits(problem, current, money)
    return TwoLevels(tuple(found), current, money, breaks)


def _worth(problem: Problem, schedule: Schedule) -> tuple[bool, float]:
    money = money_of(problem, schedule)
    kept = not broken_limits(problem, schedule, money)
    return kept, float(money.profit_usd)


def _choices(row: tuple[int, ...]) -> Iterator[Levels]:
    """Every pair of numbers that the row has, cut at each threshold between them."""
    values = sorted(set(row))
    if len(values) == 1:
        yield Levels(values[0], values[0], (True,) * len(row))
        return
    for low in values:
        for high in values:
            if low >= high:
                continue
            for cut in values:
                if low < cut <= high:
                    yield Levels(high, low, tuple(n >= cut for n in row))
    if len(values) > 2:
        for value in values:
            yield Levels(value, value, (True,) * len(row))


def _with(schedule: Schedule, index: int, levels: Levels) -> Schedule:
    rows = list(schedule.replicas)
    rows[index] = levels.row()
    return replace(schedule, replicas=tuple(rows))
