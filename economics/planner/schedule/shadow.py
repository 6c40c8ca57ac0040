"""What one unit more of each limit is worth. Formula: docs/schedule.md

The dual values of the program without whole numbers are not it: half a replica can not be
rented. So each limit gives way by one unit and the question is solved anew, begun from the
schedule there is, which keeps the wider limit too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from economics.calc.money import shown_usd
from economics.planner.schedule.problem import ZERO, Limits, ModelDemand, Problem
from economics.planner.schedule.program import (
    DAY_BUDGET,
    HOUR_BUDGET,
    LEAST,
    MOST,
    MOST_OF_MODEL,
    UPTIME,
)
from economics.planner.schedule.solve import NoSchedule, Solved, solve

SECONDS = 20.0  # for all limits together
GAP = 0.0001
MIN_RUN = "min_run"
POINT = Decimal("0.01")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Lift:
    """A limit that gives way by one unit.

    name   as the program has it: "usd_per_hour", "least:qwen"
    words  what one unit of it is, as a sentence begins: "One more $/h of budget"
    given  from what to what: "$8.00/h to $9.00/h"
    eased  the question with it; every schedule that was possible still is
    """

    name: str
    words: str
    given: str
    eased: Problem


@dataclass(frozen=True)
class ShadowPrice:
    """What a unit of a limit is worth over all hours [USD].

    found_usd            what the schedule found with it earns more, exactly
    least_usd, most_usd  between these the worth is proven to lie; most is None where the
                         solver had no time to prove any
    """

    lift: Lift
    found_usd: Decimal = ZERO
    least_usd: Decimal = ZERO
    most_usd: Decimal | None = None

    @property
    def is_nothing(self) -> bool:
        """Proven: no schedule earns a cent more with it."""
        return self.most_usd is not None and self.most_usd < CENT

    @property
    def sentence(self) -> str:
        hours = self.lift.eased.hours
        said = f"{self.lift.words} ({self.lift.given})"
        if self.most_usd is None:
            return f"{said}: the solver had too little time to say what it is worth."
        if self.is_nothing:
            return f"{said} is worth nothing: no schedule earns a cent more with it."
        over = "in the hour" if hours == 1 else f"over {hours} hours"
        most = shown_usd(self.most_usd)
        if self.found_usd < CENT:
            return f"{said} may be worth nothing, and at most {most} {over}."
        worth = f"{said} is worth {shown_usd(self.found_usd)} {over}"
        if self.most_usd - self.least_usd < CENT:
            return f"{worth}."
        return f"{worth} (proven: {shown_usd(self.least_usd)} to {most})."


def shadow_prices(
    found: Solved, lifts: Sequence[Lift], *, seconds: float = SECONDS, gap: float = GAP
) -> tuple[ShadowPrice, ...]:
    """What each lift is worth, one solve for each.

    found    the schedule of the question as it is; its own gap widens what is proven
    seconds  [s] the solver may take for all of them; what one leaves, the next ones have
    """
    prices: list[ShadowPrice] = []
    for n, lift in enumerate(lifts):
        each = max(seconds, 0.0) / (len(lifts) - n)
        eased = solve(lift.eased, seconds=each, gap=gap, start=found.schedule)
        if isinstance(eased, NoSchedule):
            prices.append(ShadowPrice(lift))
            seconds -= each
        else:
            prices.append(_price(found, lift, eased))
            seconds -= eased.seconds
    return tuple(prices)


def _price(found: Solved, lift: Lift, eased: Solved) -> ShadowPrice:
    return ShadowPrice(
        lift,
        found_usd=max(eased.profit_usd - found.profit_usd, ZERO),
        least_usd=max(eased.profit_usd - found.most_profit_usd, ZERO),
        most_usd=max(eased.most_profit_usd - found.profit_usd, ZERO),
    )


def lifts_of(problem: Problem) -> tuple[Lift, ...]:
    """Each limit that was asked for, by one unit; the stock is a fact and no limit."""
    return (
        *_of_all(problem),
        *(each for demand in problem.demands for each in _of_model(problem, demand)),
        *_minimum_runs(problem),
    )


def _of_all(problem: Problem) -> Iterator[Lift]:
    limits = problem.limits
    if (usd := limits.usd_per_hour) is not None:
        yield Lift(
            HOUR_BUDGET,
            "One more $/h of budget",
            f"{shown_usd(usd)}/h to {shown_usd(usd + 1)}/h",
            _within(problem, replace(limits, usd_per_hour=usd + 1)),
        )
    if (usd := limits.usd_per_day) is not None:
        yield Lift(
            DAY_BUDGET,
            "One more $ of budget a day",
            f"{shown_usd(usd)} to {shown_usd(usd + 1)} a day",
            _within(problem, replace(limits, usd_per_day=usd + 1)),
        )
    if (most := limits.most_replicas) is not None:
        yield Lift(
            MOST,
            "One more replica at once",
            f"{most} to {most + 1}",
            _within(problem, replace(limits, most_replicas=most + 1)),
        )


def _within(problem: Problem, limits: Limits) -> Problem:
    return replace(problem, limits=limits)


def _of_model(problem: Problem, demand: ModelDemand) -> Iterator[Lift]:
    if (most := demand.most_replicas) is not None:
        yield Lift(
            f"{MOST_OF_MODEL}:{demand.model}",
            f"One more replica of {demand.model}",
            f"{most} to {most + 1}",
            _asking(problem, replace(demand, most_replicas=most + 1)),
        )
    if least := demand.least_replicas:
        yield Lift(
            f"{LEAST}:{demand.model}",
            f"A floor of one replica less of {demand.model}",
            f"{least} to {least - 1}",
            _asking(problem, replace(demand, least_replicas=least - 1)),
        )
    if uptime := demand.uptime:
        less = max(uptime - POINT, ZERO)
        yield Lift(
            f"{UPTIME}:{demand.model}",
            f"One percentage point less of uptime for {demand.model}",
            f"{_percent(uptime)} to {_percent(less)}",
            _asking(problem, replace(demand, uptime=less)),
        )


def _asking(problem: Problem, demand: ModelDemand) -> Problem:
    demands = (demand if each.model == demand.model else each for each in problem.demands)
    return replace(problem, demands=tuple(demands))


def _minimum_runs(problem: Problem) -> Iterator[Lift]:
    longest = max(each.min_run_hours for each in problem.candidates)
    if longest > 1:
        candidates = (
            replace(each, min_run_hours=max(each.min_run_hours - 1, 1))
            for each in problem.candidates
        )
        yield Lift(
            MIN_RUN,
            "A minimum run one hour shorter",
            f"{longest} h to {longest - 1} h at most",
            replace(problem, candidates=tuple(candidates)),
        )


def _percent(share: Decimal) -> str:
    return f"{float(share * 100):g} %"
