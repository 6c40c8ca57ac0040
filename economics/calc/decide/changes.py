"""What would change an answer: the value of an input at which a day neither earns nor
loses. Formulas: docs/formulas/decision.md"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.decide.candidate import (
    NOTHING,
    Candidate,
    Figure,
    Input,
    break_even_utilization_at,
    full_tokens,
    usd,
)
from economics.calc.decide.matrix import Answer
from economics.calc.decide.refusal import gate_of
from economics.calc.decide.serving import HOURS
from economics.calc.gates import Policy
from economics.calc.money import MILLION
from economics.calc.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Change:
    """An input now and where it would have to be.

    factor  [1] needed / now; nearest to 1 is the input that decides
    what    its name, where that is not the input's own
    """

    name: Input
    now: Decimal
    needed: Decimal
    what: str = ""

    @property
    def factor(self) -> Decimal:
        return self.needed / self.now

    @property
    def sentence(self) -> str:
        word = "falls" if self.needed < self.now else "rises"
        share = abs(self.factor - 1) * 100
        return (
            f"{self.what or self.name} {word} from {shown_input(self.name, self.now)} to "
            f"{shown_input(self.name, self.needed)} ({share:.0f} %)"
        )


def changes_of(candidate: Candidate, policy: Policy) -> list[Change]:
    """The break-even value of each input that can reach one, nearest first.

    price*  = hours paid × rent / tokens sold    rent* = tokens sold × price / hours paid
    tokens* = fixed hours × rent / what a token leaves, of demand × share or of full
              tokens × planned utilization, whichever binds; left out where the other one
              holds it below tokens*
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
    serving = candidate.serving
    capacity = serving.tokens(speed) * policy.most_utilization
    wanted = demand * serving.share
    sold = min(wanted, capacity)
    paid = serving.paid_hours(sold, speed)
    if not sold or not paid:
        return []
    found = [
        Change(Input.PRICE, price, rent * paid / sold * MILLION),
        Change(Input.RENT, rent, sold * price / MILLION / paid),
    ]
    if serving.busy_only:
        tokens, speed_needed = _of_filled_time(candidate, price, rent, speed, wanted)
    else:
        tokens = rent * serving.hours / price * MILLION
        per_speed = serving.serving_hours / HOURS * policy.most_utilization
        speed_needed = tokens / per_speed if tokens <= wanted and per_speed else NOTHING
    if 0 < tokens <= capacity:
        found.append(Change(Input.DEMAND, demand, tokens / serving.share))
    if serving.tokens(speed_needed) * policy.most_utilization >= wanted or (
        speed_needed > 0 and not serving.busy_only
    ):
        found.append(Change(Input.SPEED, speed, speed_needed))
    return sorted(found, key=_distance)


def _of_filled_time(
    candidate: Candidate, price: Decimal, rent: Decimal, speed: Decimal, wanted: Decimal
) -> tuple[Decimal, Decimal]:
    """(tokens*, speed*) where only filled time is paid; 0 where none does it.

    speed* is of the tokens that are wanted: 24 × rent × tokens / what they leave after
    the starting is paid.
    """
    starting = rent * candidate.serving.starting
    per_token = price / MILLION - rent * HOURS / speed
    left = wanted * price / MILLION - starting
    return (
        starting / per_token if per_token > 0 else NOTHING,
        HOURS * rent * wanted / left if left > 0 else NOTHING,
    )


def _distance(change: Change) -> Decimal:
    """How far an input must move, the same up and down: 2 is as far as one half."""
    return max(change.factor, 1 / change.factor)


def nearest_change(candidate: Candidate, policy: Policy) -> Change | None:
    """The input that decides: the one that must move least; None where none can."""
    return next(iter(changes_of(candidate, policy)), None)


def changes_to_allow(candidate: Candidate, policy: Policy) -> list[Change]:
    """What would meet the first condition of the policy that is not met, nearest first.

    Both break-even utilization and share needed allow a utilization `n`; it is reached
    where full tokens × price = (fixed hours / n + filled hours) × rent. The share needed
    does not go with the speed. Of any other condition no input of the day decides.
    """
    gate = gate_of(candidate, policy)
    missing = gate.missing[0] if gate.missing else None
    if missing is None or missing.key not in ("break-even", "share-needed"):
        return []
    seen, needed = missing.seen.value, missing.needed
    rent, speed = candidate.figures[Input.RENT].mid, candidate.figures[Input.SPEED].mid
    price = candidate.price_at_policy.value
    if isinstance(seen, Unknown) or isinstance(rent, Unknown) or not needed or not seen:
        return []
    full, now = full_tokens(candidate), break_even_utilization_at(candidate, policy)
    if isinstance(price, Unknown) or isinstance(speed, Unknown):
        return []
    if isinstance(full, Unknown) or isinstance(now, Unknown) or not now:
        return []
    serving, allowed = candidate.serving, now * needed / seen
    paid = serving.fixed_hours / allowed + serving.filled_hours
    times = rent * policy.gpu_price_factor * paid / (full * price / MILLION)
    words = "net price at the policy's quantile"
    found = [
        Change(Input.PRICE, price, price * times, words),
        Change(Input.RENT, rent, rent / times),
    ]
    if missing.key == "break-even":
        found.append(Change(Input.SPEED, speed, speed * times))
    return sorted(found, key=_distance)


def what_would_change(answer: Answer, policy: Policy) -> list[Change]:
    """Of a recommendation: where it would stop to pay. Of "do nothing": where the nearest
    machine would pay, or where the policy would allow it; nothing where one pays already
    and the goal's weights put it behind. Nearest first."""
    if answer.steps:
        return changes_of(answer.steps[0].candidate, policy)
    if not answer.refused or answer.outweighed is not None:
        return []  # what pays already is outweighed: its weights decide
    candidate, refusal = answer.refused[0]
    if refusal.kind == "policy":
        return changes_to_allow(candidate, policy)
    return changes_of(candidate, policy) if refusal.kind == "pays" else []


def figure_words(name: Input, figure: Figure) -> str:
    """An input with its unit and its range."""
    if isinstance(figure.mid, Unknown):
        return f"unknown: {figure.mid.reason}"
    mid = shown_input(name, figure.mid)
    low, high = shown_input(name, figure.low), shown_input(name, figure.high)
    return mid if low == high else f"{mid} ({low} to {high})"


def shown_input(name: Input, value: Decimal) -> str:
    """An input with its unit."""
    if name is Input.PRICE:
        return f"${value:,.4f}/1M"
    if name is Input.RENT:
        return f"{usd(value)}/h"
    return f"{value / MILLION:,.1f} M tokens a day"
