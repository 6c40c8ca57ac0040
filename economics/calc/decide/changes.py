"""What would change an answer: the value of an input at which a day neither earns nor
loses. Formulas: docs/formulas/decision.md"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.decide.candidate import HOURS, Candidate, Input, usd
from economics.calc.gates import Policy
from economics.calc.money import MILLION
from economics.calc.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Change:
    """An input now and where the day breaks even.

    factor  [1] needed / now; nearest to 1 is the input that decides
    """

    name: Input
    now: Decimal
    needed: Decimal

    @property
    def factor(self) -> Decimal:
        return self.needed / self.now

    @property
    def sentence(self) -> str:
        word = "falls" if self.needed < self.now else "rises"
        share = abs(self.factor - 1) * 100
        return (
            f"{self.name} {word} from {shown_input(self.name, self.now)} to "
            f"{shown_input(self.name, self.needed)} ({share:.0f} %)"
        )


def changes_of(candidate: Candidate, policy: Policy) -> list[Change]:
    """The break-even value of each input that can reach one, nearest first.

    price*  = 24 × rent / tokens sold          rent* = tokens sold × price / 24
    tokens* = 24 × rent / price, of demand or of speed × planned utilization, whichever
              binds; left out where the other one holds it below tokens*
    """
    mids = {name: figure.mid for name, figure in candidate.figures.items()}
    price, demand = mids[Input.PRICE], mids[Input.DEMAND]
    rent, speed = mids[Input.RENT], mids[Input.SPEED]
    if isinstance(price, Unknown) or isinstance(demand, Unknown):
        return []
    if isinstance(rent, Unknown) or isinstance(speed, Unknown):
        return []
    if not min(price, demand, rent, speed) > 0 or not policy.most_utilization:
        return []
    capacity = speed * policy.most_utilization
    sold = min(demand, capacity)
    tokens = rent * HOURS / price * MILLION
    found = [
        Change(Input.PRICE, price, rent * HOURS / sold * MILLION),
        Change(Input.RENT, rent, sold * price / MILLION / HOURS),
    ]
    if tokens <= capacity:
        found.append(Change(Input.DEMAND, demand, tokens))
    if tokens <= demand:
        found.append(Change(Input.SPEED, speed, tokens / policy.most_utilization))
    return sorted(found, key=_distance)


def _distance(change: Change) -> Decimal:
    """How far an input must move, the same up and down: 2 is as far as one half."""
    return max(change.factor, 1 / change.factor)


def nearest_change(candidate: Candidate, policy: Policy) -> Change | None:
    """The input that decides: the one that must move least; None where none can."""
    return next(iter(changes_of(candidate, policy)), None)


def shown_input(name: Input, value: Decimal) -> str:
    """An input with its unit."""
    if name is Input.PRICE:
        return f"${value:,.4f}/1M"
    if name is Input.RENT:
        return f"{usd(value)}/h"
    return f"{value / MILLION:,.1f} M tokens a day"
