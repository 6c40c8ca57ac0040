"""Which limits can not hold together, and what it would take. docs/schedule.md"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from economics.planner.schedule.linear import solve_program
from economics.planner.schedule.problem import ModelDemand, Problem
from economics.planner.schedule.program import (
    ALLOWED,
    DAY_BUDGET,
    HOUR_BUDGET,
    LEAST,
    MOST,
    MOST_OF_MODEL,
    STOCK,
    UPTIME,
    ScheduleProgram,
    Terms,
)

FEASIBLE_GAP = 0.0001
SURE = 1e-6


def conflict_sentences(problem: Problem, *, seconds: float) -> tuple[str, ...]:
    """Why no schedule keeps the limits: the least set of them that conflicts, in words.

    Leaves out one limit after the other; what must stay for the conflict to stay is named.
    """
    out: frozenset[str] = frozenset()
    names = _names(problem)
    each = seconds / (2 * len(names) + 2)
    for name in names:
        if not _possible(problem, out | {name}, each):
            out |= {name}
    conflict = [name for name in names if name not in out]
    words = {name: _words(problem, name) for name in conflict}
    needs = [
        f"{_joined([words[other] for other in conflict if other != name])} "
        f"{'needs' if len(conflict) == 2 else 'need'} {most.needed(problem, out, each)}; "
        f"{most.given(problem)}."
        for name in conflict
        if (most := _most(name)) is not None
    ]
    if needs:
        return tuple(need[0].upper() + need[1:] for need in needs)
    if len(conflict) == 1:
        return (f"This can not hold: {_joined(list(words.values()))}.",)
    return (f"These limits can not hold together: {_joined(list(words.values()))}.",)


def _names(problem: Problem) -> list[str]:
    """Every limit that applies; those that are facts about the market come first."""
    names = [STOCK]
    if any(each.allowed is not None for each in problem.candidates):
        names.append(ALLOWED)
    for demand in problem.demands:
        if demand.most_replicas is not None:
            names.append(f"{MOST_OF_MODEL}:{demand.model}")
        if demand.uptime:
            names.append(f"{UPTIME}:{demand.model}")
        if demand.least_replicas:
            names.append(f"{LEAST}:{demand.model}")
    limits = problem.limits
    given = [
        (MOST, limits.most_replicas),
        (DAY_BUDGET, limits.usd_per_day),
        (HOUR_BUDGET, limits.usd_per_hour),
    ]
    return names + [name for name, value in given if value is not None]


def _possible(problem: Problem, without: frozenset[str], seconds: float) -> bool:
    built = ScheduleProgram(problem, without=without, earning=False)
    program = built.program
    program.cost = [0.0] * len(program.cost)
    return not solve_program(program, seconds=seconds, gap=FEASIBLE_GAP).infeasible


@dataclass(frozen=True)
class _Most:
    """An upper limit of a conflict, and how to find the least that would do."""

    name: str

    def needed(self, problem: Problem, out: frozenset[str], seconds: float) -> str:
        built = ScheduleProgram(problem, without=out | {self.name}, earning=False)
        program = built.program
        program.cost = [0.0] * len(program.cost)
        least = program.column(cost=-1)
        for terms in self.sums(built):
            program.row([*terms, (least, -1)], upper=0)
        found = solve_program(program, seconds=seconds, gap=FEASIBLE_GAP)
        if found.values is None:
            return "more than any budget, as no schedule keeps them"
        return self.said(found.values[least])

    def sums(self, built: ScheduleProgram) -> list[Terms]:
        hours = range(built.problem.hours)
        if self.name == HOUR_BUDGET:
            return [built.hour_cost(t, with_loads=False) for t in hours]
        if self.name == DAY_BUDGET:
            return [
                [each for t in day for each in built.hour_cost(t, with_loads=True)]
                for _, day in built.problem.day_ranges()
            ]
        model = self.name.partition(":")[2]
        pairs = list(zip(built.problem.candidates, built.columns, strict=True))
        return [
            [
                (at.replicas[t], 1)
                for c, at in pairs
                if at.replicas and model in ("", c.model)
            ]
            for t in hours
        ]

    def said(self, value: float) -> str:
        if self.name == HOUR_BUDGET:
            return f"at least ${_cents_up(value):,.2f}/h"
        if self.name == DAY_BUDGET:
            return f"at least ${_cents_up(value):,.2f} a day"
        return f"at least {_replicas(ceil(value - SURE))}"

    def given(self, problem: Problem) -> str:
        limits = problem.limits
        if self.name == HOUR_BUDGET:
            return f"the budget is ${limits.usd_per_hour:,.2f}/h"
        if self.name == DAY_BUDGET:
            return f"the budget is ${limits.usd_per_day:,.2f} a day"
        if self.name == MOST:
            return f"at most {_replicas(limits.most_replicas or 0)} may run at once"
        demand = _demand(problem, self.name)
        return f"at most {_replicas(demand.most_replicas or 0)} of {demand.model} may run"


def _most(name: str) -> _Most | None:
    kind = name.partition(":")[0]
    return _Most(name) if kind in (HOUR_BUDGET, DAY_BUDGET, MOST, MOST_OF_MODEL) else None


def _demand(problem: Problem, name: str) -> ModelDemand:
    model = name.partition(":")[2]
    return next(each for each in problem.demands if each.model == model)


def _words(problem: Problem, name: str) -> str:
    """A limit as a noun."""
    limits, kind = problem.limits, name.partition(":")[0]
    if kind == HOUR_BUDGET:
        return f"a budget of ${limits.usd_per_hour:,.2f}/h"
    if kind == DAY_BUDGET:
        return f"a budget of ${limits.usd_per_day:,.2f} a day"
    if kind == MOST:
        return f"at most {_replicas(limits.most_replicas or 0)} at once"
    if kind == ALLOWED:
        return "the hours in which the candidates may run"
    if kind == STOCK:
        return f"the stock ({_stock(problem)})"
    demand = _demand(problem, name)
    if kind == LEAST:
        words = f"an uptime floor of {_replicas(demand.least_replicas)} of {demand.model}"
        return words + _unsure(problem, demand)
    if kind == UPTIME:
        words = f"an uptime of {float(demand.uptime * 100):g} % for {demand.model}"
        return words + _unsure(problem, demand)
    return f"at most {_replicas(demand.most_replicas or 0)} of {demand.model}"


def _unsure(problem: Problem, demand: ModelDemand) -> str:
    """Why no stock helps an uptime, where all that is given may be gone."""
    given = [each for each in problem.candidates if each.model == demand.model]
    if any(each.counts_for_uptime for each in given):
        return ""
    return ", for which only spot and serverless are given, which do not count"


def _stock(problem: Problem) -> str:
    sure = [each for each in problem.candidates if each.counts_for_uptime]
    return ", ".join(f"{each.stock} of {each.key}" for each in sure[:5])


def _cents_up(value: float) -> float:
    return ceil(value * 100 - SURE) / 100


def _replicas(count: int) -> str:
    return f"{count} {'replica' if count == 1 else 'replicas'}"


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
