"""How long does a week in a thousand worlds take?

    python benchmarks/schedule_risk.py [seeds]

The questions of benchmarks/schedule.py without a limit: a week of hourly demand × 20
candidates of one, two and four models. After the schedule is found, prints the seconds
of a core that 1,000 worlds take, for it and all that it is compared with; those of the
tornado; those of the solver for the other schedules; and P10, P50, P90. The target: worlds
and tornado at most 5 s of one core.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.schedule import question
from economics.planner.schedule.problem import Limits
from economics.planner.schedule.risk.choice import choose
from economics.planner.schedule.risk.draws import DRAWS, draws_of
from economics.planner.schedule.risk.inputs import usual_inputs
from economics.planner.schedule.risk.options import options_of
from economics.planner.schedule.risk.tornado import tornado
from economics.planner.schedule.solve import NoSchedule, solve
from economics.planner.schedule.strategies import simple_strategies

TARGET = 5.0  # [s]
CAP = Decimal(100)


def main(seeds: int) -> None:
    print(
        f"{'models':>6} {'seed':>4} {'inputs':>6} {'schedules':>9} {'worlds s':>8} "
        f"{'tornado s':>9} {'others s':>8}   P10 / P50 / P90"
    )
    slowest = 0.0
    for seed in range(1, seeds + 1):
        for models in (1, 2, 4):
            asked = question(models, Limits(), seed)
            found = solve(asked, gap=0.01)
            assert not isinstance(found, NoSchedule), found
            inputs, rules = usual_inputs(asked), simple_strategies(asked)
            began = process_time()
            options = options_of(asked, found, inputs, rules)
            others = process_time() - began
            began = process_time()
            choice = choose(draws_of(asked, inputs, seed=seed), options, cap_usd=CAP)
            worlds = process_time() - began
            began = process_time()
            tornado(asked, found.schedule, inputs)
            bars = process_time() - began
            slowest = max(slowest, worlds + bars)
            mine = choice.rated[0].outcome
            print(
                f"{models:>6} {seed:>4} {len(inputs):>6} {len(options):>9} {worlds:>8.2f} "
                f"{bars:>9.2f} {others:>8.2f}   {mine.p10_usd:.2f} / {mine.p50_usd:.2f} / "
                f"{mine.p90_usd:.2f}",
                flush=True,
            )
    print(f"slowest: {slowest:.2f} s of {TARGET:g} s for {DRAWS} worlds and the tornado")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
