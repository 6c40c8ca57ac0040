"""A small question with every rental and every uncertain input, and its schedule."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from economics.planner.schedule.money import Schedule, money_of
from economics.planner.schedule.problem import Problem, Rental
from economics.planner.schedule.risk.draws import Draws
from economics.planner.schedule.risk.inputs import Input, Kind, Spread
from tests.economics.planner.schedule.problems import candidate, demand, problem

NONE, HALF = Decimal(0), Decimal("0.5")
WIDE = Spread(Decimal("0.4"), Decimal("2.2"), "a test")


def every_rental(**more: object) -> Problem:
    """Two models; pods, spot and serverless; loads of minutes and of more than an hour."""
    return problem(
        demand(3600, 9000, 0, 12000, 7000, 300, share=Decimal("0.8")),
        demand(100, 2000, 5000, 4000, 0, 7200, model="llama"),
        candidate("h100", "2", load_seconds=Decimal(600), load_usd=Decimal("0.2"), stock=2),
        candidate(
            "h100-spot",
            "1.1",
            rental=Rental.SPOT,
            load_seconds=Decimal(900),
            load_usd=Decimal("0.15"),
            interruptions_per_hour=Decimal("0.4"),
            most_utilization=Decimal("0.9"),
        ),
        candidate(
            "worker",
            "3.3",
            rental=Rental.SERVERLESS,
            load_seconds=Decimal(45),
            idle_seconds=Decimal(10),
            stock=2,
        ),
        candidate("l4", "1.5", model="llama", load_seconds=Decimal(4500), stock=2),
        **more,
    )


def exact_profit(draws: Draws, draw: int, schedule: Schedule) -> Decimal:
    """What a schedule earns in one world [USD], worked out in Decimal: the slow way."""
    world = draws.world(draw)
    return money_of(world, _within_stock(world, schedule)).profit_usd


def _within_stock(problem: Problem, schedule: Schedule) -> Schedule:
    """The schedule with no more serverless work than its workers can do."""
    shares = []
    for each, row in zip(problem.candidates, schedule.serverless, strict=True):
        room = each.stock * each.filled_share * 3600
        work = problem.work_seconds(each)
        most = [room / seconds if seconds else Decimal(1) for seconds in work]
        shares.append(tuple(map(min, row, most)))
    return replace(schedule, serverless=tuple(shares))


def a_schedule() -> Schedule:
    return Schedule(
        replicas=(
            (1, 2, 0, 2, 1, 0),
            (0, 1, 1, 1, 1, 0),
            (0,) * 6,
            (0, 1, 2, 2, 0, 1),
        ),
        serverless=(
            (NONE,) * 6,
            (NONE,) * 6,
            (NONE, HALF, NONE, HALF, HALF, HALF),
            (NONE,) * 6,
        ),
    )


def every_input(spread: Spread = WIDE) -> tuple[Input, ...]:
    """All kinds, some of them shared by two candidates, two of them of the same model."""
    return (
        Input(Kind.DEMAND, ("qwen",), spread),
        Input(Kind.DEMAND, ("llama",), spread),
        Input(Kind.DEMAND, ("qwen", "llama"), spread),
        Input(Kind.HOURLY, ("qwen",), spread),
        Input(Kind.PRICE, ("qwen",), spread),
        Input(Kind.SPEED, ("h100", "h100-spot"), spread),
        Input(Kind.SPEED, ("l4",), spread),
        Input(Kind.RENT, ("h100",), spread),
        Input(Kind.RENT, ("worker",), spread),
        Input(Kind.INTERRUPTIONS, ("h100-spot",), spread),
        Input(Kind.LOAD, ("h100", "h100-spot"), spread),
        Input(Kind.LOAD, ("l4", "worker"), spread),
    )
