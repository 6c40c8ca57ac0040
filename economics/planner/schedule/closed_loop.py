"""A policy that plans anew each hour from the past alone, as a live console would.

Each hour: expect the next hours by `forecast`, solve that schedule with the replicas that
run now, do its first hour, look again. What it does in an hour depends on no later hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from economics.calc.token_mix import TokenCounts
from economics.planner.schedule.forecast import (
    DEFAULTS,
    ForecastSettings,
    classes,
    forecast,
    scaled,
)
from economics.planner.schedule.money import Schedule
from economics.planner.schedule.problem import Candidate, ModelDemand, Problem
from economics.planner.schedule.solve import NoSchedule, solve

AHEAD_HOURS = 12
SECONDS = 2.0
GAP = 0.01
TOKENS_PER_REQUEST = 1000  # until the first hour has told


@dataclass(frozen=True)
class LoopSettings:
    """How far a plan looks ahead [h], what it takes for [1] of the expected tokens, and
    how the past is weighed."""

    ahead_hours: int = AHEAD_HOURS
    margin: float = 1.0
    forecast: ForecastSettings = DEFAULTS


def closed_loop(
    problem: Problem,
    *,
    history: Sequence[Sequence[TokenCounts]] = (),
    settings: LoopSettings = LoopSettings(),  # noqa: B008  (frozen)
) -> Schedule:
    """What the policy would have rented, hour by hour, over the hours of `problem`.

    problem  with what came; an hour's tokens are read only after its decision
    history  the hours before `problem.start` of each demand, the newest last
    """
    past = [list(each) for each in history] or [[] for _ in problem.demands]
    replicas: list[list[int]] = [[] for _ in problem.candidates]
    serverless: list[list[Decimal]] = [[] for _ in problem.candidates]
    for hour in range(problem.hours):
        decision = _decided(problem, past, replicas, hour, settings)
        for i in range(len(problem.candidates)):
            replicas[i].append(decision.replicas[i][0])
            serverless[i].append(decision.serverless[i][0])
        for tokens, demand in zip(past, problem.demands, strict=True):
            tokens.append(demand.tokens[hour])
    return Schedule(tuple(map(tuple, replicas)), tuple(map(tuple, serverless)))


def _decided(
    problem: Problem,
    past: Sequence[Sequence[TokenCounts]],
    replicas: Sequence[Sequence[int]],
    hour: int,
    settings: LoopSettings,
) -> Schedule:
    """The schedule of the hours to come, of which the first one is done."""
    hours = settings.ahead_hours
    expected = Problem(
        start=problem.start + timedelta(hours=hour),
        demands=tuple(
            _expected(demand, tokens, hour, settings)
            for demand, tokens in zip(problem.demands, past, strict=True)
        ),
        candidates=tuple(
            _as_it_stands(candidate, row, hour, hours)
            for candidate, row in zip(problem.candidates, replicas, strict=True)
        ),
        limits=problem.limits,
    )
    found = solve(expected, seconds=SECONDS, gap=GAP)
    if isinstance(found, NoSchedule):
        return _kept(expected)
    return _held(expected, problem, replicas, found.schedule)


def _expected(
    demand: ModelDemand,
    past: Sequence[TokenCounts],
    hour: int,
    settings: LoopSettings,
) -> ModelDemand:
    found = forecast(past, hours=settings.ahead_hours, settings=settings.forecast)
    tokens = tuple(scaled(classes(each), settings.margin) for each in found)
    over = sum(each.total for each in demand.tokens[:hour])
    per_token = sum(demand.requests[:hour]) / over if over else 1 / TOKENS_PER_REQUEST
    requests = tuple(round(each.total * per_token) for each in tokens)
    return replace(demand, tokens=tokens, requests=requests)


def _as_it_stands(
    candidate: Candidate, row: Sequence[int], hour: int, hours: int
) -> Candidate:
    """A candidate with what runs of it now, and the hours in which it may run."""
    allowed = candidate.allowed
    if allowed is not None:
        window = allowed[hour : hour + hours]
        allowed = window + (False,) * (hours - len(window))
    running = row[-1] if row else candidate.running
    return replace(candidate, running=running, allowed=allowed)


def _kept(expected: Problem) -> Schedule:
    """Without an answer what runs goes on: nothing is rented on no plan."""
    rows = [[each.running] * expected.hours for each in expected.candidates]
    return Schedule.of_replicas(rows)


def _held(
    expected: Problem,
    problem: Problem,
    replicas: Sequence[Sequence[int]],
    found: Schedule,
) -> Schedule:
    """The same, but nothing ends before its minimum run is over."""
    rows = []
    for i, candidate in enumerate(problem.candidates):
        row = list(found.replicas[i])
        row[0] = max(row[0], _still_kept(candidate, replicas[i]))
        rows.append(tuple(row))
    return Schedule(tuple(rows), found.serverless)


def _still_kept(candidate: Candidate, row: Sequence[int]) -> int:
    """Replicas that started less than their minimum run ago."""
    kept = candidate.kept_hours
    before = [candidate.running, *row]
    recent = range(max(len(row) - kept + 1, 0), len(row))
    return sum(max(before[n + 1] - before[n], 0) for n in recent)
