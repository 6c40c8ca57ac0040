"""What would the policy that plans anew each hour have earned on recorded traffic?

    python benchmarks/backtest.py [FOLDER]      (a folder of traces; ../shared/data/traces)

Each trace is taken as hourly demand of one model, scaled so that its mean hour fills two
and a half replicas ("trust the shape, not the level"). The rent is such that a full
replica earns 1.5 times what it costs, and each start pays ten minutes of loading. Against
the clairvoyant optimum (the program with the whole future known) stand the policy, which
sees the past alone, and the rules of thumb, each set with hindsight to its best.

The policy's constants were set by hand and fitted to no trace. Azure's minutes are taken
as hours: 46 and 59 of them, with bursts that no day repeats.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from economics.calc.token_mix import TokenCounts, TokenRates, revenue
from economics.calc.unit_cost import TokenSeconds
from economics.planner.schedule.leader import follow_the_leader
from economics.planner.schedule.money import money_of
from economics.planner.schedule.problem import Candidate, ModelDemand, Problem
from economics.planner.schedule.solve import NoSchedule, solve
from economics.planner.schedule.strategies import best_simple, simple_strategies

FOLDER = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "traces"
START = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = 168
FULL_REPLICAS = Decimal("2.5")  # that the mean hour fills
MARGIN = Decimal("1.5")  # what a full replica earns over its rent
RATES = TokenRates(Decimal("2E-7"), Decimal("0.4E-7"), Decimal("8E-7"))
SECONDS = TokenSeconds(Decimal("4E-5"), Decimal(0), Decimal("4E-4"))


@dataclass(frozen=True)
class Trace:
    """Hours of tokens and requests; the first `seen` of them are history alone."""

    name: str
    tokens: list[TokenCounts]
    requests: list[int]
    seen: int = 0


def read(name: str, path: Path, **more: object) -> Trace:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    tokens = [
        TokenCounts(int(row["prompt_tokens"]), 0, int(row["completion_tokens"]))
        for row in rows
    ]
    requests = [int(row["requests"]) for row in rows]
    return Trace(name, tokens, requests, **more)  # type: ignore[arg-type]


def traces(folder: Path) -> Iterator[Trace]:
    """All of them; m-small's first week is the history of its second."""
    small = read("m-small", folder / "servegen_m-small" / "hourly.csv")
    yield Trace("m-small, week 1", small.tokens[:WEEK], small.requests[:WEEK])
    yield Trace("m-small, week 2", small.tokens, small.requests, seen=WEEK)
    yield read("deepseek-r1, a day, no history", folder / "servegen_deepseek-r1/hourly.csv")
    for kind in ("code", "conv"):
        yield read(
            f"Azure {kind}, minutes as hours",
            folder / f"azure_llm_2023/{kind}_minutely.csv",
        )


def problem_of(trace: Trace) -> tuple[Problem, list[TokenCounts]]:
    """The question of a trace, scaled, and the hours before it."""
    work = sum((SECONDS.of(each) for each in trace.tokens), Decimal(0))
    factor = FULL_REPLICAS * 3600 * len(trace.tokens) / work
    scaled = [
        TokenCounts(*(int(n * factor) for n in (each.uncached_prompt, 0, each.completion)))
        for each in trace.tokens
    ]
    earned = sum((revenue(each, RATES) for each in scaled), Decimal(0))
    full_hours = sum((SECONDS.of(each) for each in scaled), Decimal(0)) / 3600
    rent = (earned / full_hours / MARGIN).quantize(Decimal("0.0001"))
    requests = [int(n * factor) for n in trace.requests]
    pod = Candidate("pod", "model", rent, SECONDS, load_seconds=Decimal(600), stock=12)
    problem = Problem(
        START,
        (
            ModelDemand(
                "model",
                tuple(scaled[trace.seen :]),
                tuple(requests[trace.seen :]),
                RATES,
            ),
        ),
        (pod,),
    )
    return problem, scaled[: trace.seen]


def line(trace: Trace) -> str:
    problem, history = problem_of(trace)
    best = solve(problem, seconds=20)
    assert not isinstance(best, NoSchedule)
    began = perf_counter()
    policy = money_of(
        problem, follow_the_leader(problem, history=[history] if history else ()).schedule
    ).profit_usd
    seconds = perf_counter() - began
    rules = simple_strategies(problem)
    shares = [
        f"{rule.profit_usd / best.most_profit_usd:>9.1%}" if rule.possible else f"{'—':>9}"
        for rule in rules[:3]
    ]
    simple = best_simple(rules)
    assert simple is not None
    against = (policy - simple.profit_usd) / abs(simple.profit_usd)
    return (
        f"{trace.name:<32}{problem.hours:>6}{best.profit_usd:>11.2f}"
        f"{policy / best.most_profit_usd:>9.1%}{''.join(shares)}{against:>+10.1%}"
        f"{seconds:>7.1f}"
    )


def main(folder: Path) -> None:
    print(
        f"{'trace':<32}{'hours':>6}{'optimum $':>11}{'policy':>9}{'24/7':>9}"
        f"{'8 hours':>9}{'reactive':>9}{'vs. best':>10}{'s':>7}"
    )
    for trace in traces(folder):
        print(line(trace), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
