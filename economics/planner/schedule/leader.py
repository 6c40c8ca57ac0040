"""The policy that follows, each hour, whichever plan has earned the most so far.

Some traffic repeats its days and some only bursts: a forecast earns on the one and loses
on the other. So several plans are followed on paper, each from the past alone: plans that
renew themselves each hour with more or less trust in the forecast, and, for one model, a
fixed number of replicas of each candidate. What is done is what the one that has earned
most does; what it earned lately counts more. Formula: docs/schedule.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from economics.calc.token_mix import TokenCounts
from economics.planner.schedule.closed_loop import LoopSettings, closed_loop
from economics.planner.schedule.kept import broken_limits
from economics.planner.schedule.money import Schedule, money_of
from economics.planner.schedule.problem import ZERO, Candidate, Problem

MARGINS = (0.8, 1.0, 1.25)
FADING = Decimal("0.99")  # weight of an hour's profit against the hour after it


@dataclass(frozen=True)
class Followed:
    """What is done, and whom it follows in each hour: a name of the plans."""

    schedule: Schedule
    leaders: tuple[str, ...]


def follow_the_leader(
    problem: Problem, *, history: Sequence[Sequence[TokenCounts]] = ()
) -> Followed:
    """The schedule of the policy over the hours of `problem`.

    problem  with what came; no decision reads the tokens of its own hour or a later one
    history  the hours before `problem.start` of each demand, the newest last; the plans
             are judged by them too
    """
    whole, seen = _with_history(problem, history)
    plans = _plans(whole)
    earned = {name: _profits(whole, plan) for name, plan in plans.items()}
    leaders: list[str] = []
    score = dict.fromkeys(plans, ZERO)
    leader = next(iter(plans))
    for hour in range(whole.hours):
        best = max(score, key=lambda name: score[name])
        if score[best] > score[leader]:
            leader = best
        if hour >= seen:
            leaders.append(leader)
        for name, profits in earned.items():
            score[name] = score[name] * FADING + profits[hour]
    return Followed(_joined(plans, leaders, seen), tuple(leaders))


def _with_history(
    problem: Problem, history: Sequence[Sequence[TokenCounts]]
) -> tuple[Problem, int]:
    """The question with its past before it, and how many hours that are."""
    seen = min((len(each) for each in history), default=0)
    if not seen:
        return problem, 0
    demands = tuple(
        replace(
            demand,
            tokens=(*past[-seen:], *demand.tokens),
            # Of the past only tokens are known: no request, so no cold start.
            requests=(*(0,) * seen, *demand.requests),
        )
        for demand, past in zip(problem.demands, history, strict=True)
    )
    candidates = tuple(_opened(each, seen) for each in problem.candidates)
    start = problem.start - timedelta(hours=seen)
    return replace(problem, start=start, demands=demands, candidates=candidates), seen


def _opened(candidate: Candidate, seen: int) -> Candidate:
    """A candidate over the hours of the past too, in which it might have run."""
    if candidate.allowed is None:
        return candidate
    return replace(candidate, allowed=(True,) * seen + candidate.allowed)


def _plans(problem: Problem) -> dict[str, Schedule]:
    """All that is followed on paper, by name; what breaks a limit is left out."""
    plans = {
        f"plan at {margin:.0%} of the forecast": closed_loop(
            problem, settings=LoopSettings(margin=margin)
        )
        for margin in MARGINS
    }
    if len(problem.demands) == 1:
        plans |= _fixed(problem)
    return plans


def _fixed(problem: Problem) -> dict[str, Schedule]:
    """A fixed number of replicas of one candidate, in the hours in which it may run."""
    found: dict[str, Schedule] = {}
    for i, candidate in enumerate(problem.candidates):
        if candidate.is_serverless:
            continue
        for count in range(1, candidate.stock + 1):
            rows = [[0] * problem.hours for _ in problem.candidates]
            rows[i] = [count * candidate.may_run(hour) for hour in range(problem.hours)]
            schedule = Schedule.of_replicas(rows)
            if not broken_limits(problem, schedule, money_of(problem, schedule)):
                found[f"{count} × {candidate.key}"] = schedule
    return found


def _profits(problem: Problem, schedule: Schedule) -> list[Decimal]:
    """What a plan earns in each hour [USD]."""
    return [hour.revenue_usd - hour.cost_usd for hour in money_of(problem, schedule).hours]


def _joined(plans: dict[str, Schedule], leaders: Sequence[str], seen: int) -> Schedule:
    """In each hour what its leader does."""
    some = next(iter(plans.values()))
    hours = range(len(leaders))
    return Schedule(
        tuple(
            tuple(plans[leaders[t]].replicas[i][seen + t] for t in hours)
            for i in range(len(some.replicas))
        ),
        tuple(
            tuple(plans[leaders[t]].serverless[i][seen + t] for t in hours)
            for i in range(len(some.serverless))
        ),
    )
