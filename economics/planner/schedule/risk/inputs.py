"""What is uncertain, and how far. docs/schedule.md

An input is a factor on what the question says: 1 is as asked. Its distribution is named by
three of its quantiles and a source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from math import ceil, exp, log
from statistics import NormalDist

from economics.planner.schedule.problem import ONE, Problem

Z_90 = NormalDist().inv_cdf(0.9)
MOST_Z = 4.0  # a draw lies at most so many standard deviations out
FACTOR_DIGITS = 6  # a factor is a whole number of millionths, on every machine the same
LEAST_FACTOR, MOST_FACTOR = Decimal("0.001"), Decimal(1000)
LEAST_SAMPLES = 5
A_DAY = 24  # [h]
QUANTILES = (Decimal("0.1"), Decimal("0.5"), Decimal("0.9"))


class RiskInvalid(ValueError):
    """An uncertainty that has no meaning; the sentence names the input and the value."""


class Kind(StrEnum):
    """What an input moves, as a page names it."""

    DEMAND = "demand"
    HOURLY = "demand of each hour"
    PRICE = "token price"
    SPEED = "throughput"
    RENT = "GPU price"
    INTERRUPTIONS = "spot interruptions"
    LOAD = "load time"

    @property
    def is_of_models(self) -> bool:
        return self in (Kind.DEMAND, Kind.HOURLY, Kind.PRICE)


@dataclass(frozen=True)
class Spread:
    """A split log-normal factor [1], by its P10, P50 and P90.

    low, middle, high  0.001 <= low <= middle <= high <= 1000
    source             where the three come from, with its day
    """

    low: Decimal
    high: Decimal
    source: str
    middle: Decimal = ONE

    def __post_init__(self) -> None:
        quantiles = (self.low, self.middle, self.high)
        if not all(each.is_finite() for each in quantiles) or not (
            LEAST_FACTOR <= self.low <= self.middle <= self.high <= MOST_FACTOR
        ):
            raise RiskInvalid(
                f"low, middle and high must rise from {LEAST_FACTOR} to {MOST_FACTOR}, got "
                f"{self.low}, {self.middle}, {self.high}"
            )
        if not self.source.strip():
            raise RiskInvalid("a spread needs a source: where its quantiles come from")

    def at(self, probability: float) -> Decimal:
        """The quantile [1], to a millionth.

        >>> Spread(Decimal("0.5"), Decimal(2), "estimate").at(0.9)
        Decimal('2.000000')
        """
        z = NormalDist().inv_cdf(probability)
        side = self.high / self.middle if z > 0 else self.middle / self.low
        factor = float(self.middle) * exp(z / Z_90 * log(side))
        return round(Decimal(factor), FACTOR_DIGITS)


NO_SPREAD = Spread(ONE, ONE, "taken as certain")


@dataclass(frozen=True)
class Input:
    """One uncertain input.

    of  models (demand, prices) or keys of candidates (the rest) that it moves together
    """

    kind: Kind
    of: tuple[str, ...]
    spread: Spread

    def __post_init__(self) -> None:
        if not self.of or len(set(self.of)) < len(self.of):
            raise RiskInvalid(
                f"{self.kind}: name each model or candidate once, got {self.of}"
            )

    @property
    def name(self) -> str:
        """Also the name of its random numbers: the same for every question that has it."""
        return f"{self.kind} of {', '.join(sorted(self.of))}"


@dataclass(frozen=True)
class Spreads:
    """One spread for each kind, where nobody knows it better."""

    demand: Spread
    hourly: Spread
    price: Spread
    speed: Spread
    rent: Spread
    interruptions: Spread
    load: Spread


WEEK = Spreads(
    demand=Spread(
        Decimal("0.67"),
        Decimal("1.38"),
        "a week's tokens by the week before: 78 pairs of 13 models on OpenRouter, "
        "2026-06-17 to 2026-08-08",
    ),
    hourly=Spread(
        Decimal("0.75"),
        Decimal("1.41"),
        "an hour by the same hour of the days before, around the day's level: "
        "ServeGen m-small, 144 hours",
    ),
    price=Spread(
        Decimal("0.90"),
        ONE,
        "estimate: lists fell by 40 % a quarter in 2026, in jumps; here a tenth",
    ),
    speed=Spread(
        Decimal("0.708"),
        Decimal("1.431"),
        "measurements by their estimate, 80 % inside: 3,164 rows, docs/throughput.md",
    ),
    rent=Spread(
        Decimal("0.90"),
        Decimal("1.08"),
        "estimate: rents moved by a third in a quarter; a week by the root of a 13th of it",
    ),
    interruptions=Spread(
        Decimal("0.24"),
        Decimal("1.48"),
        "lowest and highest of four Bamboo traces (NSDI 2023): 0.10 to 0.61 nodes lost per "
        "node-hour, median 0.41",
    ),
    load=Spread(
        Decimal("0.75"),
        Decimal("1.5"),
        "estimate: a start takes a quarter less to half as long again",
    ),
)
DAY = replace(
    WEEK,
    demand=Spread(
        Decimal("0.61"),
        Decimal("1.35"),
        "a day's tokens by the mean of the 7 before: 594 days of 13 models on OpenRouter, "
        "2026-06-17 to 2026-08-08",
    ),
    price=NO_SPREAD,
    rent=NO_SPREAD,
)


def usual_spreads(hours: int) -> Spreads:
    """Those of a day, or of a week where more is asked about."""
    return DAY if hours <= A_DAY else WEEK


def usual_inputs(problem: Problem, spreads: Spreads | None = None) -> tuple[Input, ...]:
    """One input for each thing that may come otherwise; those without a spread left out.

    spreads  None: the usual ones of so many hours

    A model has its own demand and price. Throughput and load time are shared by the
    candidates of a model on the same hardware, rent and interruptions by the candidates
    of the same hardware and rental.
    """
    spreads = spreads or usual_spreads(problem.hours)
    found = [
        each
        for demand in problem.demands
        for each in (
            Input(Kind.DEMAND, (demand.model,), spreads.demand),
            Input(Kind.HOURLY, (demand.model,), spreads.hourly),
            Input(Kind.PRICE, (demand.model,), spreads.price),
        )
    ]
    machines, offers = _machines(problem), _offers(problem)
    found += [Input(Kind.SPEED, keys, spreads.speed) for keys in machines]
    found += [Input(Kind.RENT, keys, spreads.rent) for keys in offers]
    by_key = {each.key: each for each in problem.candidates}
    for keys in offers:
        spot = tuple(key for key in keys if by_key[key].interruptions_per_hour)
        found += [Input(Kind.INTERRUPTIONS, spot, spreads.interruptions)] if spot else []
    for keys in machines:
        loads = tuple(key for key in keys if by_key[key].load_seconds)
        found += [Input(Kind.LOAD, loads, spreads.load)] if loads else []
    return tuple(each for each in found if each.spread.low < each.spread.high)


def _machines(problem: Problem) -> list[tuple[str, ...]]:
    return _grouped((c.model, c.hardware or c.key, c.key) for c in problem.candidates)


def _offers(problem: Problem) -> list[tuple[str, ...]]:
    return _grouped((c.rental, c.hardware or c.key, c.key) for c in problem.candidates)


def _grouped(named: Iterable[tuple[str, str, str]]) -> list[tuple[str, ...]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for first, second, key in named:
        groups.setdefault((first, second), []).append(key)
    return [tuple(sorted(keys)) for keys in groups.values()]


def spread_of(ratios: Sequence[Decimal], source: str) -> Spread | None:
    """P10, P50 and P90 of measured factors [1]; None where there are fewer than five.

    ratios  what came / what was expected, of periods as long as the question's; what lies
            outside of what a spread can be counts as its nearest
    """
    if len(ratios) < LEAST_SAMPLES:
        return None
    ranked = sorted(min(max(each, LEAST_FACTOR), MOST_FACTOR) for each in ratios)
    low, middle, high = (ranked[nearest_rank(len(ranked), q)] for q in QUANTILES)
    return Spread(low, high, f"{source}, {len(ratios)} values", middle)


def error_band(low: Decimal, high: Decimal, source: str) -> Spread:
    """The spread of an estimate by its error band [1], in which it lies itself.

    >>> error_band(Decimal(0), Decimal("1.3"), "a measurement").low
    Decimal('0.001')
    """
    return Spread(
        min(max(low, LEAST_FACTOR), ONE), min(max(high, ONE), MOST_FACTOR), source
    )


def nearest_rank(count: int, quantile: Decimal) -> int:
    """Which of `count` sorted values is a quantile: always one of them, from 0 on.

    >>> nearest_rank(1000, Decimal("0.1")), nearest_rank(5, Decimal("0.5"))
    (99, 2)
    """
    return max(ceil(quantile * count) - 1, 0)
