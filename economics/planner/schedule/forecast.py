"""What the next hours will ask, from the hours that are over. Formula: docs/schedule.md

Three views of the past, each weighed by how wrong it has been, and how wrong they were
together: what is expected, and what may come instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOURS_PER_DAY = 24
DAYS = 7  # earlier days whose same hour is looked at
DAY_FADING = 0.7  # weight of a day against the day after it
HOUR_FADING = 0.98  # weight of an hour in the mean against the hour after it
NEWEST_LEFT = 0.8  # what an hour later is left of how far the newest was off the mean
LEVEL_HOURS, LEVEL_LEFT = 2, 0.9
LEAST_LEVEL, MOST_LEVEL = 0.25, 4.0
ERROR_FADING = 0.97
FIRST_ERROR = 0.05  # squared, in means, before anything was seen
FACTOR_FADING, MOST_FACTORS = 0.995, 336
CASES = 20
# Before anything was seen: the deciles' middles of a log-normal with sigma 0.45, mean 1,
# weighing as much as six hours that were.
UNKNOWN = np.exp(0.45 * np.array([-1.64, -1.04, -0.67, -0.39, -0.13]))
UNKNOWN = np.concatenate([UNKNOWN, 1 / UNKNOWN[::-1]])
UNKNOWN = UNKNOWN / UNKNOWN.mean()
UNKNOWN_HOURS = 6.0


@dataclass
class Forecaster:
    """Learns hour by hour; a number an hour (here: full replicas that it fills).

    past     the hours that are over, the newest last
    errors   [view] mean squared error of the next hour, in means of the past
    factors  what came over what was expected, the newest last
    """

    past: list[float] = field(default_factory=list)
    errors: Floats = field(default_factory=lambda: np.full(3, FIRST_ERROR))
    factors: list[float] = field(default_factory=list)

    def learn(self, hour: float) -> None:
        """One more hour is over."""
        if self.past and max(views := _views(self.past, 0)) > 0:
            mean = max(float(np.mean(self.past)), 1e-9)
            expected = float(self._weights() @ views)
            self.factors.append(hour / expected if expected > 0 else 1.0)
            wrong = ((np.array(views) - hour) / mean) ** 2
            self.errors = ERROR_FADING * self.errors + (1 - ERROR_FADING) * wrong
        self.past.append(hour)

    def expect(self, hours: int, *, running: float | None = None) -> list[Floats]:
        """What the next hours may ask: `CASES` equally likely ones of each hour.

        running  what the hour asks that is not over yet; the next one comes after it.
                 None: the next hour is the one that follows the past
        """
        past = self.past if running is None else [*self.past, running]
        cases, weights = self._cases(), self._weights()
        return [cases * float(weights @ _views(past, k)) for k in range(hours)]

    def _weights(self) -> Floats:
        weights = 1 / self.errors**2
        shares: Floats = weights / weights.sum()
        return shares

    def _cases(self) -> Floats:
        """Equally likely factors on what is expected."""
        seen = np.array(self.factors[-MOST_FACTORS:])
        factors = np.concatenate([UNKNOWN, seen])
        weights = np.concatenate(
            [
                np.full(len(UNKNOWN), UNKNOWN_HOURS / len(UNKNOWN)),
                FACTOR_FADING ** np.arange(len(seen))[::-1],
            ]
        )
        order = np.argsort(factors)
        up_to = np.cumsum(weights[order]) / weights.sum()
        middles = (np.arange(CASES) + 0.5) / CASES
        at = np.minimum(np.searchsorted(up_to, middles), len(factors) - 1)
        cases: Floats = factors[order][at]
        return cases


def _views(past: Sequence[float], ahead: int) -> Floats:
    """The hour `ahead` hours after the next, as the mean, the newest hour and the same
    hours of earlier days say."""
    if not past:
        return np.zeros(3)
    weights = HOUR_FADING ** np.arange(len(past))[::-1]
    mean = float(weights @ np.array(past) / weights.sum())
    off = past[-1] - mean
    shape = _shape(past, len(past) + ahead)
    if shape is None:
        daily = mean + off * NEWEST_LEFT ** (ahead + 1)
    else:
        daily = shape * (1 + (_level(past) - 1) * LEVEL_LEFT**ahead)
    return np.array([mean, mean + off * NEWEST_LEFT**ahead, daily])


def _shape(past: Sequence[float], hour: int) -> float | None:
    """The mean of the same hour of earlier days, the newer ones weighing more.

    hour  counted from the first of `past`; None where no day before has it
    """
    total = weights = 0.0
    for day in range(1, DAYS + 1):
        at = hour - day * HOURS_PER_DAY
        if 0 <= at < len(past):
            total += DAY_FADING ** (day - 1) * past[at]
            weights += DAY_FADING ** (day - 1)
    return total / weights if weights else None


def _level(past: Sequence[float]) -> float:
    """What the last hours asked over what the days before them said, within bounds."""
    seen = said = 0.0
    for hour in range(max(len(past) - LEVEL_HOURS, 0), len(past)):
        shape = _shape(past[:hour], hour)
        if shape is not None:
            seen += past[hour]
            said += shape
    return min(max(seen / said, LEAST_LEVEL), MOST_LEVEL) if said > 0 else 1.0
