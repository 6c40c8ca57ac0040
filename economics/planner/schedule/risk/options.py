"""The schedules among which one is chosen. docs/schedule.md"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from economics.planner.schedule.kept import broken_limits
from economics.planner.schedule.money import Schedule, money_of
from economics.planner.schedule.problem import Problem
from economics.planner.schedule.risk.draws import given_draws
from economics.planner.schedule.risk.inputs import Input, Kind
from economics.planner.schedule.solve import Solved, solve
from economics.planner.schedule.strategies import Scaling, Strategy

AS_ASKED, NOTHING = "best as asked", "do nothing"
LEVELS = (0.1, 0.25, 0.75, 0.9)
SECONDS = 4.0


@dataclass(frozen=True)
class Option:
    """A schedule that could be taken, or an autoscaler, which has none of its own.

    schedule  of an autoscaler: nothing rented; it follows `scaling`
    setting  of a rule of thumb: what it rents
    also     other names of the same schedule
    breaks   limits that it does not keep where all comes as asked, in sentences
    """

    name: str
    schedule: Schedule
    setting: str = ""
    also: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    scaling: tuple[Scaling, ...] = ()


def options_of(
    problem: Problem,
    best: Solved,
    inputs: Sequence[Input],
    strategies: Sequence[Strategy] = (),
    *,
    seconds: float = SECONDS,
) -> tuple[Option, ...]:
    """Best as asked, best at other levels of demand, the rules of thumb, do nothing.

    seconds  [s] for the solver, all levels together

    An autoscaler is the last of the rules: it follows the demand of each world.
    """
    named = [
        Option(AS_ASKED, best.schedule),
        *_at_levels(problem, inputs, seconds / len(LEVELS)),
        *(
            Option(each.rule, each.schedule, each.setting)
            for each in strategies
            if each.schedule is not None
        ),
        Option(NOTHING, nothing(problem)),
    ]
    scaled = (
        Option(each.rule, nothing(problem), each.setting, (), each.breaks, each.scaling)
        for each in strategies
        if each.scaling
    )
    return (
        *(replace(each, breaks=_breaks(problem, each.schedule)) for each in _merged(named)),
        *scaled,
    )


def may_be_taken(options: Sequence[Option]) -> tuple[Option, ...]:
    """Those that keep every limit; where none does, "do nothing", which breaks some too."""
    keeping = tuple(each for each in options if not each.breaks)
    return keeping or tuple(each for each in options if each.name == NOTHING)


def nothing(problem: Problem) -> Schedule:
    """Rent nothing; what runs is stopped when the first hour begins."""
    return Schedule.of_replicas([(0,) * problem.hours] * len(problem.candidates))


def at_demand(problem: Problem, inputs: Sequence[Input], probability: float) -> Problem:
    """The question with every level of demand at a quantile of its distribution."""
    levels = [each for each in inputs if each.kind == Kind.DEMAND]
    row = {each.name: each.spread.at(probability) for each in levels}
    return given_draws(problem, levels, [row]).world(0)


def _at_levels(
    problem: Problem, inputs: Sequence[Input], seconds: float
) -> Iterator[Option]:
    if not any(each.kind == Kind.DEMAND for each in inputs):
        return
    for level in LEVELS:
        found = solve(at_demand(problem, inputs, level), seconds=seconds)
        if isinstance(found, Solved):
            yield Option(f"best at demand P{level * 100:g}", found.schedule)


def _merged(options: Sequence[Option]) -> list[Option]:
    """The same schedule once, under its first name; "do nothing" keeps its own."""
    kept: dict[Schedule, Option] = {}
    for each in options:
        if (same := kept.get(each.schedule)) is None:
            kept[each.schedule] = each
        elif each.name == NOTHING:
            kept[each.schedule] = replace(each, also=(same.name, *same.also))
        else:
            kept[each.schedule] = replace(same, also=(*same.also, each.name))
    return list(kept.values())


def _breaks(problem: Problem, schedule: Schedule) -> tuple[str, ...]:
    return broken_limits(problem, schedule, money_of(problem, schedule))
