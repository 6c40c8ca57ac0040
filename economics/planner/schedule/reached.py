"""Which limits a schedule reaches: where it would have to be wider to earn more."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from economics.planner.schedule.money import Schedule, ScheduleMoney
from economics.planner.schedule.problem import ZERO, Problem


def reached_limits(
    problem: Problem, schedule: Schedule, money: ScheduleMoney
) -> tuple[str, ...]:
    """Each limit that leaves no room for one more replica, with the hours, in words."""
    found = [
        *_replicas(problem, schedule),
        *_stock(problem, schedule),
        *_hour_budget(problem, money),
        *_day_budget(problem, money),
        *_floor(problem, schedule),
        *_uptime(problem, schedule),
    ]
    return tuple(found)


def _totals(schedule: Schedule, hours: int) -> list[int]:
    return [sum(row[t] for row in schedule.replicas) for t in range(hours)]


def _replicas(problem: Problem, schedule: Schedule) -> Iterator[str]:
    most = problem.limits.most_replicas
    if most is None:
        return
    full = sum(n >= most for n in _totals(schedule, problem.hours))
    if full:
        yield f"At most {_many(most)} at once: reached in {_of(full, problem.hours)}."


def _stock(problem: Problem, schedule: Schedule) -> Iterator[str]:
    most = problem.limits.most_replicas
    for candidate, row in zip(problem.candidates, schedule.replicas, strict=True):
        full = sum(n >= candidate.stock for n in row)
        is_tighter = most is None or candidate.stock < most
        if full and is_tighter and not candidate.is_serverless:
            yield (
                f"Stock of {candidate.hardware or candidate.key} "
                f"({_many(candidate.stock)}): reached in {_of(full, problem.hours)}."
            )


def _hour_budget(problem: Problem, money: ScheduleMoney) -> Iterator[str]:
    budget, least = problem.limits.usd_per_hour, _cheapest(problem)
    if budget is None or least is None:
        return
    spent = [hour.rent_usd + hour.serverless_usd for hour in money.hours]
    full = sum(usd + least > budget for usd in spent)
    if full:
        yield (
            f"Budget of ${budget:,.2f}/h: no room for one more replica in "
            f"{_of(full, problem.hours)}; the most spent is ${max(spent):,.2f}/h."
        )


def _day_budget(problem: Problem, money: ScheduleMoney) -> Iterator[str]:
    budget, least = problem.limits.usd_per_day, _cheapest(problem)
    if budget is None or least is None:
        return
    for day, hours in problem.day_ranges():
        spent = sum((money.hours[t].cost_usd for t in hours), ZERO)
        if spent + least > budget:
            yield (
                f"Budget of ${budget:,.2f} a day: ${spent:,.2f} is spent on {day}, no room "
                "for one more replica-hour."
            )


def _floor(problem: Problem, schedule: Schedule) -> Iterator[str]:
    for demand in problem.demands:
        if not demand.least_replicas:
            continue
        rows = [
            row
            for candidate, row in zip(problem.candidates, schedule.replicas, strict=True)
            if candidate.model == demand.model and candidate.counts_for_uptime
        ]
        at = sum(
            sum(row[t] for row in rows) <= demand.least_replicas
            for t in range(problem.hours)
        )
        if at:
            yield (
                f"Floor of {_many(demand.least_replicas)}: not one more runs in "
                f"{_of(at, problem.hours)}."
            )


def _uptime(problem: Problem, schedule: Schedule) -> Iterator[str]:
    for demand in problem.demands:
        if not demand.uptime:
            continue
        rows = [
            row
            for candidate, row in zip(problem.candidates, schedule.replicas, strict=True)
            if candidate.model == demand.model and candidate.counts_for_uptime
        ]
        on = sum(any(row[t] for row in rows) for t in range(problem.hours))
        if on <= int(demand.uptime * problem.hours) + 1:
            share = demand.uptime * 100
            yield f"Uptime of {float(share):g} %: not more than its hours are rented."


def _cheapest(problem: Problem) -> Decimal | None:
    """What one more replica costs at least [USD/h]."""
    prices = [
        each.usd_per_replica_hour for each in problem.candidates if not each.is_serverless
    ]
    return min(prices, default=None)


def _many(count: int) -> str:
    return "1 replica" if count == 1 else f"{count} replicas"


def _of(count: int, hours: int) -> str:
    return f"{count} of {hours} hours"
