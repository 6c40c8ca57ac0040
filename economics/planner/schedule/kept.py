"""Which limits a schedule breaks, in sentences; none for what the solver answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from economics.calc.hours import SECONDS_PER_HOUR
from economics.calc.money import shown_usd
from economics.planner.schedule.money import Schedule, ScheduleMoney, started
from economics.planner.schedule.problem import ONE, ZERO, Candidate, ModelDemand, Problem

SLACK = Decimal("0.000001")  # of a solver that works in floats


def broken_limits(
    problem: Problem, schedule: Schedule, money: ScheduleMoney
) -> tuple[str, ...]:
    """One sentence for each kind of limit that is broken, with its first hour or day."""
    found: dict[str, str] = {}
    for kind, sentence in _broken(problem, schedule, money):
        found.setdefault(kind, sentence)
    return tuple(found.values())


def _broken(
    problem: Problem, schedule: Schedule, money: ScheduleMoney
) -> Iterator[tuple[str, str]]:
    for candidate, row in zip(problem.candidates, schedule.replicas, strict=True):
        yield from _of_candidate(problem, candidate, row)
    yield from _of_hours(problem, schedule, money)
    yield from _of_days(problem, money)
    for demand in problem.demands:
        yield from _of_model(problem, demand, schedule)


def hour_name(problem: Problem, hour: int) -> str:
    """An hour as a sentence names it: "2026-11-02 13:00 UTC"."""
    return f"{problem.start + timedelta(hours=hour):%Y-%m-%d %H:%M} UTC"


def _of_candidate(
    problem: Problem, candidate: Candidate, row: tuple[int, ...]
) -> Iterator[tuple[str, str]]:
    starts = started(candidate, row)
    for t, count in enumerate(row):
        at, key = hour_name(problem, t), candidate.key
        if count > candidate.stock:
            yield f"stock {key}", f"{key}: {count} at {at}, only {candidate.stock} exist."
        if count and not candidate.may_run(t):
            yield f"hours {key}", f"{key} runs at {at}, outside of its hours."
        kept = sum(starts[max(t - candidate.kept_hours + 1, 0) : t + 1])
        if count < kept:
            yield (
                f"run {key}",
                f"{key} stops at {at}, before its {candidate.kept_hours} hours are over.",
            )


def _of_hours(
    problem: Problem, schedule: Schedule, money: ScheduleMoney
) -> Iterator[tuple[str, str]]:
    limits = problem.limits
    for t, hour in enumerate(money.hours):
        at, rent = hour_name(problem, t), hour.rent_usd + hour.serverless_usd
        if limits.usd_per_hour is not None and rent > limits.usd_per_hour + SLACK:
            yield (
                "hour",
                f"{shown_usd(rent)}/h at {at}; the budget is "
                f"{shown_usd(limits.usd_per_hour)}/h.",
            )
        count = sum(row[t] for row in schedule.replicas)
        if limits.most_replicas is not None and count > limits.most_replicas:
            yield (
                "most",
                f"{count} replicas at {at}; at most {limits.most_replicas} may run.",
            )


def _of_days(problem: Problem, money: ScheduleMoney) -> Iterator[tuple[str, str]]:
    budget = problem.limits.usd_per_day
    for day, hours in problem.day_ranges():
        spent = sum((money.hours[t].cost_usd for t in hours), ZERO)
        if budget is not None and spent > budget + SLACK:
            yield (
                "day",
                f"{shown_usd(spent)} on {day}; the budget is {shown_usd(budget)} a day.",
            )


def _of_model(
    problem: Problem, demand: ModelDemand, schedule: Schedule
) -> Iterator[tuple[str, str]]:
    rows = [
        (each, row, started(each, row))
        for each, row in zip(problem.candidates, schedule.replicas, strict=True)
        if each.model == demand.model
    ]
    up = ZERO
    for t in range(problem.hours):
        at = hour_name(problem, t)
        sure = sum(row[t] for each, row, _ in rows if each.counts_for_uptime)
        count = sum(row[t] for _, row, _ in rows)
        if sure < demand.least_replicas:
            yield (
                f"least {demand.model}",
                f"{sure} of {demand.model} at {at}; the floor is {demand.least_replicas}.",
            )
        if demand.most_replicas is not None and count > demand.most_replicas:
            yield (
                f"most {demand.model}",
                f"{count} of {demand.model} at {at}; at most {demand.most_replicas} may.",
            )
        up += min(sum((_loaded(*each, t) for each in rows), ZERO), ONE)
    if up / problem.hours < demand.uptime - SLACK:
        yield (
            f"up {demand.model}",
            f"{demand.model} serves in {up / problem.hours * 100:.1f} % of the hours; "
            f"{demand.uptime * 100:.1f} % are asked for.",
        )


def _loaded(
    candidate: Candidate, row: tuple[int, ...], starts: list[int], hour: int
) -> Decimal:
    """Replica-hours of an hour that are loaded and there for sure."""
    if not candidate.counts_for_uptime:
        return ZERO
    lost = sum(
        (
            candidate.lost_seconds(ago) * starts[hour - ago]
            for ago in range(min(candidate.kept_hours, hour + 1))
        ),
        ZERO,
    )
    return max(row[hour] - lost / SECONDS_PER_HOUR, ZERO)
