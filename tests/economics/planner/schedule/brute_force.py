"""The best schedule of a small question by trying each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from economics.planner.schedule.kept import broken_limits
from economics.planner.schedule.money import Schedule, ScheduleMoney, money_of
from economics.planner.schedule.problem import Problem


def every_schedule(asked: Problem) -> Iterator[Schedule]:
    """All replicas that stock allows; serverless takes all that is left, or nothing."""
    choices = []
    for each in asked.candidates:
        most = 1 if each.is_serverless else each.stock
        choices.append(list(product(range(most + 1), repeat=asked.hours)))
    for rows in product(*choices):
        yield Schedule(
            tuple(
                (0,) * asked.hours if each.is_serverless else row
                for each, row in zip(asked.candidates, rows, strict=True)
            ),
            tuple(
                tuple(Decimal(on) if each.is_serverless else Decimal(0) for on in row)
                for each, row in zip(asked.candidates, rows, strict=True)
            ),
        )


def best_of_all(asked: Problem) -> ScheduleMoney | None:
    """The money of the best schedule that keeps every limit, by trying each."""
    kept = []
    for schedule in every_schedule(asked):
        money = money_of(asked, schedule)
        if not broken_limits(asked, schedule, money):
            kept.append(money)
    return max(kept, key=lambda money: money.profit_usd, default=None)
