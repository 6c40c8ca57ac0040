"""What a policy says of candidates: each judged once, for every goal that asks.
Formulas: docs/formulas/decision.md"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.decide.candidate import (
    NOTHING,
    Candidate,
    DayMoney,
    Input,
    Refusal,
    break_even_utilization_at,
    day_money,
    full_day,
    gate_of,
    refusal_of,
    turned_by,
)
from economics.calc.gates import Policy, State
from economics.calc.unknown import Unknown

TURN = Decimal("0.10")
BEST = {name: 1 - TURN if name is Input.RENT else 1 + TURN for name in Input}
ORDER = {"policy": 0, "pays": 0, "run": 2}


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with its day and the first reason against it; None: none."""

    candidate: Candidate
    money: DayMoney | Unknown
    refusal: Refusal | None


def judge(candidates: Iterable[Candidate], policy: Policy) -> tuple[Judged, ...]:
    """Every candidate as one that must earn."""
    found = []
    for each in candidates:
        money = day_money(each, policy)
        found.append(Judged(each, money, refusal_of(each, policy, money=money)))
    return tuple(found)


def nearness(one: Judged, refusal: Refusal) -> tuple[int, Decimal]:
    """What can run and has known money first, by its profit."""
    order = ORDER[refusal.kind]
    if isinstance(one.money, Unknown):
        return (max(order, 1), NOTHING)
    return (order, -one.money.mid)


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
    best = turned_by(candidate, BEST)
    needed = break_even_utilization_at(best, policy)  # one condition of the gate, cheaply
    if isinstance(needed, Unknown) or needed > policy.most_break_even_utilization:
        return False
    return gate_of(best, policy).state is State.MET  # it runs, and does not lose when full
