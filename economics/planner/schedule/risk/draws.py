"""Worlds in which the inputs come otherwise, drawn from a seed. docs/schedule.md

Each input has random numbers of its own, made from the seed and its name: the same for
every schedule, in whatever order models and candidates are named, and whatever else is
uncertain. Factors are whole millionths and tokens whole numbers, so that a world can be
written down as a question (`world`) and its money be worked out exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from math import log

import numpy as np
from numpy.typing import NDArray

from economics.calc.token_mix import TokenCounts, TokenRates
from economics.calc.unit_cost import TokenSeconds
from economics.planner.schedule.problem import Candidate, ModelDemand, Problem
from economics.planner.schedule.risk.inputs import (
    FACTOR_DIGITS,
    LEAST_FACTOR,
    MOST_Z,
    Z_90,
    Input,
    Kind,
    RiskInvalid,
    Spread,
)

Floats = NDArray[np.float64]
LEAST_DRAWS, DRAWS, MOST_DRAWS = 100, 1000, 10_000
CLASSES = ("uncached_prompt", "cached_prompt", "completion")
STREAM_WORDS = 4


@dataclass(frozen=True, eq=False)
class Draws:
    """`count` worlds of one question.

    seed     None where the factors were given and not drawn
    factors  by the name of the input: [count, 1], of an hour's demand [count, hours]
    """

    problem: Problem
    inputs: tuple[Input, ...]
    seed: int | None
    count: int
    factors: Mapping[str, Floats]

    def factor(self, kind: Kind, of: str, rows: slice = slice(None)) -> Floats:
        """What a model or candidate is multiplied by, [rows, 1 or hours]."""
        product = np.ones((len(range(self.count)[rows]), 1))
        for each in self.inputs:
            if each.kind == kind and of in each.of:
                product = product * self.factors[each.name][rows]
        return product

    def tokens(self, demand: ModelDemand, rows: slice = slice(None)) -> tuple[Floats, ...]:
        """Tokens of each class, [rows, hours], whole numbers."""
        level = self._level(demand, rows)
        asked = ([float(getattr(each, name)) for each in demand.tokens] for name in CLASSES)
        return tuple(np.rint(np.array(counts) * level) for counts in asked)

    def requests(self, demand: ModelDemand, rows: slice = slice(None)) -> Floats:
        return np.rint(np.array(demand.requests, dtype=float) * self._level(demand, rows))

    def _level(self, demand: ModelDemand, rows: slice) -> Floats:
        level = self.factor(Kind.DEMAND, demand.model, rows)
        return level * self.factor(Kind.HOURLY, demand.model, rows)

    def world(self, draw: int) -> Problem:
        """One world as a question, in Decimal: the slow way, to hold the fast one to."""
        row = slice(draw, draw + 1)
        return replace(
            self.problem,
            demands=tuple(self._demand(each, row) for each in self.problem.demands),
            candidates=tuple(
                self._candidate(each, row) for each in self.problem.candidates
            ),
        )

    def _exact(self, kind: Kind, of: str, row: slice) -> Decimal:
        return Decimal(repr(float(self.factor(kind, of, row)[0, 0])))

    def _demand(self, demand: ModelDemand, row: slice) -> ModelDemand:
        price = self._exact(Kind.PRICE, demand.model, row)
        counts = np.stack([each[0] for each in self.tokens(demand, row)], axis=1)
        rates = (getattr(demand.net_rates, name) * price for name in CLASSES)
        return replace(
            demand,
            tokens=tuple(TokenCounts(*map(int, hour)) for hour in counts),
            requests=tuple(map(int, self.requests(demand, row)[0])),
            net_rates=TokenRates(*rates),
        )

    def _candidate(self, candidate: Candidate, row: slice) -> Candidate:
        key = candidate.key
        speed = self._exact(Kind.SPEED, key, row)
        seconds = (getattr(candidate.seconds, name) / speed for name in CLASSES)
        interruptions = self._exact(Kind.INTERRUPTIONS, key, row)
        return replace(
            candidate,
            usd_per_hour=candidate.usd_per_hour * self._exact(Kind.RENT, key, row),
            seconds=TokenSeconds(*seconds),
            interruptions_per_hour=candidate.interruptions_per_hour * interruptions,
            load_seconds=candidate.load_seconds * self._exact(Kind.LOAD, key, row),
        )


def draws_of(
    problem: Problem, inputs: Sequence[Input], *, seed: int, count: int = DRAWS
) -> Draws:
    """`count` worlds from a seed: the same seed, the same worlds, to the last digit.

    Raises RiskInvalid where an input is named twice or moves what the question has not.
    """
    if not LEAST_DRAWS <= count <= MOST_DRAWS:
        raise RiskInvalid(f"draws must be {LEAST_DRAWS} to {MOST_DRAWS}, got {count}")
    if seed < 0:
        raise RiskInvalid(f"seed must be 0 or more, got {seed}")
    checked(problem, inputs)
    factors = {
        each.name: _drawn(each, seed=seed, count=count, hours=problem.hours)
        for each in inputs
    }
    return Draws(problem, tuple(inputs), seed, count, factors)


def given_draws(
    problem: Problem, inputs: Sequence[Input], rows: Sequence[Mapping[str, Decimal]]
) -> Draws:
    """One world for each row of factors, by the input's name; 1 where none is given."""
    checked(problem, inputs)
    factors = {
        each.name: np.array([[float(row.get(each.name, 1))] for row in rows])
        for each in inputs
    }
    return Draws(problem, tuple(inputs), None, len(rows), factors)


def checked(problem: Problem, inputs: Sequence[Input]) -> None:
    """Raises RiskInvalid for an input that is named twice or moves nothing."""
    names = [each.name for each in inputs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise RiskInvalid(f"{twice} is given twice")
    models = {each.model for each in problem.demands}
    keys = {each.key for each in problem.candidates}
    for each in inputs:
        known = models if each.kind.is_of_models else keys
        if not set(each.of) <= known:
            missing = ", ".join(sorted(set(each.of) - known))
            raise RiskInvalid(f"{each.kind}: the question has no {missing}")


def _drawn(each: Input, *, seed: int, count: int, hours: int) -> Floats:
    stream = np.random.Generator(np.random.PCG64(_stream(seed, each.name)))
    columns = hours if each.kind == Kind.HOURLY else 1
    return _factors(each.spread, stream.standard_normal((count, columns)))


def _stream(seed: int, name: str) -> np.random.SeedSequence:
    digest = sha256(name.encode()).digest()
    words = [int.from_bytes(digest[4 * k : 4 * k + 4]) for k in range(STREAM_WORDS)]
    return np.random.SeedSequence(seed, spawn_key=words)


def _factors(spread: Spread, z: Floats) -> Floats:
    """Normal numbers as factors: P10, P50 and P90 are those of the spread."""
    np.clip(z, -MOST_Z, MOST_Z, out=z)
    up = log(spread.high / spread.middle) / Z_90
    down = log(spread.middle / spread.low) / Z_90
    factors = np.exp(np.where(z > 0, z * up, z * down)) * float(spread.middle)
    return np.clip(np.round(factors, FACTOR_DIGITS), float(LEAST_FACTOR), None)
