"""What a policy says of candidates: each judged once, for every goal that asks.
Formulas: docs/formulas/decision.md"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.decide.candidate import (
    NOTHING,
    Candidate,
    Input,
    expected_profit,
    full_day,
    turned_by,
)
from economics.calc.decide.refusal import Refusal, gate_of, may_be_allowed, refusal_of
from economics.calc.gates import Policy, State
from economics.calc.unknown import Unknown

TURN = Decimal("0.10")
BEST = {name: 1 - TURN if name is Input.RENT else 1 + TURN for name in Input}
ORDER = {"policy": 0, "pays": 0, "run": 2}


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with the first reason against it; None: none.

    expected  profit of its day [USD]
    """

    candidate: Candidate
    expected: Decimal | Unknown
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Candidates as a policy judged them, parted once for every goal that asks.

    judged   all of them, in their order
    allowed  those without a reason against them
    refused  the others with their reason, nearest to paying first
    """

    judged: tuple[Judged, ...]
    allowed: tuple[Candidate, ...]
    refused: tuple[tuple[Candidate, Refusal], ...]


def judge(candidates: Iterable[Candidate], policy: Policy) -> Verdicts:
    """Every candidate as one that must earn."""
    found = []
    for each in candidates:
        expected = expected_profit(each, policy)
        found.append(Judged(each, expected, refusal_of(each, policy, expected=expected)))
    return parted(found)


def parted(judged: Iterable[Judged]) -> Verdicts:
    """What is allowed, and what is refused: what can run and has known money first, by
    its profit."""
    rows = tuple(judged)
    refused = [(each, each.refusal) for each in rows if each.refusal is not None]
    refused.sort(key=lambda pair: _nearness(*pair))
    return Verdicts(
        judged=rows,
        allowed=tuple(each.candidate for each in rows if each.refusal is None),
        refused=tuple((each.candidate, refusal) for each, refusal in refused),
    )


def _nearness(one: Judged, refusal: Refusal) -> tuple[int, Decimal]:
    order = ORDER[refusal.kind]
    if isinstance(one.expected, Unknown):
        return (max(order, 1), NOTHING)
    return (order, -one.expected)


def may_pay_when_turned(candidate: Candidate, policy: Policy) -> bool:
    """Whether it can be recommended at all while one input is ten per cent off.

    What would lose, full all day, with its best input a tenth better stays refused, and
    so does what is refused with all of them a tenth better at once.
    """
    if candidate.cannot_run or candidate.cannot_rent:
        return False
    day = full_day(candidate)
    if isinstance(day, Unknown):
        return False
    earned, rent = day
    if max(earned * (1 + TURN) - rent, earned - rent * (1 - TURN)) < 0:
        return False
    if isinstance(candidate.figures[Input.DEMAND].mid, Unknown):
        return False
    if not may_be_allowed(candidate, policy, factors=BEST):
        return False
    best = turned_by(candidate, BEST)
    return gate_of(best, policy).state is State.MET  # it runs, and does not lose when full
