"""A condition: a number against a threshold, with three answers. Formulas:
docs/formulas/gates.md

A number that is not known makes its condition unknown, never met: nobody scales on what
was not seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from economics.calc.money import MILLION, shown_usd
from economics.calc.unknown import Unknown


class State(StrEnum):
    """The answer to a condition or to a gate."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


class Unit(StrEnum):
    """How a number is written."""

    USD = "USD"
    USD_PER_DAY = "USD a day"
    USD_PER_MILLION = "USD per 1M tokens"
    SHARE = "%"
    DAYS = "days"
    TOKENS_PER_DAY = "tokens a day"
    FACTOR = "times"
    PER_POD_HOUR = "per pod-hour"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A number with where it came from.

    value   in the unit of whoever asks; Unknown says what is missing
    source  where it was read, in words
    as_of   when it was true; None where the source tells no time
    link    the address that opens it; "" where there is none
    """

    value: Decimal | Unknown
    source: str
    as_of: datetime | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One measurable condition of a gate, judged.

    needed    the threshold, with `relation` before it; None: it is what is not known
    sentence  what was seen, and what would be needed
    source    of a threshold that is no number of the policy: where it was worked out
    """

    key: str
    title: str
    state: State
    seen: Evidence
    relation: str
    needed: Decimal | None
    unit: Unit
    source: Evidence | None = None

    @property
    def seen_words(self) -> str:
        """What was seen, with its unit."""
        value = self.seen.value
        if isinstance(value, Unknown):
            return f"unknown: {value.reason}"
        return shown(value, self.unit)

    @property
    def sentence(self) -> str:
        if self.needed is None:
            return self.seen_words
        need = f"{self.relation} {shown(self.needed, self.unit)}"
        return f"{self.seen_words}; needs {need}"


@dataclass(frozen=True, slots=True)
class Gate:
    """Conditions that open a step together, or, of an exit, each by itself.

    takes_all  whether every condition must be met, or one is enough
    follows    what is to be done when it is met
    """

    key: str
    title: str
    conditions: tuple[Condition, ...]
    follows: str
    takes_all: bool = True

    @property
    def state(self) -> State:
        states = [each.state for each in self.conditions]
        return all_of(states) if self.takes_all else any_of(states)

    @property
    def missing(self) -> tuple[Condition, ...]:
        """What stands between now and the gate: unknown first, then not met."""
        if self.state is State.MET:
            return ()
        rest = [each for each in self.conditions if each.state is not State.MET]
        return tuple(sorted(rest, key=lambda each: each.state is not State.UNKNOWN))

    @property
    def deciding(self) -> tuple[Condition, ...]:
        """What the answer rests on: what is missing, or what met it."""
        met = tuple(each for each in self.conditions if each.state is State.MET)
        return met if self.state is State.MET else self.missing


def all_of(states: Iterable[State]) -> State:
    """Met where all are; one that is not met decides, then one that is unknown.

    >>> all_of([State.MET, State.UNKNOWN]), all_of([State.UNKNOWN, State.NOT_MET])
    (<State.UNKNOWN: 'unknown'>, <State.NOT_MET: 'not met'>)
    """
    found = list(states)
    if State.NOT_MET in found:
        return State.NOT_MET
    return State.UNKNOWN if State.UNKNOWN in found or not found else State.MET


def any_of(states: Iterable[State]) -> State:
    """Met where one is; without one, an unknown one leaves it unknown."""
    found = list(states)
    if State.MET in found:
        return State.MET
    return State.UNKNOWN if State.UNKNOWN in found or not found else State.NOT_MET


def at_least(
    key: str, title: str, seen: Evidence, needed: Decimal, unit: Unit
) -> Condition:
    """seen >= needed."""
    met = None if isinstance(seen.value, Unknown) else seen.value >= needed
    return Condition(key, title, _state(met), seen, "at least", needed, unit)


def at_most(key: str, title: str, seen: Evidence, needed: Decimal, unit: Unit) -> Condition:
    """seen <= needed."""
    met = None if isinstance(seen.value, Unknown) else seen.value <= needed
    return Condition(key, title, _state(met), seen, "at most", needed, unit)


def above(key: str, title: str, seen: Evidence, needed: Decimal, unit: Unit) -> Condition:
    """seen > needed."""
    met = None if isinstance(seen.value, Unknown) else seen.value > needed
    return Condition(key, title, _state(met), seen, "more than", needed, unit)


def below(key: str, title: str, seen: Evidence, needed: Decimal, unit: Unit) -> Condition:
    """seen < needed."""
    met = None if isinstance(seen.value, Unknown) else seen.value < needed
    return Condition(key, title, _state(met), seen, "less than", needed, unit)


def _state(met: bool | None) -> State:
    if met is None:
        return State.UNKNOWN
    return State.MET if met else State.NOT_MET


def shown(value: Decimal, unit: Unit) -> str:
    """A number with its unit, as a sentence has it.

    >>> shown(Decimal("0.05"), Unit.SHARE), shown(Decimal(7), Unit.DAYS)
    ('5.0 %', '7 days')
    """
    if unit is Unit.USD:
        return shown_usd(value)
    if unit is Unit.USD_PER_DAY:
        return f"{shown_usd(value)} a day"
    if unit is Unit.USD_PER_MILLION:
        return f"${value:,.4f}/1M"
    if unit is Unit.SHARE:
        return f"{value * 100:,.1f} %".replace("-", "−")
    if unit is Unit.TOKENS_PER_DAY:
        return f"{value / MILLION:,.1f} M tokens a day"
    if unit is Unit.DAYS:
        days = f"{value:.1f}".removesuffix(".0").replace("-", "−")
        return f"{days} day" if days == "1" else f"{days} days"
    if unit is Unit.PER_POD_HOUR:
        return f"{value:.3f} per pod-hour"
    return f"{value:.2f} times"
