"""How near to the best schedule does the solver come in ten seconds?

    python benchmarks/schedule.py [seeds]

A week of hourly demand × 20 candidates (on-demand, spot, scheduled and serverless, with
loads and minimum runs) of one, two and four models, under an hourly budget, a daily budget
and without any. Prints the exact profit of the schedule that was found, the proven gap, and
the seconds that the solver took. The target: at most 1 % within 10 s on 2 cores.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from math import pi, sin
from pathlib import Path
from random import Random
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from economics.calc.token_mix import TokenCounts, TokenRates
from economics.calc.unit_cost import TokenSeconds
from economics.planner.schedule.problem import (
    Candidate,
    Limits,
    ModelDemand,
    Problem,
    Rental,
)
from economics.planner.schedule.solve import NoSchedule, solve

WEEK = 168
CANDIDATES = 20
GAP, SECONDS = 0.01, 10.0
KINDS = (
    *(Rental.ON_DEMAND, Rental.ON_DEMAND, Rental.SPOT),
    *(Rental.SCHEDULED, Rental.SERVERLESS),
)
RATES = TokenRates(Decimal("2.0E-7"), Decimal("0.4E-7"), Decimal("8E-7"))
WITHIN = {
    "$60/h and 16 replicas": Limits(usd_per_hour=Decimal(60), most_replicas=16),
    "$500 a day": Limits(usd_per_day=Decimal(500)),
    "no limit": Limits(),
}


def week(draw: Random, name: str) -> ModelDemand:
    """Tokens with a day, a weekend and noise."""
    base = 10 ** draw.uniform(7.3, 8.3)
    tokens = []
    for hour in range(WEEK):
        day = 1 + 0.6 * sin(2 * pi * (hour % 24 - 9) / 24)
        rest = 0.7 if hour // 24 > 4 else 1
        total = base * day * rest * draw.lognormvariate(0, 0.2)
        tokens.append(TokenCounts(int(total * 0.35), int(total * 0.55), int(total * 0.1)))
    requests = tuple(each.total // 3000 for each in tokens)
    return ModelDemand(name, tuple(tokens), requests, RATES, share=Decimal("0.8"))


def offer(draw: Random, model: str, kind: Rental, number: int) -> Candidate:
    """A machine at a price near what its speed is worth."""
    speed = draw.uniform(0.5, 4)
    usd = speed * draw.uniform(1, 1.8) * (2 if kind == Rental.SERVERLESS else 1)
    return Candidate(
        key=f"{model}-{number}",
        model=model,
        usd_per_hour=Decimal(f"{usd:.2f}"),
        seconds=TokenSeconds(
            Decimal(f"{4e-5 / speed:.9f}"), Decimal(0), Decimal(f"{4e-4 / speed:.9f}")
        ),
        rental=kind,
        load_seconds=Decimal(draw.choice([120, 300, 900, 2500])),
        load_usd=Decimal(f"{draw.uniform(0, 0.5):.2f}"),
        min_run_hours=draw.choice([1, 2, 4]),
        stock=draw.choice([2, 4, 8]),
        allowed=_business(kind),
        interruptions_per_hour=Decimal("0.05") if kind == Rental.SPOT else Decimal(0),
        idle_seconds=Decimal(10),
        most_utilization=Decimal("0.8"),
    )


def _business(kind: Rental) -> tuple[bool, ...] | None:
    if kind != Rental.SCHEDULED:
        return None
    return tuple(8 <= hour % 24 < 20 for hour in range(WEEK))


def question(models: int, limits: Limits, seed: int) -> Problem:
    """A week of `models` models and 20 candidates."""
    draw = Random(seed)
    demands = tuple(week(draw, f"m{number}") for number in range(models))
    candidates = tuple(
        offer(draw, f"m{number % models}", KINDS[number // models % len(KINDS)], number)
        for number in range(CANDIDATES)
    )
    return Problem(datetime(2026, 11, 2, tzinfo=UTC), demands, candidates, limits)


def main(seeds: int) -> None:
    print(
        f"{'models':>6} {'limits':<24}{'seed':>4} {'profit':>10} {'gap':>7} "
        f"{'solver s':>9} {'all s':>6}"
    )
    missed = 0
    for seed in range(1, seeds + 1):
        for models in (1, 2, 4):
            for words, limits in WITHIN.items():
                asked = question(models, limits, seed)
                begin = perf_counter()
                found = solve(asked, seconds=SECONDS, gap=GAP)
                taken = perf_counter() - begin
                assert not isinstance(found, NoSchedule), found
                missed += (found.gap or 0) > Decimal(str(GAP))
                print(
                    f"{models:>6} {words:<24}{seed:>4} {found.profit_usd:>10.2f} "
                    f"{float(found.gap or 0):>7.2%} {found.seconds:>9.2f} {taken:>6.2f}",
                    flush=True,
                )
    print(f"{missed} of {seeds * 9} above {GAP:.0%} after {SECONDS:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
