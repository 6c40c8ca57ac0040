"""A schedule's answer as plain data: what page, command and API tell alike."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from economics.calc.unknown import Unknown
from economics.planner.schedule.money import HourMoney
from economics.planner.schedule.problem import Problem
from economics.planner.schedule.solve import NoSchedule, Solved, solve
from economics.planner.schedule.strategies import Strategy, simple_strategies
from economics.selectors.schedules.problem import Asked, words_of

SECONDS = 10.0
SIX = Decimal("0.000001")


def schedule_answer(asked: Asked, *, seconds: float = SECONDS) -> dict[str, Any]:
    """The answer within about `seconds` [s], amounts in USD as text with six decimals.

    state  solved; missing: an input is unknown; impossible: the limits conflict, or the
           time was too short; `sentences` says which in each case
    """
    told: dict[str, Any] = {
        "question": asked.question.as_text(),
        "solver": f"HiGHS (highspy {version('highspy')})",
        "inputs": [
            {
                "name": i.name,
                "value": i.value,
                "source": i.source,
                "age": i.age,
                "tag": i.tag,
            }
            for i in asked.inputs
        ],
        "candidates": [_candidate(asked, n) for n in range(len(asked.options))],
        "left_out": [{"what": what, "why": why} for what, why in asked.left_out],
    }
    problem = asked.problem
    if problem is None:
        return told | {"state": "missing", "sentences": list(asked.missing)}
    told["start"] = problem.start.isoformat()
    found = solve(problem, seconds=seconds)
    if isinstance(found, NoSchedule):
        return told | {"state": "impossible", "sentences": list(found.sentences)}
    return (
        told | {"state": "solved", "sentences": [_bound(found)]} | _solved(problem, found)
    )


def _candidate(asked: Asked, number: int) -> dict[str, Any]:
    option = asked.options[number]
    price, speed = option.machine.price, option.machine.speed
    assert not isinstance(speed, Unknown)
    return {
        "key": option.machine.key,
        "words": words_of(option),
        "usd_per_hour": str(option.usd_per_hour),
        "price_source": price.source,
        "price_observed_at": price.observed_at.isoformat(),
        "speed": speed.kind,
        "speed_source": speed.source,
        "start_seconds": str(option.machine.start_seconds),
    }


def _solved(problem: Problem, found: Solved) -> dict[str, Any]:
    rows = [_hour(problem, found, t, money) for t, money in enumerate(found.money.hours)]
    return {
        "profit_usd": usd(found.profit_usd),
        "profit_usd_per_day": usd(found.money.profit_usd_per_day),
        "revenue_usd": usd(found.money.revenue_usd),
        "cost_usd": usd(found.money.cost_usd),
        "most_profit_usd": usd(found.most_profit_usd),
        "gap_usd": usd(found.gap_usd),
        "starts": found.money.starts,
        "hours": rows,
        "days": [
            {
                "day": day,
                "hours": len(span),
                "profit_usd": usd(sum((_profit(found, t) for t in span), Decimal(0))),
            }
            for day, span in problem.day_ranges()
        ],
        "rules": [_rule(each) for each in simple_strategies(problem)],
    }


def _hour(problem: Problem, found: Solved, t: int, money: HourMoney) -> dict[str, Any]:
    demand = problem.demands[0]
    return {
        "at": (problem.start + timedelta(hours=t)).isoformat(),
        "tokens": demand.tokens[t].total,
        "replicas": [row[t] for row in found.schedule.replicas],
        "served": [f"{share:.6f}" for share in money.served],
        "revenue_usd": usd(money.revenue_usd),
        "cost_usd": usd(money.rent_usd + money.load_usd + money.serverless_usd),
        "profit_usd": usd(_profit(found, t)),
    }


def _profit(found: Solved, t: int) -> Decimal:
    hour = found.money.hours[t]
    return hour.revenue_usd - hour.rent_usd - hour.load_usd - hour.serverless_usd


def _rule(rule: Strategy) -> dict[str, Any]:
    return {
        "rule": rule.rule.value,
        "setting": rule.setting,
        "profit_usd": usd(rule.profit_usd) if rule.possible else None,
        "breaks": list(rule.breaks),
        "why_not": rule.why_not,
    }


def _bound(found: Solved) -> str:
    """What is proven, in words."""
    most = f"No schedule can earn more than ${found.most_profit_usd:,.2f}"
    if not found.gap_usd or found.gap is None:
        return f"{most}: this one earns ${found.profit_usd:,.2f}."
    return f"{most}: this one is within {found.gap * 100:.2f} % of it."


def usd(amount: Decimal) -> str:
    """Six decimals, as stored money has; never an exponent."""
    return f"{amount.quantize(SIX):f}"
