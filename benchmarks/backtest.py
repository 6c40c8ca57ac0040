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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from economics.calc.token_mix import TokenCounts, TokenRates, revenue
from economics.calc.unit_cost import TokenSeconds
from economics.planner.schedule.autoscaler import autoscaled
from economics.planner.schedule.closed_loop import closed_loop
from economics.planner.schedule.played import STEPS, Asked, Pods, even_rates, play
from economics.planner.schedule.problem import Candidate, ModelDemand, Problem
from economics.planner.schedule.solve import NoSchedule, solve
from economics.planner.schedule.strategies import simple_strategies

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


def clairvoyant(problem: Problem, rates: Sequence[Decimal], window: int) -> float:
    """What nobody can earn more than who starts and ends by the minute, all known [USD].

    A dynamic program over windows of so many steps that are even within. A replica that is
    new in a window either loads before it, at its rent, or in it, at what it does not sell.
    """
    pod, steps = problem.candidates[0], range(0, len(rates), window)
    hours, load = window / STEPS, float(pod.load_seconds) / 3600
    rent, net = float(pod.usd_per_hour), problem.demands[0].net_usd
    work = problem.work_seconds(pod)
    held = np.arange(pod.stock + 1)
    worth = np.zeros(len(held))
    for step in reversed(steps):
        hour = step // STEPS
        earns = float(net[hour] / work[hour] * 3600) if work[hour] else 0.0
        asked = float(sum(rates[step : step + window]) / window)
        sold = earns * np.minimum(asked, held)
        dearer = np.concatenate([[0], np.minimum(rent, np.diff(sold)).cumsum()]) * load
        starts = np.clip(dearer[None, :] - dearer[:, None], 0, None)
        worth = ((sold - rent * held) * hours - starts + worth).max(axis=1)
    return float(worth[0])


@dataclass
class Held:
    """A number of replicas that never changes."""

    count: int

    def look(self, pods: Pods, now: int, asked: Asked) -> None:
        if now == 0:
            pods.add(self.count, now)


@dataclass(frozen=True)
class Line:
    """What was earned on a trace [USD]: at most, by the policy, and by each rule."""

    name: str
    hours: int
    most: float
    policy: Decimal
    rules: Sequence[Decimal | None]
    seconds: float

    def __str__(self) -> str:
        best = max(rule for rule in self.rules if rule is not None)
        shares = [
            f"{'—':>9}" if rule is None else f"{float(rule) / self.most:>9.1%}"
            for rule in (self.policy, *self.rules)
        ]
        return (
            f"{self.name:<34}{self.hours:>6}{self.most:>11.2f}{''.join(shares)}"
            f"{(self.policy - best) / abs(best):>+10.1%}{self.seconds:>7.1f}"
        )


def line(trace: Trace) -> Line:
    """Hours that are even within, as all rules of thumb take them."""
    problem, history = problem_of(trace)
    pod = problem.candidates[0]
    best = solve(problem, seconds=20)
    assert not isinstance(best, NoSchedule)
    known = clairvoyant(problem, even_rates(problem, pod), STEPS)
    began = perf_counter()
    policy = closed_loop(problem, pod, history=history).profit_usd
    seconds = perf_counter() - began
    return Line(
        trace.name,
        problem.hours,
        max(float(best.most_profit_usd), known),
        policy,
        [rule.profit_usd for rule in simple_strategies(problem)[:3]],
        seconds,
    )


def uneven(trace: Trace, requests: Sequence[float]) -> Line:
    """The same hours, but each ten minutes ask as much as their requests say."""
    problem, history = problem_of(trace)
    pod = problem.candidates[0]
    even = even_rates(problem, pod)
    rates = []
    for hour in range(problem.hours):
        windows = requests[hour * 6 : hour * 6 + 6]
        for each in windows:
            rate = even[hour * STEPS] * Decimal(each) * 6 / Decimal(sum(windows))
            rates += [rate] * (STEPS // 6)
    began = perf_counter()
    policy = closed_loop(problem, pod, history=history, rates=rates).profit_usd
    seconds = perf_counter() - began
    held = max(
        play(problem, pod, Held(count), rates=rates).profit_usd
        for count in range(1, pod.stock + 1)
    )
    reactive = max(
        autoscaled(problem, pod, least=least, most=most, rates=rates).profit_usd
        for least in (0, 1)
        for most in range(1, pod.stock + 1)
    )
    known = clairvoyant(problem, rates, STEPS // 6)
    name = f"{trace.name.split(',')[0]}, ten minutes each"
    return Line(name, problem.hours, known, policy, [held, None, reactive], seconds)


def windows_of(path: Path) -> list[float]:
    """Requests of each ten minutes, of all clients."""
    sums: dict[int, float] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            at = int(row["window_start_s"])
            sums[at] = sums.get(at, 0.0) + float(row["rate_req_s"])
    return [sums[at] for at in sorted(sums)]


def main(folder: Path) -> None:
    print(
        f"{'trace':<34}{'hours':>6}{'optimum $':>11}{'policy':>9}{'24/7':>9}"
        f"{'8 hours':>9}{'reactive':>9}{'vs. best':>10}{'s':>7}"
    )
    for trace in traces(folder):
        print(line(trace), flush=True)
        if trace.name.startswith("deepseek"):
            windows = windows_of(folder / "servegen_deepseek-r1/client_rates_600s.csv")
            print(uneven(trace, windows), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
