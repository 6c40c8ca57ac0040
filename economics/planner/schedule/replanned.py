"""What the closed loop earns on the demand of the rules of thumb, without hindsight."""

from __future__ import annotations

from dataclasses import replace

from economics.planner.schedule.closed_loop import closed_loop
from economics.planner.schedule.problem import Problem
from economics.planner.schedule.strategies import Rule, Strategy, together


def replanned(problem: Problem, reactive: Strategy) -> Strategy:
    """The closed loop on the machines, and within the numbers, of reactive autoscaling.

    It is told nothing of the hours before the first one: it learns while it runs.
    """
    if not reactive.possible:
        return replace(reactive, rule=Rule.REPLANNED)
    taken = []
    for scaling in reactive.scaling:
        candidate = problem.candidates[scaling.index]
        floor = problem.demand_of(candidate).least_replicas
        least = min(floor, scaling.most)
        played = closed_loop(problem, candidate, least=least, most=scaling.most)
        taken.append((replace(scaling, least=least), played))
    found = together(problem, Rule.REPLANNED, taken)
    # It has no number to be set in another world: only autoscalers are scaled there.
    return replace(found, scaling=())
