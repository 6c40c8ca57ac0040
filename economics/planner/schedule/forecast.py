"""What the next hours will ask, from the hours that are over. Formula: docs/schedule.md

The same hour of earlier days says the shape, the last hours say the level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from economics.calc.token_mix import TokenCounts

HOURS_PER_DAY = 24


@dataclass(frozen=True)
class ForecastSettings:
    """How the past is weighed.

    days        so many earlier days of the same hour are used, the newest first
    fading      [1] weight of a day against the day after it, in (0, 1]
    level_hours the last hours whose sum is held against what their shape said
    least, most [1] what the level may be of the shape
    returning   [1] how much of the level is left an hour later, in [0, 1]
    """

    days: int = 7
    fading: float = 0.7
    level_hours: int = 2
    least: float = 0.25
    most: float = 4.0
    returning: float = 0.9


DEFAULTS = ForecastSettings()


def forecast(
    past: Sequence[TokenCounts], *, hours: int, settings: ForecastSettings = DEFAULTS
) -> tuple[TokenCounts, ...]:
    """The tokens expected in the next `hours` hours, by class.

    past  hour by hour, the newest last; nothing else is looked at. Without any: nothing.

    >>> day = [TokenCounts(completion=100 + hour) for hour in range(24)]
    >>> [counts.completion for counts in forecast(day * 2, hours=2)]
    [100, 101]
    """
    if not past:
        return (TokenCounts(),) * hours
    level = _level(past, settings)
    expected = []
    for ahead in range(hours):
        shape = _shape(past, len(past) + ahead, settings)
        factor = 1 + (level - 1) * settings.returning**ahead
        expected.append(scaled(shape, factor))
    return tuple(expected)


def scaled(tokens: tuple[float, float, float], factor: float) -> TokenCounts:
    """Tokens of the three classes times a factor, to the next whole token."""
    return TokenCounts(*(round(each * factor) for each in tokens))


def classes(counts: TokenCounts) -> tuple[int, int, int]:
    """Uncached prompt, cached prompt, completion."""
    return counts.uncached_prompt, counts.cached_prompt, counts.completion


def _shape(
    past: Sequence[TokenCounts], hour: int, settings: ForecastSettings
) -> tuple[float, float, float]:
    """The mean of the same hour of earlier days; without one, the newest hour.

    hour  counted from the first of `past`; only hours before the end of `past` are read
    """
    sums, weights = [0.0, 0.0, 0.0], 0.0
    weight = 1.0
    for day in range(1, settings.days + 1 + hour // HOURS_PER_DAY):
        at = hour - day * HOURS_PER_DAY
        if at < 0 or weight < settings.fading**settings.days:
            break
        if at >= len(past):
            continue
        for n, tokens in enumerate(classes(past[at])):
            sums[n] += weight * tokens
        weights += weight
        weight *= settings.fading
    if not weights:
        newest = classes(past[min(hour, len(past)) - 1])
        return float(newest[0]), float(newest[1]), float(newest[2])
    return sums[0] / weights, sums[1] / weights, sums[2] / weights


def _level(past: Sequence[TokenCounts], settings: ForecastSettings) -> float:
    """What the last hours asked over what the days before them said, within bounds."""
    first = max(len(past) - settings.level_hours, 1)
    seen = said = 0.0
    for hour in range(first, len(past)):
        seen += past[hour].total
        said += sum(_shape(past[:hour], hour, settings))
    if said <= 0:
        return 1.0
    return min(max(seen / said, settings.least), settings.most)
