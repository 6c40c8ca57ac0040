"""A schedule's answer as plain data: what page, command and API tell alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from economics.calc.unknown import Unknown
from economics.planner.schedule.money import (
    HourMoney,
    Schedule,
    sellable_seconds,
    started,
)
from economics.planner.schedule.problem import ZERO, Problem
from economics.planner.schedule.reached import reached_limits
from economics.planner.schedule.replanned import replanned
from economics.planner.schedule.solve import NoSchedule, Solved, solve
from economics.planner.schedule.strategies import (
    Rule,
    Strategy,
    best_simple,
    simple_strategies,
)
from economics.planner.schedule.two_levels import deployable
from economics.planner.schedule.words import row_words
from economics.selectors.schedules.candidates import (
    age_words,
    rate_words,
    stock_words,
    words_of,
)
from economics.selectors.schedules.problem import Asked, in_words
from economics.selectors.schedules.risk import RiskFacts, risk_answer

SECONDS = 10.0
FINER = (
    " That one pays by the second with hindsight, finer than any schedule of whole hours."
)
NO_GAP = Decimal("0.00005")  # of a percent no digit is shown
SIX = Decimal("0.000001")
SOLVED, MISSING, IMPOSSIBLE = "solved", "missing", "impossible"


def schedule_answer(
    asked: Asked, *, seconds: float = SECONDS, risk: RiskFacts | None = None
) -> dict[str, Any]:
    """The answer within about `seconds` [s], amounts in USD as text with six decimals.

    state  solved; missing: an input is unknown; impossible: the limits conflict, or the
           time was too short; `sentences` says which in each case
    risk   None: what happens when the inputs come otherwise is not worked out
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
        "unknown_hours": None if asked.demand is None else asked.demand.unknown_hours,
    }
    problem = asked.problem
    if problem is None:
        return told | {"state": MISSING, "sentences": list(asked.missing)}
    told["start"] = problem.start.isoformat()
    found = solve(problem, seconds=seconds)
    if isinstance(found, NoSchedule):
        said = [in_words(asked, sentence) for sentence in found.sentences]
        return told | {"state": IMPOSSIBLE, "sentences": said}
    rules = tuple(_in_words(asked, rule) for rule in simple_strategies(problem))
    told |= {"state": SOLVED, "sentences": [_bound(found)]}
    told["headline"] = headline(asked, problem, found, rules)
    told |= _solved(problem, found, (*rules, _loop(asked, problem, rules)))
    told["fleet_hours"] = _fleet_hours(asked, problem, found)
    if risk is not None:
        told["risk"] = risk_answer(asked, problem, found, rules, risk)
    return told


def _loop(asked: Asked, problem: Problem, rules: tuple[Strategy, ...]) -> Strategy:
    """The closed loop beside the rules; it is none of them: it knows no hour to come."""
    (reactive,) = (rule for rule in rules if rule.rule == Rule.REACTIVE)
    return _in_words(asked, replanned(problem, reactive))


def _in_words(asked: Asked, rule: Strategy) -> Strategy:
    return replace(
        rule,
        setting=in_words(asked, rule.setting),
        breaks=tuple(in_words(asked, each) for each in rule.breaks),
    )


def _candidate(asked: Asked, number: int) -> dict[str, Any]:
    option = asked.options[number]
    machine, price = option.machine, option.machine.price
    assert not isinstance(machine.speed, Unknown)
    taken = None if asked.problem is None else asked.problem.candidates[number]
    return {
        "key": machine.key,
        "words": words_of(option),
        "kind": machine.kind,
        "provider": machine.provider,
        "cloud": machine.cloud,
        "gpu_type_id": machine.gpu_type_id,
        "gpu_count": machine.gpu_count,
        "repository": machine.repository,
        "precision": machine.precision,
        "disk_gb": machine.disk_gb,
        "usd_per_hour": str(option.usd_per_hour),
        "usd_per_gpu_hour": str(price.usd_per_gpu_hour),
        "price_source": machine.price_source,
        "price_observed_at": price.observed_at.isoformat(),
        "price_age": "" if asked.now is None else age_words(price.observed_at, asked.now),
        "interruptions": rate_words(asked.rates[number]) if asked.rates else "",
        "stock": stock_words(machine, most=asked.question.replicas),
        "running": 0 if taken is None else taken.running,
        "speed": machine.speed.kind,
        "speed_source": machine.speed.source,
        "start_seconds": str(machine.start_seconds),
    }


def headline(
    asked: Asked, problem: Problem, found: Solved, rules: tuple[Strategy, ...]
) -> str:
    """What to do and what it earns, in two or three sentences."""
    runs = [
        f"{words_of(option)}: {row_words(row, problem.start)}"
        for option, row in zip(asked.options, found.schedule.replicas, strict=True)
        if any(row)
    ]
    workers = [
        f"serverless {words_of(option)} takes {_mean_share(row)} % of the demand"
        for option, row in zip(asked.options, found.schedule.serverless, strict=True)
        if any(row)
    ]
    what = f"Run {'; '.join([*runs, *workers])}." if runs or workers else "Rent nothing."
    earns = f"It earns {_dollars(found.profit_usd)} in {problem.hours} hours"
    if problem.hours != 24:
        earns += f", {_dollars(found.money.profit_usd_per_day)} a day"
    return f"{what} {earns}{_against(found, rules)}"


def _mean_share(row: tuple[Decimal, ...]) -> str:
    return f"{sum(row, ZERO) / len(row) * 100:.0f}"


