"""The four levels of a limit, their order, and when one is reached.

Formula: docs/formulas/guardrail-levels.md
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

HYSTERESIS = Decimal("0.05")  # a trip ends 5 % on the good side of its limit


class Level(StrEnum):
    """What happens at a limit, mildest first."""

    WARN = "warn"
    REFUSE = "refuse"
    DRAIN = "drain"
    TERMINATE = "terminate"


LEVELS = tuple(Level)


@dataclass(frozen=True)
class Thresholds:
    """The number of each level, in the unit of its rule; None: no such level."""

    warn: Decimal | None = None
    refuse: Decimal | None = None
    drain: Decimal | None = None
    terminate: Decimal | None = None

    def of(self, level: Level) -> Decimal | None:
        number: Decimal | None = getattr(self, level.value)
        return number

    def given(self) -> list[tuple[Level, Decimal]]:
        """The levels that have a number, mildest first."""
        numbers = [(level, self.of(level)) for level in LEVELS]
        return [(level, number) for level, number in numbers if number is not None]

    def disorder(self, *, falls: bool) -> tuple[Level, Level] | None:
        """The first two levels of which the harder one would come before the milder.

        falls  less is worse, so that numbers must go down from warn to terminate

        >>> Thresholds(warn=Decimal(5), refuse=Decimal(4)).disorder(falls=False)
        (<Level.WARN: 'warn'>, <Level.REFUSE: 'refuse'>)
        """
        given = self.given()
        for (mild, first), (hard, second) in zip(given, given[1:], strict=False):
            if (second > first) if falls else (second < first):
                return mild, hard
        return None


def is_reached(observed: Decimal, limit: Decimal, *, falls: bool) -> bool:
    """Whether a level trips: at its limit, not one cent before."""
    return observed <= limit if falls else observed >= limit


def is_over(observed: Decimal, limit: Decimal, *, falls: bool) -> bool:
    """Whether a launch would bring the value beyond the limit; exactly at it is allowed."""
    return observed < limit if falls else observed > limit


def release_at(limit: Decimal, *, falls: bool) -> Decimal:
    """The value on the good side of which a trip ends: 5 % from its limit.

    >>> release_at(Decimal(100), falls=False)
    Decimal('95.00')
    """
    return limit * (1 + HYSTERESIS if falls else 1 - HYSTERESIS)


def still_holds(observed: Decimal, limit: Decimal, *, falls: bool) -> bool:
    """Whether a level that tripped before goes on: until the value has left its band."""
    edge = release_at(limit, falls=falls)
    return observed <= edge if falls else observed >= edge
