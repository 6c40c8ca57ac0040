"""Observations against limits: which levels are reached, with their numbers and words.

Pure: the same observations and limits give the same trips, in any order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.guardrails.levels import (
    Level,
    Thresholds,
    is_over,
    is_reached,
    still_holds,
)
from economics.calc.guardrails.rules import RULES, Rule, shown
from economics.calc.unknown import Unknown

DEEDS = {
    Level.WARN: "warn",
    Level.REFUSE: "refuse new spending",
    Level.DRAIN: "drain and end",
    Level.TERMINATE: "terminate at once",
}
Key = tuple[Rule, int | None, str, Level]  # rule, fleet, subject, level


@dataclass(frozen=True)
class Observation:
    """What a rule saw.

    fleet_id  whose limit it is held against; None: that of all
    scope     in words: "all fleets", "fleet Tier 2"
    subject   the pod's or deployment's name where the rule watches each; else ""
    value     in the rule's unit, or why it is not known
    made_of   the parts of the value in words
    """

    rule: Rule
    fleet_id: int | None
    scope: str
    value: Decimal | Unknown
    subject: str = ""
    made_of: str = ""
    deployment_id: int | None = None
    pod_id: int | None = None


@dataclass(frozen=True)
class Limit:
    """The thresholds of a rule for a fleet, or for all. `pk` names the stored version."""

    rule: Rule
    fleet_id: int | None
    thresholds: Thresholds
    pk: int | None = None


@dataclass(frozen=True)
class Judgement:
    """One level that holds now: what was seen, against which number, in a sentence."""

    observation: Observation
    limit: Limit
    level: Level
    number: Decimal

    @property
    def key(self) -> Key:
        seen = self.observation
        return seen.rule, seen.fleet_id, seen.subject, self.level

    @property
    def sentence(self) -> str:
        return sentence(self.observation, self.level, self.number)


def evaluate(
    observations: Iterable[Observation],
    limits: Iterable[Limit],
    open_limits: Collection[tuple[Key, int | None]] = (),
) -> list[Judgement]:
    """Every level that holds now, mildest first within an observation.

    open_limits  trips that are open, with the version of the limit that they opened at:
                 those go on until the value has left their band. A new version is
                 judged anew, without the band of the old one.

    A value that is not known refuses new spending, where its rule has such a level, and
    keeps what is open: nobody may spend on what nobody sees, and nothing is ended by it.
    """
    by_scope = {(limit.rule, limit.fleet_id): limit for limit in limits}
    holding = set(open_limits)
    found: list[Judgement] = []
    for seen in observations:
        limit = by_scope.get((seen.rule, seen.fleet_id))
        if limit is None:
            continue
        for level, number in limit.thresholds.given():
            key = (seen.rule, seen.fleet_id, seen.subject, level)
            was_open = (key, limit.pk) in holding
            if holds(seen, level, number, was_open=was_open):
                found.append(Judgement(seen, limit, level, number))
    return found


def holds(seen: Observation, level: Level, number: Decimal, *, was_open: bool) -> bool:
    """Whether a level is reached, or goes on."""
    if isinstance(seen.value, Unknown):
        return was_open or level == Level.REFUSE
    falls = RULES[seen.rule].falls
    if was_open:
        return still_holds(seen.value, number, falls=falls)
    return is_reached(seen.value, number, falls=falls)


def launch_refusal(
    before: Observation | None, after: Observation, limit: Limit, *, what: str
) -> str | None:
    """Why a launch is refused: a limit is reached already, or it would be passed by it.

    before  the same without the launch; None: there was nothing to see yet
    what    the launch in words, such as "glm-5 at $36.72/h"

    Exactly at the limit with the launch is allowed. A limit that drains or terminates
    refuses as well.
    """
    falls = RULES[after.rule].falls
    for level, number in limit.thresholds.given():
        if level == Level.WARN:
            continue
        if isinstance(after.value, Unknown):
            return sentence(after, level, number)
        if before is not None and is_there(before.value, number, falls=falls):
            return sentence(before, level, number)
        if is_over(after.value, number, falls=falls):
            side = "below" if falls else "above"
            return (
                f"{headline(after)} becomes {shown(after.rule, after.value)} with {what}"
                f"{parts(after)}, {side} the limit of {shown(after.rule, number)} "
                f"({DEEDS[level]})."
            )
    return None


def is_there(value: Decimal | Unknown, number: Decimal, *, falls: bool) -> bool:
    """Whether a known value has reached a number."""
    return not isinstance(value, Unknown) and is_reached(value, number, falls=falls)


def headline(seen: Observation) -> str:
    """The rule and whose it is."""
    of = seen.subject or seen.scope
    return f"{RULES[seen.rule].name} of {of}"


def parts(seen: Observation) -> str:
    return f" ({seen.made_of})" if seen.made_of else ""


def sentence(seen: Observation, level: Level, number: Decimal) -> str:
    """A trip in words: the rule, whose, the value, its parts, the limit and the deed."""
    limit = f"the limit of {shown(seen.rule, number)} ({DEEDS[level]})"
    if isinstance(seen.value, Unknown):
        return f"{headline(seen)} is not known: {seen.value.reason}; {limit} applies."
    reached = is_reached(seen.value, number, falls=RULES[seen.rule].falls)
    if seen.value == number:
        place = "exactly at"
    elif reached:
        place = "below" if RULES[seen.rule].falls else "above"
    else:
        place = "back within 5 % of"
    return (
        f"{headline(seen)} is {shown(seen.rule, seen.value)}{parts(seen)}, {place} {limit}."
    )