def _against(found: Solved, rules: tuple[Strategy, ...]) -> str:
    """How much more that is than the best rule of thumb that keeps the limits."""
    best = best_simple(tuple(rule for rule in rules if not rule.breaks))
    if best is None:
        return "; no simple strategy keeps the limits."
    more = found.profit_usd - best.profit_usd
    named = f"{best.rule.value}: {best.setting}" if best.setting else best.rule.value
    words = f"{_dollars(abs(more))} {'more' if more >= 0 else 'less'} than"
    if _dollars(more) == "$0.00":
        words = "as much as"
    finer = FINER if more < 0 and best.rule == Rule.REACTIVE else ""
    return f", {words} the best simple strategy ({named}).{finer}"


def _dollars(usd: Decimal) -> str:
    shown = f"{abs(usd):,.2f}"
    sign = "−" if usd < 0 and shown != "0.00" else ""
    return f"{sign}${shown}"


def _solved(problem: Problem, found: Solved, rules: tuple[Strategy, ...]) -> dict[str, Any]:
    rows = [_hour(problem, found, t, money) for t, money in enumerate(found.money.hours)]
    capacity = capacities(problem, found.schedule)
    for row, tokens in zip(rows, capacity, strict=True):
        row["capacity_tokens"] = tokens
    return {
        "profit_usd": usd(found.profit_usd),
        "profit_usd_per_day": usd(found.money.profit_usd_per_day),
        "revenue_usd": usd(found.money.revenue_usd),
        "cost_usd": usd(found.money.cost_usd),
        "fixed_usd": usd(found.money.fixed_usd),
        "most_profit_usd": usd(found.most_profit_usd),
        "gap_usd": usd(found.gap_usd),
        "gap": None if found.gap is None else f"{found.gap:.6f}",
        "solver_seconds": f"{found.seconds:.2f}",
        "starts": found.money.starts,
        "reached": list(reached_limits(problem, found.schedule, found.money)),
        "hours": rows,
        "days": [
            {
                "day": day,
                "hours": len(span),
                "profit_usd": usd(sum((_profit(found, t) for t in span), Decimal(0))),
            }
            for day, span in problem.day_ranges()
        ],
        "rules": [_rule(each) for each in rules],
    }


def capacities(problem: Problem, schedule: Schedule) -> list[int]:
    """What the rented replicas could serve in each hour, in tokens of its mix.

    An hour without demand has no mix: the mean of all hours stands in.
    """
    demand = problem.demands[0]
    total = sum(each.total for each in demand.tokens)
    sums = [ZERO] * problem.hours
    for candidate, row in zip(problem.candidates, schedule.replicas, strict=True):
        if not any(row):
            continue
        starts, work = started(candidate, row), problem.work_seconds(candidate)
        every = sum(work, ZERO) / total if total else ZERO
        for t, counts in enumerate(demand.tokens):
            each = work[t] / counts.total if counts.total else every
            seconds = sellable_seconds(candidate, row, starts, t)
            sums[t] += seconds / each if each else ZERO
    return [int(tokens) for tokens in sums]


def _hour(problem: Problem, found: Solved, t: int, money: HourMoney) -> dict[str, Any]:
    demand = problem.demands[0]
    return {
        "at": (problem.start + timedelta(hours=t)).isoformat(),
        "tokens": demand.tokens[t].total,
        "ours_tokens": int(demand.tokens[t].total * demand.share),
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
        "revenue_usd": usd(rule.revenue_usd) if rule.possible else None,
        "cost_usd": usd(rule.cost_usd) if rule.possible else None,
        "starts": rule.starts if rule.possible else None,
        "breaks": list(rule.breaks),
        "why_not": rule.why_not,
    }


def _fleet_hours(asked: Asked, problem: Problem, found: Solved) -> dict[str, Any]:
    """The schedule as deployments keep one, two numbers a candidate, with its money."""
    near = deployable(problem, found.schedule)
    gives = any(any(row) for row in found.schedule.serverless)
    has_pods = any(each.is_used for each in near.levels)
    return {
        "profit_usd": usd(near.money.profit_usd),
        "less_usd": usd(found.profit_usd - near.money.profit_usd),
        "breaks": [in_words(asked, each) for each in near.breaks],
        "leaves_serverless": gives and not any(near.workers),
        "levels": [
            {
                "inside": each.inside,
                "outside": each.outside,
                "hours": "".join("1" if on else "0" for on in each.hours),
                "words": row_words(each.row(), problem.start)
                if not workers
                else worker_words(workers, beside_pods=has_pods),
                "workers": workers,
            }
            for each, workers in zip(near.levels, near.workers, strict=True)
        ],
    }


def worker_words(most: int, *, beside_pods: bool) -> str:
    """What an endpoint does in a schedule."""
    many = "0 to 1 worker" if most == 1 else f"0 to {most} workers"
    takes = "what the replicas leave" if beside_pods else "all of it"
    return f"an endpoint of {many} takes {takes}, in every hour"


def _bound(found: Solved) -> str:
    """What is proven, in words."""
    most = f"No schedule can earn more than {_dollars(found.most_profit_usd)}"
    if found.gap is None or found.gap < NO_GAP:
        return f"{most}: this one earns {_dollars(found.profit_usd)}."
    return f"{most}: this one is within {found.gap * 100:.2f} % of it."


def usd(amount: Decimal) -> str:
    """Six decimals, as stored money has; never an exponent."""
    return f"{amount.quantize(SIX):f}"
