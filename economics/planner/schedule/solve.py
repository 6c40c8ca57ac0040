"""The most profitable schedule, with what is proven about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.planner.schedule.conflict import conflict_sentences
from economics.planner.schedule.linear import Answer, solve_program
from economics.planner.schedule.money import Schedule, ScheduleMoney, money_of
from economics.planner.schedule.problem import ZERO, Problem
from economics.planner.schedule.program import ScheduleProgram

SECONDS = 10.0
GAP = 0.001
NARROW = 0.6  # of the time, for the narrow program
LEAST = 0.1  # [s]


@dataclass(frozen=True)
class Solved:
    """A schedule and its exact money.

    most_profit_usd  what no schedule can earn more than, proven by the solver (a float's
                     truth: to about 9 digits)
    seconds          the solver took
    """

    schedule: Schedule
    money: ScheduleMoney
    most_profit_usd: Decimal
    seconds: float

    @property
    def profit_usd(self) -> Decimal:
        return self.money.profit_usd

    @property
    def gap_usd(self) -> Decimal:
        """What a better schedule could earn more at most [USD]."""
        return max(self.most_profit_usd - self.profit_usd, ZERO)

    @property
    def gap(self) -> Decimal | None:
        """The same as a share [1] of the profit; None where the profit is 0."""
        return self.gap_usd / abs(self.profit_usd) if self.profit_usd else None


@dataclass(frozen=True)
class NoSchedule:
    """Why there is none: limits that conflict, or a solver that had too little time."""

    sentences: tuple[str, ...]
    infeasible: bool = True

    def __str__(self) -> str:
        return " ".join(self.sentences)


def solve(
    problem: Problem,
    *,
    seconds: float = SECONDS,
    gap: float = GAP,
    start: Schedule | None = None,
) -> Solved | NoSchedule:
    """The schedule with the highest profit, to within `gap` [1] or until time is over.

    seconds  [s] the solver may take; what conflicts is looked for in as much again
    start    a schedule that keeps the limits: the answer is never worse
    """
    built = ScheduleProgram(problem)
    answer = _answered(built, seconds=seconds, gap=gap, start=start)
    if answer.infeasible:
        return NoSchedule(conflict_sentences(problem, seconds=seconds))
    if answer.values is None:
        return NoSchedule(
            (f"The solver found no schedule within {seconds:g} s; ask about fewer hours.",),
            infeasible=False,
        )
    return _solved(problem, built, answer)


def _answered(
    built: ScheduleProgram, *, seconds: float, gap: float, start: Schedule | None
) -> Answer:
    """The answer of the whole program, begun from `start` or the best of a narrow one.

    The bound of such a program is good at once and the schedules found late: so the
    program without whole numbers says first which candidates and hours matter, and the
    program of these alone, which is small, gives the whole one something to begin with.
    """
    if start is not None:
        given = built.whole_values(start)
        return solve_program(built.program, seconds=seconds, gap=gap, start=given)
    relaxed = solve_program(built.program.relaxed(), seconds=seconds / 4, gap=gap)
    if relaxed.infeasible:
        return relaxed
    left = seconds - relaxed.seconds
    begin: dict[int, float] | None = None
    if relaxed.values is not None:
        narrow = built.narrowed(relaxed.values)
        first = solve_program(narrow, seconds=left * NARROW, gap=gap / 2)
        left -= first.seconds
        if first.values is not None:
            begin = built.whole_of(first.values)
    answer = solve_program(built.program, seconds=max(left, LEAST), gap=gap, start=begin)
    return replace(answer, seconds=answer.seconds + seconds - left)


def _solved(problem: Problem, built: ScheduleProgram, answer: Answer) -> Solved:
    assert answer.values is not None
    schedule = built.schedule(answer.values)
    money = money_of(problem, schedule)
    most = Decimal(repr(answer.bound)) - money.fixed_usd
    return Solved(schedule, money, max(most, money.profit_usd), answer.seconds)


def best_profit(problem: Problem, *, seconds: float = SECONDS) -> Decimal | Unknown:
    """What the best schedule earns a day [USD / day], or why there is none.

    Exact for the schedule that was found; a better one may exist within the gap that
    `solve` tells. "Rent nothing" earns minus the fixed costs, where the limits allow it.
    """
    found = solve(problem, seconds=seconds)
    if isinstance(found, NoSchedule):
        return Unknown(str(found))
    return found.money.profit_usd_per_day
